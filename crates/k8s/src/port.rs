//! A connection to a port of a pod.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// A connection to a port of a pod. What the kubelet says when it breaks becomes the error of the stream.
pub struct PortStream {
    pub(crate) stream: DuplexStream,
    pub(crate) error: Option<Pin<Box<dyn Future<Output = Option<String>> + Send>>>,
}

impl std::fmt::Debug for PortStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PortStream")
    }
}

impl PortStream {
    /// Whether the kubelet said why the stream ended.
    fn broken(&mut self, context: &mut Context<'_>) -> Option<io::Error> {
        let Poll::Ready(text) = self.error.as_mut()?.as_mut().poll(context) else { return None };
        self.error = None;
        let text = crate::exec::one_line(&text?);
        let kind = if text.contains("refused") {
            io::ErrorKind::ConnectionRefused
        } else {
            io::ErrorKind::ConnectionAborted
        };
        Some(io::Error::new(kind, text))
    }
}

impl AsyncRead for PortStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let nothing = buffer.filled().len() == before;
        if (polled.is_pending() || nothing)
            && let Some(error) = self.broken(context)
        {
            return Poll::Ready(Err(error));
        }
        polled
    }
}

impl AsyncWrite for PortStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
