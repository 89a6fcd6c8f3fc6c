//! The integer scanner against its plain twin, and both against a slow one that is obviously
//! right.
#![no_main]

use heapglass_format::scan::{Integers, parse_integers, parse_integers_plain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|run: &[u8]| {
    let (mut fast, mut plain) = (Integers::default(), Integers::default());
    let result = parse_integers(run, &mut fast);
    assert_eq!(result, parse_integers_plain(run, &mut plain));
    assert_eq!((fast.low(), fast.wide()), (plain.low(), plain.wide()));

    let fast: Vec<u64> = (0..fast.low().len()).map(|at| fast.get(at)).collect();
    match (slow(run), result) {
        (Some(slow), Ok(())) => assert_eq!(slow, fast),
        (None, Err(_)) => {}
        (slow, fast) => panic!("slow: {slow:?}, fast: {fast:?}"),
    }
});

/// The values of a run, or nothing if it is not one.
fn slow(run: &[u8]) -> Option<Vec<u64>> {
    let text = std::str::from_utf8(run).ok()?;
    let space = [' ', '\t', '\n', '\r'];
    if text.trim_matches(space).is_empty() {
        return Some(Vec::new());
    }
    text.split(',')
        .map(|number| {
            let number = number.trim_matches(space);
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| number.parse().ok())?
        })
        .collect()
}
