//! Runs the program as a user does, on real snapshots.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

pub(crate) mod schema;
pub(crate) mod sessions;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program with a known environment: no index, no colours, 100 columns.
pub(crate) fn heapglass(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heapglass"));
    command
        .args(args)
        .current_dir(root())
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("COLUMNS", "100")
        .env("HEAPGLASS_CACHE_MAX", "0")
        .stdin(Stdio::null());
    command
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A fixture's path as it is typed in the repository.
pub(crate) fn fixture(name: &str) -> String {
    format!("fixtures/{name}.zst")
}

/// The application that leaks.
pub(crate) const APP: &str = "fixtures/app-node22.heapsnapshot.zst";

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program.
pub(crate) fn run(args: &[&str]) -> Said {
    said(heapglass(args).output().expect("the program runs"))
}

/// Puts an output in words.
pub(crate) fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said {
        code: output.status.code().expect("an exit code"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// What the program prints; it must succeed and say nothing else.
pub(crate) fn page(args: &[&str]) -> String {
    let said = run(args);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{args:?}");
    said.stdout
}

/// The document that the program prints.
pub(crate) fn json(args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&page(&args)).expect("JSON")
}

/// The bytes of a fixture, decompressed.
pub(crate) fn decompressed(path: &str) -> Vec<u8> {
    let file = std::fs::File::open(root().join(path)).expect("the fixture");
    zstd::decode_all(file).expect("whole")
}
