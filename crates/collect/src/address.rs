//! An inspector at an address, with nothing known of the machine behind it.

use tokio::net::TcpStream;

use crate::place::{Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal};

/// A host on which nothing but an inspector can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The host's name or address.
    pub host: String,
}

impl Address {
    fn no(&self, what: &str) -> PlaceError {
        let why = format!("only the inspector of {} can be reached", self.host);
        PlaceError::Impossible { what: what.to_owned(), why }
    }
}

impl Place for Address {
    type Stream = TcpStream;
    type File = tokio::io::Empty;

    fn name(&self) -> String {
        self.host.clone()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        Err(self.no("to list processes"))
    }

    async fn surroundings(&self, _: u32) -> Result<RawSurroundings, PlaceError> {
        Err(self.no("to look at a process's surroundings"))
    }

    async fn signal(&self, _: u32, _: Option<u64>, _: Signal) -> Result<(), PlaceError> {
        Err(self.no("to send a signal"))
    }

    async fn connect(&self, port: u16) -> Result<TcpStream, PlaceError> {
        let stream = TcpStream::connect((self.host.as_str(), port)).await;
        let what = format!("to connect to {}:{port}", self.host);
        let stream = stream.map_err(|source| PlaceError::Io { what, source })?;
        // Requests are small, and answers to them are waited for.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn list(&self, _: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        Err(self.no("to list files"))
    }

    async fn open(&self, _: &str, _: u64) -> Result<tokio::io::Empty, PlaceError> {
        Err(self.no("to read a file"))
    }

    async fn writable(&self, _: u32, _: &str) -> Result<bool, PlaceError> {
        Err(self.no("to look at a directory"))
    }

    async fn remove(&self, _: &str) -> Result<(), PlaceError> {
        Err(self.no("to remove a file"))
    }
}
