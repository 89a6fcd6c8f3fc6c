//! Any bytes as a snapshot file: no panic, no unbounded allocation, and the same figures on one
//! thread and on two.
#![no_main]

use heapglass_fuzz::{open, walk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let one = open(bytes, None, 1);
    let two = open(bytes, None, 2);
    assert_eq!(one.is_some(), two.is_some(), "threads decide whether a file can be read");
    let (Some(one), Some(two)) = (one, two) else { return };
    assert_eq!(one.overview().info, two.overview().info);
    assert_eq!(one.overview().statistics, two.overview().statistics);
    assert_eq!(one.overview().findings, two.overview().findings);
    walk(&two);
});
