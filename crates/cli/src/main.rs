//! The heapglass binary.
fn main() {}
