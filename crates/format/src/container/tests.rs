use std::os::unix::fs::FileExt;

use super::*;
use crate::Error;

fn sample(dir: &std::path::Path) -> std::path::PathBuf {
    let writer = ContainerWriter::create(dir).unwrap();
    let mut grown = writer.stream::<u32>("grown", 1);
    for start in (0..300_000u32).step_by(1000) {
        grown.append(&(start..start + 1000).collect::<Vec<_>>()).unwrap();
    }
    writer.put("small", b"hello").unwrap();
    grown.finish().unwrap();
    writer.seal(serde_json::json!({"of": "test"})).unwrap();
    let path = dir.join("index");
    writer.persist(&path).1.unwrap();
    path
}

#[test]
fn columns_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let container = Container::open(&sample(dir.path())).unwrap();
    container.verify(2).unwrap();
    assert_eq!(container.facts()["of"], "test");
    assert_eq!(container.small("small").unwrap(), b"hello");
    let column = container.column::<u32>("grown").unwrap();
    assert!(column.iter().copied().eq(0..300_000));
    assert!(container.column::<u64>("grown").is_err(), "another element size");
    assert!(container.column::<u32>("absent").is_err());
}

#[test]
fn mapping_and_its_safe_twin_agree() {
    let dir = tempfile::tempdir().unwrap();
    let path = sample(dir.path());
    let file = std::fs::File::open(&path).unwrap();
    let copy = read::read_whole(&file, &path).unwrap();
    assert_eq!(&*copy, &std::fs::read(&path).unwrap()[..]);
}

#[test]
fn every_damage_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = sample(dir.path());
    let good = std::fs::read(&path).unwrap();
    // Bytes that are neither header, sections nor table of contents are padding.
    let used = |at: usize| at < HEADER_BYTES || at >= FIRST_SECTION as usize;
    for at in (0..good.len()).filter(|&at| used(at)).step_by(997).chain(0..HEADER_BYTES) {
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&[good[at] ^ 0x10], at as u64).unwrap();
        let noticed = Container::open(&path).and_then(|c| c.verify(1));
        let padding = noticed.is_ok();
        file.write_all_at(&good[at..=at], at as u64).unwrap();
        if padding {
            let container = Container::open(&path).unwrap();
            let inside = container
                .sections_for_test()
                .iter()
                .any(|&(start, end)| (start..end).contains(&(at as u64)));
            assert!(
                !inside && !(8..16).contains(&at) || (12..16).contains(&at),
                "byte {at} was believed"
            );
        }
    }
}

#[test]
fn truncated_index_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = sample(dir.path());
    let good = std::fs::read(&path).unwrap();
    for length in [0, 7, 39, 40, 4096, good.len() / 2, good.len() - 1] {
        let cut = dir.path().join("cut");
        std::fs::write(&cut, &good[..length]).unwrap();
        assert!(matches!(Container::open(&cut), Err(Error::Index { .. })), "{length} bytes");
    }
}
