//! The integer scanner in all ways that this processor has against its plain twin, and that against a
//! slow one that is obviously right.
#![no_main]

use heapglass_format::scan::{Integers, IntegersWay};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|run: &[u8]| {
    let mut plain = Integers::default();
    let result = IntegersWay::Plain.parse(run, &mut plain);
    for way in IntegersWay::available() {
        let mut fast = Integers::default();
        assert_eq!(way.parse(run, &mut fast), result, "{way:?}");
        assert_eq!((fast.low(), fast.wide()), (plain.low(), plain.wide()), "{way:?}");
    }

    let plain: Vec<u64> = (0..plain.low().len()).map(|at| plain.get(at)).collect();
    match (slow(run), result) {
        (Some(slow), Ok(())) => assert_eq!(slow, plain),
        (None, Err(_)) => {}
        (slow, plain) => panic!("slow: {slow:?}, plain: {plain:?}"),
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
