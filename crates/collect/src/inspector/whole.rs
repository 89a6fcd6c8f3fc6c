//! Requests that reach the process whole.
//!
//! Node.js takes a frame of the websocket for complete as soon as no more bytes of it are missing than its
//! header has: two, or four from 126 bytes on (`decode_frame_hybi17` of `src/inspector_socket.cc`, the same
//! from version 12 to 26; <https://github.com/nodejs/node/pull/64618>). It then reads past its buffer, and
//! ends: `munmap_chunk(): invalid pointer`, `SIGSEGV`. So whether a process survives depends on where a frame
//! is cut on its way, and port-forwarding cuts whatever is sent at every 4096th byte. Three rules keep the
//! last bytes of each frame with those before them:
//!
//! - what is sent together is one write, and small enough for one segment of TCP;
//! - what comes next is sent only when something was answered, so that nothing on the way joins the two and
//!   cuts them elsewhere;
//! - no frame ends within the first bytes of a block: spaces in the JSON move its end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Sizes of blocks on the way are multiples of this, counted from the first byte of the connection.
const BLOCK: u64 = 512;
/// Bytes of the header of a frame with 126 to 65535 bytes in it, without the mask.
const HEADER: u64 = 4;
/// Bytes of the mask.
const MASK: u64 = 4;
/// Frames with less in them have a header of two bytes, of which Node.js misreads the beginning as well.
const LEAST: usize = 126;

/// The bytes of the frame that carries a padded text.
pub(super) fn frame(text: &str) -> u64 {
    HEADER + MASK + text.len() as u64
}

/// A JSON object with as many spaces before its end as a frame needs that begins after `sent` bytes.
pub(super) fn padded(object: &str, sent: u64) -> String {
    let Some(inner) = object.strip_suffix('}') else { return object.to_owned() };
    let mut text = format!("{inner:<width$}}}", width = LEAST - 1);
    let over = (sent + frame(&text)) % BLOCK;
    if (1..=HEADER).contains(&over) {
        text.pop();
        text.extend(std::iter::repeat_n(' ', HEADER as usize));
        text.push('}');
    }
    text
}

/// A stream that counts what was written to it.
#[derive(Debug)]
pub(super) struct Counted<S> {
    stream: S,
    /// Bytes so far.
    pub(super) written: u64,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S) -> Counted<S> {
        Counted { stream, written: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &polled {
            self.written += *count as u64;
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_frame_ends_right_behind_a_block() {
        for sent in 0..2 * BLOCK {
            for length in [2, 60, 125, 126, 300, 1000] {
                let object = format!("{{{}}}", "x".repeat(length - 2));
                let text = padded(&object, sent);
                let over = (sent + frame(&text)) % BLOCK;
                assert!(over == 0 || over > HEADER, "{length} bytes after {sent}");
                assert!(text.len() >= LEAST && text.len() <= length.max(LEAST) + HEADER as usize);
                assert_eq!(text.replace(' ', ""), object);
            }
        }
    }
}
