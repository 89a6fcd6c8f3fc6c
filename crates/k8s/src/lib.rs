//! Finds Node.js workloads in a cluster and reaches the processes in their pods.

#![forbid(unsafe_code)]

pub mod access;
mod base64;
pub mod client;
pub mod discover;
mod ephemeral;
mod exec;
pub mod pod;
mod quantity;
mod script;
