use proptest::prelude::*;

use super::*;

fn values(run: &str) -> Result<Vec<u64>, BadInteger> {
    let mut out = Integers::default();
    parse(run.as_bytes(), &mut out)?;
    Ok((0..out.low().len()).map(|at| out.get(at)).collect())
}

#[test]
fn reads_what_v8_and_pretty_printers_write() {
    assert_eq!(values(""), Ok(vec![]));
    assert_eq!(values(" \n"), Ok(vec![]));
    assert_eq!(values("1,2,3"), Ok(vec![1, 2, 3]));
    assert_eq!(values("9,1,0\n,3,4,5\n"), Ok(vec![9, 1, 0, 3, 4, 5]));
    assert_eq!(values("\r\n  1 ,\t2\r\n"), Ok(vec![1, 2]));
    assert_eq!(
        values("4294967294,4294967295,4294967296"),
        Ok(vec![4294967294, 4294967295, 4294967296])
    );
    assert_eq!(values("18446744073709551615"), Ok(vec![u64::MAX]));
}

#[test]
fn says_what_is_wrong_and_where() {
    for (run, offset) in [
        ("1,,2", 2),
        (",1", 0),
        ("1,2,", 4),
        ("1 2", 2),
        ("1,-2", 2),
        ("1,2.5", 3),
        ("1e5", 1),
        ("1,x", 2),
        ("18446744073709551616", 0),
        ("1,[2]", 2),
        ("1,\"2\"", 2),
    ] {
        // Once as it stands, once far behind the first block.
        assert_eq!(values(run).map_err(|e| e.offset), Err(offset), "{run:?}");
        let far = "12345,".repeat(40);
        let expected =
            if offset == 0 && run.starts_with(',') { far.len() } else { far.len() + offset };
        assert_eq!(values(&(far + run)).map_err(|e| e.offset), Err(expected), "{run:?}");
    }
}

/// Runs like V8's, and damaged ones.
fn runs() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        (0u64..1000).prop_map(|n| n.to_string()),
        any::<u32>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        "[0-9]{1,22}",
    ];
    let separator = prop_oneof![20 => Just(","), 5 => Just("\n,"), 1 => prop_oneof![
        Just(", "), Just(",,"), Just("\n"), Just(",\n"), Just(" "), Just("\n\n,"), Just("-"), Just("\u{fc}"),
    ]];
    prop::collection::vec((number, separator), 0..60).prop_flat_map(|parts| {
        let text: String = parts.into_iter().flat_map(|(n, s)| [n, s.to_owned()]).collect();
        let length = text.len();
        (Just(text), 0..=length).prop_map(|(text, cut)| text.chars().take(cut).collect())
    })
}

#[test]
fn all_ways_agree_wherever_a_block_ends() {
    for tail in [
        "12\n34,5",
        "12\n,34",
        "12\n",
        "12,",
        "12\n\n,3",
        "12,\n3",
        "1234567890\n",
        "12\n,",
        "1,,2",
    ] {
        for padding in 0..200 {
            let run = format!(
                "{}7,{tail}",
                "5".repeat(padding % 9 + 1) + &",1".repeat(padding / 2) + ","
            );
            all_ways_agree(&run);
            all_ways_agree(&format!("{run},{}", "123,".repeat(40)));
        }
    }
}

/// Leading zeros make numbers longer than blocks.
#[test]
fn all_ways_agree_on_numbers_longer_than_blocks() {
    for zeros in (0..20).chain(50..80).chain(110..200) {
        for before in 0..70 {
            let digits = "0".repeat(zeros);
            all_ways_agree(&format!(
                "{}7\n,{digits}12,3,4{}",
                "5,".repeat(before),
                ",6".repeat(80)
            ));
        }
    }
}

/// Panics if a way of this processor reads the run in another way than the plain one.
fn all_ways_agree(run: &str) {
    let mut plain = Integers::default();
    let result = Way::Plain.parse(run.as_bytes(), &mut plain);
    for way in Way::available() {
        let mut fast = Integers::default();
        assert_eq!(way.parse(run.as_bytes(), &mut fast), result, "{way:?} {run:?}");
        assert_eq!(fast.low(), plain.low(), "{way:?} {run:?}");
        assert_eq!(fast.wide(), plain.wide(), "{way:?} {run:?}");
    }
}

proptest! {
    #[test]
    fn all_ways_agree_on_runs(run in runs()) {
        all_ways_agree(&run);
    }
}
