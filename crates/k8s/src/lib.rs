//! Finds Node.js workloads in a cluster and reaches the processes in their pods.

#![forbid(unsafe_code)]

pub mod access;
pub mod client;
mod ephemeral;
mod exec;
pub mod pod;
mod quantity;
mod script;
