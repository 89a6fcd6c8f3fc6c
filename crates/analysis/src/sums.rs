//! Sums of sizes.

/// The sum of sizes. Those of damaged files may be more than 64 bits together.
pub(crate) fn saturating_sum(sizes: impl IntoIterator<Item = u64>) -> u64 {
    sizes.into_iter().fold(0, u64::saturating_add)
}
