//! Bytes that wait for what comes after them.
//!
//! Past a few megabytes they wait in a file without a name. They are clear text, so they are enciphered with a key
//! stream that is made for them and is in memory alone.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::replace::Running;
use crate::spool::{Spool, Waiting};

/// More than this waits on the disk.
const IN_MEMORY: usize = 2 << 20;
/// Bytes that are enciphered at once.
const AT_ONCE: usize = 1 << 16;

/// Bytes being held back.
pub(crate) struct Held {
    file: Waiting,
    cipher: Cipher,
    waiting: Vec<u8>,
}

impl Held {
    /// `secret` is a hasher with a secret key. The stream is another one each time.
    pub(crate) fn new(secret: Running, spool: &Spool) -> Held {
        Held {
            file: spool.file(IN_MEMORY),
            cipher: Cipher::new(secret),
            waiting: Vec::with_capacity(AT_ONCE),
        }
    }

    /// Holds these back as well.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = AT_ONCE - self.waiting.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.waiting.extend_from_slice(now);
            rest = later;
            if self.waiting.len() == AT_ONCE {
                self.write()?;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        self.cipher.apply(&mut self.waiting);
        self.file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Gives them back, in order.
    pub(crate) fn each<E: From<io::Error>>(
        mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.write()?;
        self.file.seek(SeekFrom::Start(0))?;
        self.cipher.at = 0;
        let mut block = vec![0; AT_ONCE];
        loop {
            let got = self.file.read(&mut block)?;
            let Some(bytes) = block.get_mut(..got).filter(|bytes| !bytes.is_empty()) else {
                return Ok(());
            };
            self.cipher.apply(bytes);
            each(bytes)?;
        }
    }
}

/// A key stream, by which bytes are enciphered and deciphered.
struct Cipher {
    stream: Running,
    at: u64,
    block: Vec<u8>,
}

impl Cipher {
    fn new(mut secret: Running) -> Cipher {
        secret.update(b"held back");
        // The secret may be used for more than one snapshot, a stream only once.
        for _ in 0..2 {
            secret.update(&RandomState::new().hash_one(0).to_le_bytes());
        }
        Cipher { stream: secret, at: 0, block: Vec::new() }
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        self.block.resize(bytes.len(), 0);
        let mut reader = self.stream.finalize_xof();
        reader.set_position(self.at);
        reader.fill(&mut self.block);
        bytes.iter_mut().zip(&self.block).for_each(|(byte, key)| *byte ^= key);
        self.at += bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Seek, SeekFrom};

    use super::{Held, Spool};

    #[test]
    fn what_is_held_comes_back_and_cannot_be_read_where_it_waits() {
        let text = b"a clear text, again and again. ".repeat(10_000);
        let mut held = Held::new(blake3::Hasher::new_keyed(&[5; 32]), &Spool::default());
        let mut twin = Held::new(blake3::Hasher::new_keyed(&[5; 32]), &Spool::default());
        for piece in text.chunks(7_777) {
            held.push(piece).expect("held");
            twin.push(piece).expect("held");
        }
        let on_disk = |held: &mut Held| {
            let mut bytes = Vec::new();
            held.write().expect("written");
            held.file.seek(SeekFrom::Start(0)).expect("sought");
            held.file.read_to_end(&mut bytes).expect("read");
            bytes
        };
        let (first, second) = (on_disk(&mut held), on_disk(&mut twin));
        assert_eq!(first.len(), text.len());
        assert!(first != second && !first.windows(10).any(|part| part == b"clear text"));
        let mut back = Vec::new();
        held.each(|bytes| {
            back.extend_from_slice(bytes);
            Ok::<(), io::Error>(())
        })
        .expect("read");
        assert!(back == text);
    }
}
