//! A snapshot out of one V8 process: what is known of the process, whether taking it is safe, the taking,
//! and the proof that what arrived is whole. Where the process is, is behind one trait: [`place::Place`].
//!
//! Reading order: [`place`] (where processes are), [`local`] (this machine), [`facts`] (raw text to values),
//! [`preflight`] (whether it is safe), [`inspector`] (V8's protocol), [`sink`] (the file), [`mod@capture`],
//! [`wire`] (the documents).

#![forbid(unsafe_code)]

pub mod address;
pub mod capture;
pub mod facts;
pub mod inspector;
pub mod local;
pub mod place;
pub mod preflight;
pub mod sink;
pub mod watch;
pub mod wire;
pub mod words;

pub use address::Address;
pub use capture::{Captured, Event, Failed, Method, Options, Progress, Stop, Target, capture};
pub use local::Local;
