//! Finds credentials in text and masks them, by rules that are data.

#![forbid(unsafe_code)]
