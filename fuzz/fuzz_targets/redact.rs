//! Any bytes, in pieces: an error, or a result without a value of the original; and what is called whole is JSON.
//! What is cut off ends where it ends.
#![no_main]

use heapglass_redact::{Key, Policy, Redactor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for policy in [Policy::Strict, Policy::Structure, Policy::Secrets] {
        let mut redactor = Redactor::new(Vec::new(), policy, Key::new([5; 32]), None);
        let piece = 1 + bytes.len() % 977;
        if bytes.chunks(piece).any(|piece| redactor.feed(piece).is_err()) || bytes.len() % 3 == 0 {
            redactor.cut_off().expect("written to memory");
            continue;
        }
        let Ok((made, coverage, proof)) = redactor.finish() else { continue };
        assert_eq!(coverage.bytes_written, made.len() as u64);
        let proven = proof.read(made.as_slice()).expect("read from memory");
        assert!(proven.survivors.is_empty(), "{proven:?}");
        if proven.checked.is_whole() {
            serde_json::from_slice::<serde_json::Value>(&made).expect("JSON");
        }
    }
});
