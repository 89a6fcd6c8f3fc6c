use super::*;

const SMALL: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]},"node_count":1,"edge_count":0},"nodes":[0,0,1,8,0],"edges":[],"strings":["a"]}"#;

async fn write(options: SinkOptions, pieces: &[&str]) -> Written {
    let mut sink = Sink::create(options).unwrap();
    for piece in pieces {
        sink.push(piece.as_bytes().to_vec()).await;
    }
    sink.finish().await.unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What is in a file, plain or compressed.
fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let is_packed = path.extension().is_some_and(|extension| extension == "zst");
    let bytes = if is_packed { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_bare_name_is_in_the_current_directory() {
    for (path, directory) in [("a", "."), ("./a", "."), ("d/a", "d"), ("/a", "/"), ("", ".")] {
        assert_eq!(directory_of(Path::new(path)), Path::new(directory), "{path}");
    }
}

#[tokio::test]
async fn what_is_whole_gets_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let written = write(SinkOptions::new(&path), &[&SMALL[..100], &SMALL[100..]]).await;
    assert!(written.checked.is_whole(), "{:?}", written.checked.findings);
    assert_eq!(written.path.as_deref(), Some(path.as_path()));
    assert_eq!(written.bytes_on_disk, SMALL.len() as u64);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), SMALL);
    assert_eq!(names(directory.path()), ["a.heapsnapshot"]);
    assert!(matches!(Sink::create(SinkOptions::new(&path)), Err(SinkError::Exists(_))));
}

#[tokio::test]
async fn what_is_cut_off_is_called_partial() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a.heapsnapshot", "a.heapsnapshot.zst"] {
        let options = SinkOptions::new(directory.path().join(name));
        write(options, &[&SMALL[..100]]).await;
    }
    assert_eq!(names(directory.path()), ["a.PARTIAL.heapsnapshot", "a.PARTIAL.heapsnapshot.zst"]);
    let nothing = write(SinkOptions::new(directory.path().join("b.heapsnapshot")), &[]).await;
    assert_eq!(nothing.path, None);
    assert_eq!(names(directory.path()).len(), 2);
}

#[tokio::test]
async fn compressed_bytes_are_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot.zst");
    // A queue this small makes the compressor change its level with each piece.
    let options = SinkOptions { queue: 64, ..SinkOptions::new(&path) };
    let pieces: Vec<&str> =
        SMALL.as_bytes().chunks(50).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let written = write(options, &pieces).await;
    assert!(written.checked.is_whole());
    assert_eq!(text_of(&path), SMALL);
}

#[tokio::test]
async fn a_disk_that_gets_full_stops_the_writing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let options = SinkOptions { reserve: u64::MAX, ..SinkOptions::new(&path) };
    let written = write(options, &[&SMALL[..100], &SMALL[100..]]).await;
    assert!(matches!(written.stopped, Some(SinkError::Full { .. })));
    assert!(written.path.is_some_and(|path| path.ends_with("a.PARTIAL.heapsnapshot")));
}

#[test]
fn names_of_what_is_not_whole() {
    let name = |path: &str| SinkOptions::new(path).partial().display().to_string();
    assert_eq!(name("d/a.heapsnapshot"), "d/a.PARTIAL.heapsnapshot");
    assert_eq!(name("a.heapsnapshot.zst"), "a.PARTIAL.heapsnapshot.zst");
    assert_eq!(name("dump"), "dump.PARTIAL.heapsnapshot");
    assert_eq!(name("dump.zst"), "dump.PARTIAL.heapsnapshot.zst");
}

