//! Bytes changed at random: whatever comes of them, nothing panics.

use proptest::prelude::*;

use super::{gz, heap, touch};
use crate::common::{Folder, cases};

/// What happens to bytes on their way.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Replace(prop::sample::Index, Vec<u8>),
    Insert(prop::sample::Index, Vec<u8>),
    Delete(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let token = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\",
        "-",
        "1e9",
        "0.5",
        "null",
        "18446744073709551616",
        "99999999999",
        "4294967295",
        "[1]",
        "\"nodes\":",
        "\n",
        "\u{e9}",
        "\\ud800",
        "\0",
    ]);
    let token = token.prop_map(|token| token.as_bytes().to_vec());
    let damage = prop_oneof![
        (at(), 1u8..).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        (at(), token.clone()).prop_map(|(at, bytes)| Damage::Replace(at, bytes)),
        (at(), token).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at(), 1usize..100).prop_map(|(at, count)| Damage::Delete(at, count)),
        (at(), 1usize..100).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ];
    prop::collection::vec(damage, 1..4)
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let length = bytes.len().max(1);
        let range = |at: &prop::sample::Index, count: usize| {
            let start = at.index(length).min(bytes.len());
            start..(start + count).min(bytes.len())
        };
        match damage {
            Damage::Flip(at, mask) => bytes[at.index(length)] ^= mask,
            Damage::Replace(at, token) => {
                let range = range(at, token.len());
                drop(bytes.splice(range, token.iter().copied()));
            }
            Damage::Insert(at, token) => {
                let range = range(at, 0);
                drop(bytes.splice(range, token.iter().copied()));
            }
            Damage::Delete(at, count) => drop(bytes.drain(range(at, *count))),
            Damage::Repeat(at, count) => {
                let range = range(at, *count);
                let piece = bytes[range.clone()].to_vec();
                drop(bytes.splice(range.start..range.start, piece));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_damage_panics(damages in damages()) {
        let _ = touch(&Folder::new(), &damaged(heap().to_bytes(), &damages), 1);
    }
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    #[ignore = "slow: twenty thousand files"]
    fn no_damage_of_many_panics(damages in damages(), compress in any::<bool>()) {
        let bytes = damaged(heap().to_bytes(), &damages);
        let bytes = if compress { gz(&bytes) } else { bytes };
        let _ = touch(&Folder::new(), &bytes, 2);
    }
}
