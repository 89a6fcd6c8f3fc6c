//! The members of a gzip file, one after the other, and what follows the last one.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::bufread::GzDecoder;

/// The first byte of a member.
const FIRST_BYTE: u8 = 0x1f;
/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;

type Packed = BufReader<Box<dyn Read + Send>>;

/// Decompresses all members. Bytes after a member that begin no other are not read, and told: a decoder for several
/// members takes them for one, and says that it is cut off or no gzip.
pub(crate) struct Members {
    decoder: GzDecoder<Packed>,
    trailing: Arc<AtomicBool>,
    has_ended: bool,
}

impl Members {
    /// The members in `packed`; `trailing` is set when bytes after the last one are met.
    pub(crate) fn new(packed: Box<dyn Read + Send>, trailing: Arc<AtomicBool>) -> Members {
        let packed = BufReader::with_capacity(BUFFER, packed);
        Members { decoder: GzDecoder::new(packed), trailing, has_ended: false }
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.has_ended {
                return Ok(count);
            }
            match self.decoder.get_mut().fill_buf()?.first() {
                None => return Ok(0),
                Some(&FIRST_BYTE) => {}
                Some(_) => {
                    self.has_ended = true;
                    self.trailing.store(true, Ordering::Relaxed);
                    return Ok(0);
                }
            }
            // Resetting keeps the decoder's tables, of which small members would make very many.
            let nothing: Box<dyn Read + Send> = Box::new(io::empty());
            let packed = self.decoder.reset(BufReader::with_capacity(0, nothing));
            self.decoder.reset(packed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(text).expect("written");
        writer.finish().expect("whole")
    }

    /// What comes out, and whether bytes follow.
    fn read(packed: Vec<u8>) -> io::Result<(Vec<u8>, bool)> {
        let trailing = Arc::new(AtomicBool::new(false));
        let mut text = Vec::new();
        let packed = Box::new(io::Cursor::new(packed));
        Members::new(packed, trailing.clone()).read_to_end(&mut text)?;
        Ok((text, trailing.load(Ordering::Relaxed)))
    }

    #[test]
    fn members_are_one_text() {
        let packed = [member(b"one "), member(b""), member(b"two")].concat();
        assert_eq!(read(packed).expect("whole"), (b"one two".to_vec(), false));
    }

    #[test]
    fn what_follows_is_told_and_not_read() {
        let long = b"junk longer than any header of a member";
        let tails: [&[u8]; 4] = [b"j", b"junkjunk", &[0; 512], long];
        for tail in tails {
            let packed = [&member(b"one ")[..], &member(b"two"), tail].concat();
            assert_eq!(read(packed).expect("whole"), (b"one two".to_vec(), true), "{tail:?}");
        }
    }

    #[test]
    fn a_member_that_is_cut_off_is_an_error() {
        let (first, second) = (member(b"one "), member(b"two"));
        for end in 1..second.len() {
            let error = read([&first[..], &second[..end]].concat()).expect_err("cut off");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}");
        }
    }
}