/// A snapshot with one string.
fn with_text(text: &str) -> String {
    SMALL
        .replace(r#"["object"]"#, r#"["object","string"]"#)
        .replace("[0,0,1,8,0]", "[0,0,1,8,0,1,1,3,24,0]")
        .replace(r#""node_count":1"#, r#""node_count":2"#)
        .replace(r#"["a"]"#, &format!(r#"["a","{text}"]"#))
}

fn redacted(path: &Path) -> SinkOptions {
    redacted_by(heapglass_redact::Policy::Strict, path)
}

fn redacted_by(policy: heapglass_redact::Policy, path: &Path) -> SinkOptions {
    let redaction = Redaction { policy, key: heapglass_redact::Key::new([4; 32]), notes: true };
    SinkOptions { redaction: Some(redaction), ..SinkOptions::new(path) }
}

#[tokio::test]
async fn what_is_redacted_is_whole_and_has_no_values() {
    let directory = tempfile::tempdir().unwrap();
    let whole = with_text("zaphod beeblebrox");
    for name in ["a.heapsnapshot", "a.heapsnapshot.zst"] {
        let path = directory.path().join(name);
        let pieces: Vec<&str> =
            whole.as_bytes().chunks(40).map(|c| std::str::from_utf8(c).unwrap()).collect();
        let written = write(redacted(&path), &pieces).await;
        assert!(written.stopped.is_none(), "{:?}", written.stopped);
        assert_eq!(written.path.as_deref(), Some(path.as_path()));
        let text = text_of(&path);
        assert!(text.contains("heapglass_redacted") && !text.contains("zaphod"), "{text}");
    }
}

#[tokio::test]
async fn what_is_cut_off_or_cannot_be_redacted_has_no_values_either() {
    let directory = tempfile::tempdir().unwrap();
    let whole = with_text("zaphod beeblebrox");
    let cut = whole.len() - 4;
    let path = directory.path().join("cut.heapsnapshot");
    let written = write(redacted(&path), &[&whole[..cut]]).await;
    assert!(written.path.is_some_and(|path| path.ends_with("cut.PARTIAL.heapsnapshot")));
    // Texts that come before it is known what they are used for.
    let path = directory.path().join("odd.heapsnapshot");
    let odd = r#"{"strings":["zaphod"],"snapshot":{}}"#;
    let written = write(redacted(&path), &[odd]).await;
    assert!(matches!(written.stopped, Some(SinkError::Redact(_))), "{:?}", written.stopped);
    for name in names(directory.path()) {
        let text = std::fs::read_to_string(directory.path().join(name)).unwrap();
        assert!(!text.contains("zaphod"), "{text}");
    }
}

#[tokio::test]
async fn a_password_is_found_by_its_name_also_as_it_comes() {
    let directory = tempfile::tempdir().unwrap();
    let mut heap = heapglass_testkit::SnapshotBuilder::new();
    for (name, value) in [("passphrase", "zaphod-42-tricia"), ("planet", "magrathea-in-spring")] {
        let value = heap.string(value, 32);
        heap.property(heap.global(), name, value);
    }
    let whole = heap.to_json();
    let pieces: Vec<&str> =
        whole.as_bytes().chunks(40).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let by_name = |path: &Path| redacted_by(heapglass_redact::Policy::Secrets, path);
    let path = directory.path().join("a.heapsnapshot");
    let written = write(by_name(&path), &pieces).await;
    assert!(written.stopped.is_none(), "{:?}", written.stopped);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("magrathea-in-spring") && !text.contains("zaphod"), "{text}");
    // Cut off, the names may be what is missing.
    let cut = whole.find("magrathea").unwrap() + 20;
    let written =
        write(by_name(&directory.path().join("cut.heapsnapshot")), &[&whole[..cut]]).await;
    let text = std::fs::read_to_string(written.path.unwrap()).unwrap();
    assert!(!text.contains("magrathea") && !text.contains("zaphod"), "{text}");
    assert_eq!(names(directory.path()), ["a.heapsnapshot", "cut.PARTIAL.heapsnapshot"]);
}

#[tokio::test]
async fn a_disk_that_gets_full_with_what_was_held_back_stops_the_writing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let options = redacted_by(heapglass_redact::Policy::Secrets, &path);
    let options = SinkOptions { reserve: u64::MAX, ..options };
    let written = write(options, &[&with_text("zaphod beeblebrox")]).await;
    assert!(matches!(written.stopped, Some(SinkError::Full { .. })));
    // Its texts had begun to come, with all that is no credential: it is not kept as a part either.
    assert_eq!((written.path, names(directory.path()).len()), (None, 0));
}

#[tokio::test]
async fn what_ends_between_its_texts_and_its_end_is_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let options = redacted_by(heapglass_redact::Policy::Secrets, &path);
    let whole = with_text("zaphod beeblebrox");
    let cut = whole.rfind(']').unwrap() + 1;
    let written = write(options, &[&whole[..cut]]).await;
    assert!(matches!(written.stopped, Some(SinkError::Redact(_))), "{:?}", written.stopped);
    assert_eq!((written.path, names(directory.path()).len()), (None, 0));
}

