//! `export`: one row for each node.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::args::{ExportArgs, ExportFormat};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::export::{Format, write_nodes};
use crate::hints;
use crate::inputs::{Input, Inputs};
use crate::open::open;

/// Writes the nodes of each snapshot.
pub(crate) fn run(context: &Context, args: &ExportArgs) -> anyhow::Result<ExitStatus> {
    let inputs = Inputs::find(&args.files.files, &context.messages)?;
    let several = inputs.items.len() > 1;
    if several && !args.out.as_deref().is_some_and(Path::is_dir) {
        let failure = Failure::usage("several snapshots, and one place to write to");
        return Err(failure.hint("give --out a directory: each snapshot gets a file in it").into());
    }
    let mut status = ExitStatus::Fine;
    for (number, item) in inputs.items.iter().enumerate() {
        let done = match item {
            Ok(input) => export(context, args, input, several.then_some(number + 1)),
            Err((_, failure)) => Err(failure.clone().into()),
        };
        if let Err(error) = done {
            let failure = error.downcast::<Failure>()?;
            if !several || context.interrupt.asked().is_some() {
                return Err(failure.into());
            }
            context.messages.error(&failure);
            status = status.worse(failure.status);
        }
    }
    Ok(status)
}

/// Exports one snapshot; `number` tells the files of several apart.
fn export(
    context: &Context,
    args: &ExportArgs,
    input: &Input,
    number: Option<usize>,
) -> anyhow::Result<()> {
    let mut opened = open(context, input, heapglass_graph::Wants::Graph)?;
    let graph = opened.graph_without_variables("writing the nodes of")?;
    for finding in &opened.snapshot.overview().findings {
        opened.note(&format!("{}: {}", opened.entry.file, finding.message));
    }
    let (format, ending) = match args.format {
        ExportFormat::Csv => (Format::Csv, "csv"),
        ExportFormat::Ndjson => (Format::Ndjson, "ndjson"),
    };
    let stop = || context.interrupt.asked().is_some();
    let Some(out) = &args.out else {
        opened.hide_bar();
        return Ok(write_nodes(&graph, format, &mut io::stdout().lock(), &stop)?);
    };
    let path =
        if out.is_dir() { out.join(file_name(&input.path, number, ending)) } else { out.clone() };
    let _cleans_up = context.interrupt.cleans_up(None);
    write_whole(&path, |file| write_nodes(&graph, format, file, &stop)).map_err(|error| {
        let status = context.interrupt.asked().unwrap_or(ExitStatus::Usage);
        let message = format!("cannot write {}: {}", path.display(), hints::reason(&error));
        Failure::new(status, message).into()
    })
}

/// Writes a file that is there as a whole or not at all. What is no plain file (a pipe, a device)
/// is written to directly.
fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        return write(&mut fs::OpenOptions::new().write(true).open(path)?);
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    write(file.as_file_mut())?;
    file.persist(path)?;
    Ok(())
}

fn file_name(snapshot: &Path, number: Option<usize>, ending: &str) -> PathBuf {
    let stem = snapshot.file_name().map_or_else(|| "stdin".into(), |name| name.to_string_lossy());
    match number {
        Some(number) => format!("{number}-{stem}.{ending}").into(),
        None => format!("{stem}.{ending}").into(),
    }
}
