//! What `gather` says while it works, and in the end.

pub(crate) mod args;
pub(crate) mod summary;
pub(crate) mod watching;
