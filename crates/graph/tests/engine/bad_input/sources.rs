//! Files of another kind, wrongly compressed ones, and sources that are no files.

use std::io::Write as _;

use heapglass_format::source::Source;
use heapglass_graph::{Error, FindingKind, OpenOptions, Snapshot};

use super::{figures, finding, gz, heap, heap_with, is_clear, kinds, touch};
use crate::common::{Folder, everything, open};

#[test]
fn compressed_files_with_a_wrong_byte() {
    let plain = heap_with(1).to_bytes();
    let expected = everything(&Folder::new().open(&plain, 1).unwrap());
    let packed = gz(&plain);
    let folder = Folder::new();
    for at in (10..packed.len()).step_by(3) {
        let mut wrong = packed.clone();
        wrong[at] ^= 0x24;
        // A sum at the end of the stream tells, unless the damage makes that end unreachable.
        match folder.open(&wrong, 1) {
            Ok(snapshot) if finding(&snapshot, FindingKind::Truncated).is_some() => {}
            Ok(snapshot) => assert_eq!(everything(&snapshot), expected, "byte {at}"),
            Err(error) => is_clear(&error, &folder.path().join("snapshot")),
        }
    }
}

#[test]
fn bytes_after_a_compressed_file() {
    let plain = heap().to_bytes();
    let expected = figures(&Folder::new().open(&plain, 2).unwrap());
    for packed in [gz(&plain), gz(&gz(&plain)), [gz(&plain[..100]), gz(&plain[100..])].concat()] {
        let tails: [(&[u8], &[FindingKind]); 2] =
            [(b"", &[]), (b"junkjunk", &[FindingKind::TrailingBytes])];
        for (tail, found) in tails {
            let packed = [&packed[..], tail].concat();
            let snapshot = touch(&Folder::new(), &packed, 2).unwrap();
            assert_eq!(kinds(&snapshot), found);
            assert_eq!(figures(&snapshot), expected);
        }
    }
}

#[test]
fn bytes_after_the_end() {
    let text = heap().to_json();
    let end = text.rfind('}').unwrap() + 1;
    for tail in ["x", "\n\n}", "{\"snapshot\":{}}", "\0\0\0\0"] {
        let snapshot = touch(&Folder::new(), format!("{}{tail}", &text[..end]).as_bytes(), 1);
        let trailing = finding(&snapshot.unwrap(), FindingKind::TrailingBytes).unwrap();
        let blanks = tail.len() - tail.trim_start().len();
        assert_eq!(trailing.offset, Some((end + blanks) as u64));
    }
}

#[test]
fn files_that_are_something_else() {
    let utf16 = |text: &str, big: bool| {
        let units = text.encode_utf16();
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "it is empty"),
        (b" \n ".to_vec(), "it is blank: 3 bytes"),
        (gz(b""), "it is empty"),
        (zstd::encode_all(&b""[..], 1).unwrap(), "it is empty"),
        (b"\xef\xbb\xbf".to_vec(), "it is blank"),
        (b"<!DOCTYPE html><html>".to_vec(), "byte 0 is `<`, not `{`"),
        (b"[1,2,3]".to_vec(), "byte 0 is `[`"),
        (b"  null".to_vec(), "byte 2 is `n`"),
        (b"{}".to_vec(), "JSON without a snapshot section, up to its end at byte 2"),
        (b"{".to_vec(), "it is cut off at byte 1, before its snapshot section"),
        (b"{\"snap".to_vec(), "it is cut off at byte 6, before its snapshot section"),
        (b"{\"snapshot\":{}}".to_vec(), "snapshot section"),
        (b"{\"snapshot\":{\"meta\":{}}}".to_vec(), "at byte 12, does not say how the tables"),
        (b"{\"snapshot\":[]}".to_vec(), "byte 12: the snapshot section"),
        (
            b"{\"snapshot\":{\"meta\":{\"node_fields\":[\"ty".to_vec(),
            "cut off at byte 39, inside its header",
        ),
        (b"{\"a\":1,\"b\":[2]}".to_vec(), "without a snapshot section, up to its end at byte 15"),
        (utf16("\u{feff}{\"snapshot\":", false), "it is UTF-16 text"),
        (utf16("\u{feff}{\"snapshot\":", true), "it is UTF-16 text"),
        (b"{\"head\":{\"callFrame\":{}},\"samples\":[]}".to_vec(), ".heapprofile"),
        (b"{\"nodes\":[{\"id\":1}],\"startTime\":1,\"samples\":[]}".to_vec(), ".cpuprofile"),
        (
            b"{\"version\":3,\"type\":\"Inspector\",\"nodes\":[0],\"nodeClassNames\":[]}".to_vec(),
            "JavaScriptCore",
        ),
        (b"\x7fELF\x02\x01\x01".to_vec(), "byte 0 is 0x7f"),
        (b"\x1f\x8b".to_vec(), "cannot decompress it, at or before byte 2"),
        (b"\x1f\x8b\x08garbage in a gzip file".to_vec(), "cannot decompress"),
        (b"\x28\xb5\x2f\xfdgarbage".to_vec(), "cannot decompress"),
    ];
    let folder = Folder::new();
    for (bytes, expected) in cases {
        let error = touch(&folder, &bytes, 2).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} for {:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn directories_and_files_that_are_not_there() {
    let folder = Folder::new();
    let options = folder.options(1);
    let error = open(folder.path(), &options).unwrap_err();
    assert!(error.to_string().ends_with("it is a directory"), "{error}");
    let error = open(&folder.path().join("nothing"), &options).unwrap_err();
    assert!(error.to_string().starts_with("cannot open "), "{error}");
    let options = OpenOptions { temp_dir: folder.path().join("nowhere"), ..folder.options(1) };
    let path = folder.write("snapshot", &heap().to_bytes());
    let error = open(&path, &options).unwrap_err();
    assert!(error.to_string().starts_with("cannot create a work file in "), "{error}");
}

/// A pipe with a name that these bytes come out of.
fn opened_from_pipe(bytes: Vec<u8>) -> Result<Snapshot, Error> {
    let folder = Folder::new();
    let path = folder.path().join("pipe");
    let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    let pipe = path.clone();
    let writer = std::thread::spawn(move || {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(pipe).unwrap();
        // The reader may have seen enough before the end.
        let _ = pipe.write_all(&bytes);
    });
    let snapshot = open(&path, &folder.options(2));
    writer.join().unwrap();
    snapshot
}

#[test]
fn pipes_are_read_once() {
    let plain = heap().to_bytes();
    let expected = everything(&Folder::new().open(&plain, 2).unwrap());
    assert_eq!(everything(&opened_from_pipe(plain.clone()).unwrap()), expected);
    assert_eq!(everything(&opened_from_pipe(gz(&plain)).unwrap()), expected);
    let mut heap = heap();
    heap.layout_mut().sections.rotate_left(1);
    let error = opened_from_pipe(heap.to_bytes()).unwrap_err().to_string();
    assert!(error.contains("which can be read twice"), "{error}");
}

#[test]
fn standard_input_is_a_stream() {
    assert!(Source::stdin().is_stream() && Source::stdin().is_stdin());
    let folder = Folder::new();
    let path = folder.write("file", b"");
    assert!(!Source::file(&path).unwrap().is_stream());
}
