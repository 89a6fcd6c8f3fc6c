//! Redaction between the queue and the file.

use std::io::{self, BufReader, Write};
use std::path::Path;

use heapglass_format::source::Source;
use heapglass_redact::{Proof, Redaction, Redactor};

use super::SinkError;
use super::watched::{Watched, why};

/// What the pieces are written into.
pub(super) enum Out {
    Plain(Watched),
    Redacted(Box<Redactor<Watched>>),
}

impl Out {
    pub(super) fn new(file: Watched, how: Option<&Redaction>) -> Out {
        let Some(how) = how else { return Out::Plain(file) };
        // What waits, waits on the disk that has room for it.
        let directory = file.path().parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new(".")).to_owned();
        let redactor = Redactor::new(file, how.policy, how.key.clone(), None).within(&directory);
        Out::Redacted(Box::new(redactor))
    }

    pub(super) fn file(&mut self) -> &mut Watched {
        match self {
            Out::Plain(file) => file,
            Out::Redacted(redactor) => redactor.out_mut(),
        }
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), SinkError> {
        match self {
            Out::Plain(file) => file.write_all(piece).map_err(|e| why(file.path(), e)),
            Out::Redacted(redactor) => {
                redactor.feed(piece).map_err(|e| cannot(redactor.out_mut().path(), e))
            }
        }
    }

    /// Writes what was held back. If all of the snapshot has come, gives the means to prove the file; the file is
    /// lost with an error, and ends where it is.
    pub(super) fn end(self, all_came: bool) -> Result<(Watched, Option<Proof>), SinkError> {
        match self {
            Out::Plain(file) => Ok((file, None)),
            Out::Redacted(mut redactor) => {
                let path = redactor.out_mut().path().to_owned();
                if all_came {
                    let (file, _, proof) = redactor.finish().map_err(|e| cannot(&path, e))?;
                    return Ok((file, Some(proof)));
                }
                Ok((redactor.cut_off().map_err(|e| cannot(&path, e))?, None))
            }
        }
    }

    /// The file as it is, without what was held back.
    pub(super) fn give_up(self) -> Watched {
        match self {
            Out::Plain(file) => file,
            Out::Redacted(redactor) => redactor.into_out(),
        }
    }
}

fn cannot(path: &Path, error: heapglass_redact::Error) -> SinkError {
    match error {
        heapglass_redact::Error::Write(error) => why(path, error),
        other => SinkError::Redact(other.to_string()),
    }
}

/// Reads the file again and looks for what should be gone.
pub(super) fn prove(proof: &Proof, file: &Path) -> Result<(), SinkError> {
    let cannot_read = |error: io::Error| SinkError::io("read", file, error);
    let again = Source::file(file)
        .and_then(|source| source.reader())
        .map_err(|error| SinkError::Redact(error.to_string()))?;
    let proven = proof.read(BufReader::with_capacity(1 << 20, again)).map_err(cannot_read)?;
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
