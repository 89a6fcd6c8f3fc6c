//! What heapglass says.
