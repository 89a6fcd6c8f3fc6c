//! Questions to a heap graph.
