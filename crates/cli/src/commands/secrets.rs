//! `secrets`: credentials in the strings of a heap.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use heapglass_analysis::{SecretOptions, secrets};
use heapglass_report::wire::{SecretsBody, SnapshotEntry};
use heapglass_report::write_sarif;

use super::limit;
use crate::answer::{Heading, answer};
use crate::args::SecretsArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;

/// Credentials on a page, unless all are asked for.
const SHOWN: usize = 100;

/// Writes the credentials of each snapshot, masked unless they shall be shown.
pub(crate) fn run(context: &Context, args: &SecretsArgs) -> anyhow::Result<ExitStatus> {
    let for_programs = context.settings.json || args.sarif.is_some();
    let shown = args.limit.unwrap_or(if for_programs { 0 } else { SHOWN });
    let options = SecretOptions { limit: limit(shown) };
    let answers: RefCell<Vec<(SnapshotEntry, SecretsBody)>> = RefCell::default();
    let status = answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("looking for credentials in")?;
        let body = SecretsBody::new(&secrets(&graph, &options), args.show);
        answers.borrow_mut().push((opened.entry.clone(), body.clone()));
        Ok(body)
    })?;
    let answers = answers.into_inner();
    if let Some(path) = &args.sarif {
        save(path, &answers)
            .map_err(|error| Failure::usage(hints::cannot("write", path, &error)))?;
    }
    let found = answers.iter().any(|(_, body)| body.count > 0);
    Ok(if args.fail && found { status.worse(ExitStatus::Failed) } else { status })
}

fn save(path: &Path, answers: &[(SnapshotEntry, SecretsBody)]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_sarif(answers, env!("CARGO_PKG_VERSION"), &mut out)?;
    out.flush()
}
