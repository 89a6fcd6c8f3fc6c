//! Growth that slows down, that is in few large objects, in many small ones, or in chains.

use heapglass_analysis::LeakVerdict;

use crate::leaks::{ask, ids, series};

#[test]
fn what_slows_down_is_a_leak_only_probably() {
    let slower = series(&[ids(0, 50).collect(), ids(0, 150).collect(), ids(0, 200).collect()], 100);
    let report = ask(&slower);
    assert_eq!(report.verdict, LeakVerdict::Probable);
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    assert!(suspect.slows_down && !suspect.is_certain(), "{suspect:?}");
    let even = series(&[ids(0, 50).collect(), ids(0, 150).collect(), ids(0, 225).collect()], 100);
    let report = ask(&even);
    assert_eq!((report.verdict, report.suspects[0].slows_down), (LeakVerdict::Leak, false));
}
