//! `cache`: the kept indexes.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use heapglass_report::text::{clean, counted, size_in_words};
use heapglass_report::wire::{CacheClearedDocument, CacheDocument, KeptIndexEntry};

use crate::args::{CacheAction, CacheArgs};
use crate::cache::{Cache, Entry};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;

/// Lists or clears the cache.
pub(crate) fn run(context: &Context, args: &CacheArgs) -> anyhow::Result<ExitStatus> {
    let Some(settings) = &context.settings.cache else {
        return Err(Failure::usage("no cache is used")
            .hint("set HEAPGLASS_CACHE_DIR, or leave out --no-index")
            .into());
    };
    let cache = Cache::open(settings)
        .map_err(|error| Failure::usage(hints::cannot("use", &settings.dir, &error)))?;
    let mut out = io::stdout().lock();
    match args.action.unwrap_or(CacheAction::List) {
        CacheAction::List => list(context, &cache, &mut out)?,
        CacheAction::Clear => {
            let (count, bytes) = cache.clear()?;
            if context.settings.json {
                let document = CacheClearedDocument::new(count as u64, bytes);
                serde_json::to_writer_pretty(&mut out, &document)?;
                writeln!(out)?;
                return Ok(ExitStatus::Fine);
            }
            let indexes = counted(count as u64, "index", "indexes");
            let freed = size_in_words(bytes, context.settings.look.sizes);
            writeln!(out, "removed {indexes}, {freed}")?;
        }
    }
    Ok(ExitStatus::Fine)
}

fn list(context: &Context, cache: &Cache, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut entries = cache.entries()?;
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.last_used));
    if context.settings.json {
        return list_json(cache, &entries, out);
    }
    let sizes = context.settings.look.sizes;
    for entry in &entries {
        let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
        let size = size_in_words(entry.bytes, sizes);
        writeln!(out, "{size:>10}  {:>8}  {}", age(entry.last_used), clean(&name))?;
    }
    let total = size_in_words(entries.iter().map(|entry| entry.bytes).sum(), sizes);
    let indexes = counted(entries.len() as u64, "index", "indexes");
    let most = size_in_words(cache.max_bytes(), sizes);
    writeln!(out, "{indexes} in {}, {total} of at most {most}", cache.dir().display())?;
    Ok(())
}

fn list_json(cache: &Cache, entries: &[Entry], out: &mut dyn Write) -> anyhow::Result<()> {
    let indexes = entries
        .iter()
        .map(|entry| KeptIndexEntry { path: entry.path.display().to_string(), size: entry.bytes });
    let directory = cache.dir().display().to_string();
    let document = CacheDocument::new(directory, cache.max_bytes(), indexes.collect());
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

/// "5 min", "3 h", "12 d": how long ago.
fn age(when: SystemTime) -> String {
    let seconds = when.elapsed().unwrap_or(Duration::ZERO).as_secs();
    match seconds {
        0..60 => "now".to_owned(),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}
