//! `index`: the index of a snapshot, made deliberately.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use heapglass_report::text::size_in_words;
use heapglass_report::wire::IndexDocument;

use crate::args::IndexArgs;
use crate::cache::Cache;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::inputs::{Input, Inputs};
use crate::open::open_with_index;

/// Makes the index of each snapshot and says where it is.
pub(crate) fn run(context: &Context, args: &IndexArgs) -> anyhow::Result<ExitStatus> {
    let inputs = Inputs::find(&args.files.files, &context.messages)?;
    if args.out.is_some() && inputs.items.len() > 1 {
        return Err(Failure::usage("--out names one index, and there are several snapshots").into());
    }
    let mut status = ExitStatus::Fine;
    for item in &inputs.items {
        let made = match item {
            Ok(input) => make(context, input, args),
            Err((_, failure)) => Err(failure.clone().into()),
        };
        match made {
            Ok(index) => announce(context, &index)?,
            Err(error) if inputs.items.len() == 1 => return Err(error),
            Err(error) => {
                let failure = error.downcast::<Failure>()?;
                context.messages.error(&failure);
                status = status.worse(failure.status);
            }
        }
    }
    Ok(status)
}

fn make(context: &Context, input: &Input, args: &IndexArgs) -> anyhow::Result<PathBuf> {
    let out = args.out.as_deref();
    let (index, cache) = match (out, &context.settings.cache) {
        // The engine writes beside the index first, and so needs to know the directory.
        (Some(out), _) => (may_be_written(out, args.force)?, None),
        (None, _) if input.is_stdin() => {
            return Err(Failure::usage("standard input has no place in the cache")
                .hint("use --out")
                .into());
        }
        (None, None) => {
            return Err(Failure::usage("there is no cache to put the index into")
                .hint("use --out")
                .into());
        }
        (None, Some(settings)) => {
            let cache = Cache::open(settings)?;
            (cache.index_of(&input.path)?, Some(cache))
        }
    };
    let snapshot = open_with_index(context, input, Some(index.clone()))?;
    if let Some(cache) = cache {
        cache.used(&index)?;
    }
    let is_snapshot = || index.canonicalize().ok() == input.path.canonicalize().ok();
    if !index.is_file() || is_snapshot() && !snapshot.from_index() {
        let why = snapshot.index_problem().unwrap_or("it was too large for the cache");
        let hint = if out.is_some() { "give --out another path" } else { "use --out" };
        return Err(Failure::usage(format!(
            "the index was not kept: {}",
            hints::without_number(why)
        ))
        .hint(hint)
        .into());
    }
    Ok(index)
}

/// The whole path of `--out`, unless something else is there.
fn may_be_written(out: &Path, force: bool) -> anyhow::Result<PathBuf> {
    // The index would take the place of a device or a pipe, which would be the end of it.
    if out.exists() && !out.is_file() && !out.is_dir() {
        return Err(Failure::usage(format!("{} is no plain file", out.display()))
            .hint("give --out another path")
            .into());
    }
    let is_there = out.symlink_metadata().is_ok();
    if is_there && !force && !heapglass_graph::is_index(out) {
        return Err(Failure::usage(format!("{} is there already and is no index", out.display()))
            .hint("give --out another path, or --force to replace the file")
            .into());
    }
    let whole = std::path::absolute(out)?;
    match whole.parent() {
        Some(dir) if !dir.is_dir() => {
            Err(Failure::usage(format!("there is no directory {}", dir.display()))
                .hint("make it, or give --out another path")
                .into())
        }
        _ => Ok(whole),
    }
}

fn announce(context: &Context, index: &Path) -> io::Result<()> {
    let bytes = index.metadata()?.len();
    let mut out = io::stdout().lock();
    if context.settings.json {
        let document = IndexDocument::new(index.display().to_string(), bytes);
        return writeln!(out, "{}", serde_json::to_string(&document)?);
    }
    writeln!(out, "{}  {}", index.display(), size_in_words(bytes, context.settings.look.sizes))
}