#[tokio::test]
async fn what_waits_for_its_redaction_leaves_the_disk_its_reserve() {
    let directory = tempfile::tempdir().unwrap();
    let whole = with_text(&"zaphod ".repeat(1 << 19));
    let pieces: Vec<&str> =
        whole.as_bytes().chunks(1 << 16).map(|c| std::str::from_utf8(c).unwrap()).collect();
    let options =
        redacted_by(heapglass_redact::Policy::Secrets, &directory.path().join("a.heapsnapshot"));
    let options = SinkOptions { reserve: u64::MAX, ..options };
    let written = write(options, &pieces).await;
    assert!(matches!(written.stopped, Some(SinkError::Full { .. })), "{:?}", written.stopped);
    // Before all of it waits there.
    assert!(written.checked.bytes < whole.len() as u64, "{}", written.checked.bytes);
}

#[tokio::test]
async fn what_was_redacted_before_an_error_is_kept_without_what_waited() {
    let directory = tempfile::tempdir().unwrap();
    let whole = with_text("zaphod beeblebrox");
    let odd = format!("{} 7]}}", whole.strip_suffix("]}").unwrap());
    for name in ["a.heapsnapshot", "a.heapsnapshot.zst"] {
        let path = directory.path().join(name);
        let options = redacted_by(heapglass_redact::Policy::Secrets, &path);
        let written = write(options, &[&odd]).await;
        assert!(matches!(written.stopped, Some(SinkError::Redact(_))), "{:?}", written.stopped);
        let partial = written.path.unwrap();
        assert!(partial.to_string_lossy().contains("PARTIAL"), "{}", partial.display());
        assert_eq!(partial.metadata().unwrap().len(), written.bytes_on_disk);
        let text = text_of(&partial);
        assert!(text.contains("\"strings\":[") && !text.contains("zaphod"), "{text}");
    }
}

#[tokio::test]
async fn after_an_interrupt_nothing_is_written_that_waited() {
    let directory = tempfile::tempdir().unwrap();
    let whole = with_text("zaphod beeblebrox");
    let cut = whole.len() - 3;
    for (name, came, expected) in [
        ("cut.heapsnapshot", whole.get(..cut).unwrap(), "cut.PARTIAL.heapsnapshot"),
        ("whole.heapsnapshot", whole.as_str(), "whole.heapsnapshot"),
    ] {
        let path = directory.path().join(name);
        let mut sink = Sink::create(redacted_by(heapglass_redact::Policy::Secrets, &path)).unwrap();
        sink.push(came.as_bytes().to_vec()).await;
        sink.interrupt();
        let written = sink.finish().await.unwrap();
        assert!(written.stopped.is_none(), "{:?}", written.stopped);
        let path = written.path.unwrap();
        assert!(path.ends_with(expected), "{}", path.display());
        let text = std::fs::read_to_string(&path).unwrap();
        let is_whole = name == expected;
        assert_eq!(text.ends_with("\"strings\":["), !is_whole, "{text}");
        assert_eq!(text.contains("zaphod beeblebrox"), is_whole, "{text}");
    }
}

#[test]
fn a_file_that_an_error_has_closed_is_not_called_finished() {
    assert!(encoder::Encoder::Closed.finish().is_err());
}
