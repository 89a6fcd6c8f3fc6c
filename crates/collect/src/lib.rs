//! A snapshot out of one V8 process: what is known of the process, whether taking it is safe, the taking,
//! and the proof that what arrived is whole. Where the process is, is behind one trait: [`place::Place`].

#![forbid(unsafe_code)]

pub mod place;
