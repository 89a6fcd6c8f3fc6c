//! Finds Node.js workloads in a cluster and reaches the processes in their pods.

#![forbid(unsafe_code)]
