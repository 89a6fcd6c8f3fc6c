//! A hint to the processor that an element is wanted soon.

/// Asks for the cache line of `elements[at]` without waiting for it. Nothing happens if there is no such element,
/// and nowhere but on x86-64 and 64-bit ARM; results never depend on it.
///
/// For passes that jump through arrays larger than the caches, but know some steps ahead where to.
#[inline(always)]
#[allow(unsafe_code)]
pub fn prefetch<T>(elements: &[T], at: usize) {
    let address = elements.as_ptr().wrapping_add(at);
    // SAFETY: the instruction reads nothing that the program sees, and ignores addresses that cannot be read.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{0}]", in(reg) address, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}
