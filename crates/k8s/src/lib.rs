//! Finds Node.js workloads in a cluster, reaches the processes in their pods, and lays out what was collected.
//!
//! Reading order: [`client`] (the cluster), [`access`] (rights), [`discover`] (which workloads), [`pod`] (a
//! container as a place), [`gather`] (collecting from all of them), [`wire`] (the index of the collection).

#![forbid(unsafe_code)]

pub mod access;
pub mod client;
pub mod discover;
mod ephemeral;
mod exec;
mod fate;
pub mod gather;
mod kept;
mod lists;
pub mod named;
mod own;
pub mod pod;
mod port;
mod quantity;
mod redact;
mod script;
mod status;
mod volumes;
pub mod wire;
