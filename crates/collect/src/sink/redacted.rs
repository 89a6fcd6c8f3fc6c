//! Redaction between the queue and the file.

use std::io::BufReader;
use std::path::Path;

use heapglass_format::source::Source;
use heapglass_redact::{Proof, Redaction, Redactor};

use super::SinkError;

/// Bytes that are redacted as they pass.
pub(super) struct Redacting(Redactor<Vec<u8>>);

impl Redacting {
    pub(super) fn new(how: &Redaction) -> Redacting {
        Redacting(Redactor::new(Vec::new(), how.policy, how.key.clone(), None))
    }

    /// What is to be written after these bytes.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<Vec<u8>, SinkError> {
        self.0.feed(piece).map_err(cannot)?;
        Ok(std::mem::take(self.0.out_mut()))
    }

    /// What is to be written last, and the means to prove the file.
    pub(super) fn finish(self) -> Result<(Vec<u8>, Proof), SinkError> {
        let (rest, _, proof) = self.0.finish().map_err(cannot)?;
        Ok((rest, proof))
    }
}

fn cannot(error: heapglass_redact::Error) -> SinkError {
    SinkError::Redact(error.to_string())
}

/// Reads the file again and looks for what should be gone.
pub(super) fn prove(proof: &Proof, file: &Path) -> Result<(), SinkError> {
    let again = Source::file(file)
        .and_then(|source| source.reader())
        .map_err(|error| SinkError::Redact(error.to_string()))?;
    let proven = proof
        .read(BufReader::with_capacity(1 << 20, again))
        .map_err(|error| SinkError::io("read", file, error))?;
    if proven.holds() {
        return Ok(());
    }
    let why = match (proven.survivors.is_empty(), proven.checked.findings.first()) {
        (false, _) => "values of the original are in it".to_owned(),
        (true, Some(finding)) => finding.message.clone(),
        (true, None) => "it has other nodes and edges".to_owned(),
    };
    Err(SinkError::Redact(format!("the result was removed: {why}")))
}
