//! Redaction between the queue and the file.

use std::io::{self, BufReader, Write};
use std::path::Path;

use heapglass_format::source::Source;
use heapglass_redact::{Proof, Redaction, Redactor};
use heapglass_secrets::Noted;

use super::watched::{Watched, has_room, why};
use super::{SinkError, directory_of};

/// What the pieces are written into.
pub(super) enum Out {
    Plain(Watched),
    Redacted(Box<Redactor<Watched>>),
}

impl Out {
    pub(super) fn new(file: Watched, how: Option<&Redaction>) -> Out {
        let Some(how) = how else { return Out::Plain(file) };
        // What waits, waits on the disk that has room for it.
        let directory = directory_of(file.path()).to_owned();
        let (path, reserve) = (file.path().to_owned(), file.reserve());
        let redactor = Redactor::new(file, how.policy, how.key.clone(), None)
            .within(&directory)
            .watched(move || has_room(&path, reserve));
        Out::Redacted(Box::new(if how.notes { redactor.noting() } else { redactor }))
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

    /// Writes what has to be written after the last piece.
    pub(super) fn end(self, how: End) -> Ended {
        let mut redactor = match self {
            Out::Plain(file) => {
                return Ended { file, proof: Ok(None), noted: None, is_unsafe: false };
            }
            Out::Redacted(redactor) => redactor,
        };
        let ended = match how {
            End::Whole => match redactor.complete() {
                Ok((_, proof)) => Ok(Some(proof)),
                Err(error @ heapglass_redact::Error::Write(_)) => Err(error),
                // What was redacted is kept.
                Err(error) => redactor.cut_off().and(Err(error)),
            },
            End::CutOff => redactor.cut_off().map(|()| None),
            End::Interrupted => {
                redactor.let_go();
                redactor.cut_off().map(|()| None)
            }
            End::Failed => Ok(None),
        };
        let is_unsafe = redactor.has_given_back() && !matches!(ended, Ok(Some(_)));
        let noted = redactor.take_noted();
        let file = redactor.into_out();
        let proof = ended.map_err(|error| cannot(file.path(), error));
        Ended { file, proof, noted, is_unsafe }
    }
}

/// What was written.
pub(super) struct Ended {
    pub(super) file: Watched,
    /// The means to prove it, if it is redacted and all of it.
    pub(super) proof: Result<Option<Proof>, SinkError>,
    /// The credentials of the clear bytes, if they were noted.
    pub(super) noted: Option<Noted>,
    /// It has values as they were, and there is no proof that no credential is among them.
    pub(super) is_unsafe: bool,
}

/// How a snapshot ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All of it came.
    Whole,
    /// What is missing will not come, or cannot be redacted: what was held back is written without a value.
    CutOff,
    /// The same, and nobody waits: what was held back is dropped.
    Interrupted,
    /// Nothing more can be written.
    Failed,
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
