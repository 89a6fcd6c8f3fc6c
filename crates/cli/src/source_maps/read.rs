//! Files that a user or a script names, which may be anything: devices, pipes, a whole disk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes of the largest file that is read.
const LARGEST: u64 = 1 << 30;

/// The text of a regular file.
pub(super) fn text_of(path: &Path) -> io::Result<String> {
    let (file, _) = open(path)?;
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// The last bytes of a regular file, up to so many, and the length of all.
pub(super) fn end_of(path: &Path, most: u64) -> io::Result<(Vec<u8>, u64)> {
    let (mut file, length) = open(path)?;
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut end = Vec::new();
    file.take(most).read_to_end(&mut end)?;
    Ok((end, length))
}

/// What is no regular file is not opened: that alone may wait for ever.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    if !about.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if about.len() > LARGEST {
        return Err(io::Error::other("it is larger than 1 GiB"));
    }
    Ok((File::open(path)?, about.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_some_size_are_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.js");
        std::fs::write(&path, "one two").expect("written");
        assert_eq!(text_of(&path).expect("a text"), "one two");
        assert_eq!(end_of(&path, 3).expect("an end"), (b"two".to_vec(), 7));
        // Sparse, so that it takes no room.
        File::create(&path).and_then(|file| file.set_len(LARGEST + 1)).expect("a large file");
        let refused = |path: &Path| text_of(path).expect_err("refused").to_string();
        assert_eq!(refused(&path), "it is larger than 1 GiB");
        assert!(end_of(&path, 3).is_err());
        assert_eq!(refused(dir.path()), "it is a directory");
        #[cfg(unix)]
        assert_eq!(refused(Path::new("/dev/zero")), "it is no regular file");
    }
}
