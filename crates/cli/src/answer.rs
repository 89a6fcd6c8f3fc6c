//! One question to each of several snapshots, and the answers written as text or JSON.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use heapglass_graph::Wants;
use heapglass_report::text::{Brief, Page, heading, write_briefs};
use heapglass_report::wire::{Document, Failure as InputFailure, Output, Several};
use serde::Serialize;

use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::inputs::Inputs;
use crate::open::{Opened, open};

/// When a page has the snapshot's name above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heading {
    /// Always.
    Always,
    /// Only where there are several snapshots.
    ForSeveral,
}

/// Asks `question` of each snapshot in `paths` and writes the answers. An input that cannot be
/// read is reported, and the others are done.
pub(crate) fn answer<B: Page + Serialize>(
    context: &Context,
    paths: &[PathBuf],
    title: Heading,
    question: impl Fn(&Opened) -> anyhow::Result<B>,
) -> anyhow::Result<ExitStatus> {
    answer_with(context, paths, title, Wants::Graph, question)
}

/// As [`answer`], and says whether `question` asks for the graph.
pub(crate) fn answer_with<B: Page + Serialize>(
    context: &Context,
    paths: &[PathBuf],
    title: Heading,
    wants: Wants,
    question: impl Fn(&Opened) -> anyhow::Result<B>,
) -> anyhow::Result<ExitStatus> {
    let inputs = Inputs::find(paths, &context.messages)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    let mut pages = 0;
    let mut briefs = Vec::new();
    let mut status = ExitStatus::Fine;
    for item in &inputs.items {
        let outcome = match item {
            Ok(input) => open(context, input, wants).and_then(|opened| {
                let body = question(&opened).map_err(|error| as_failure(error, &opened))?;
                Ok(Document::new(opened.entry.clone(), &opened.snapshot.overview().findings, body))
            }),
            Err((_, failure)) => Err(failure.clone()),
        };
        match outcome {
            Ok(document) if context.settings.json => documents.push(document),
            Ok(document) => {
                if pages > 0 {
                    writeln!(out, "\n")?;
                }
                pages += 1;
                if title == Heading::Always || !inputs.single {
                    heading(&document.snapshot, &context.settings.look, &mut out)?;
                    writeln!(out)?;
                }
                document.write_text(&context.settings.look, &mut out)?;
                if inputs.single {
                    document.write_next(&context.settings.look, &mut out)?;
                }
                briefs.extend(Brief::of(&document));
                out.flush()?;
            }
            // Alone, or the user's own doing: nothing else is left to do.
            Err(failure) if inputs.single || !goes_on(failure.status) => return Err(failure.into()),
            Err(failure) => {
                context.messages.error(&failure);
                status = status.worse(failure.status);
                let path = item.as_ref().map_or_else(|(path, _)| path, |input| &input.path);
                errors.push(InputFailure {
                    file: path.display().to_string(),
                    message: failure.message,
                });
            }
        }
    }
    if context.settings.json {
        write_json(inputs.single, documents, errors, &mut out)?;
    } else if briefs.len() > 1 {
        writeln!(out)?;
        write_briefs(&briefs, errors.len(), &context.settings.look, &mut out)?;
    }
    out.flush()?;
    Ok(status)
}

fn goes_on(status: ExitStatus) -> bool {
    !status.is_by_signal()
}

fn write_json<B: Serialize>(
    single: bool,
    mut documents: Vec<Document<B>>,
    errors: Vec<InputFailure>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let output = match documents.pop() {
        Some(document) if single => Output::One(Box::new(document)),
        last => {
            documents.extend(last);
            Output::Several(Several::new(documents, errors))
        }
    };
    serde_json::to_writer_pretty(&mut *out, &output)?;
    writeln!(out)
}

/// An error of a question, with the snapshot it was asked of.
fn as_failure(error: anyhow::Error, opened: &Opened) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => failure,
        Err(error) => {
            let failure = hints::question(&error);
            Failure { message: format!("{}: {}", opened.entry.file, failure.message), ..failure }
        }
    }
}
