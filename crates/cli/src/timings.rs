//! What each step of opening a snapshot took: `--timings`, for `cargo xtask bench --phases`.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapglass_format::buffer::mapped_bytes;
use heapglass_graph::{Phase, Progress, Step};

/// Passes progress on, and keeps what had been used when each step began.
pub(crate) struct Timings<'a> {
    inner: &'a dyn Progress,
    start: Used,
    begun: Mutex<Vec<(Step, Used)>>,
}

/// What the process has used so far.
#[derive(Debug, Clone, Copy)]
struct Used {
    at: Instant,
    /// Bytes allocated on the heap, freed or not; `None` in builds that do not count them.
    allocated: Option<u64>,
    /// Bytes mapped for buffers, given back or not.
    mapped: u64,
    /// `None` where the system does not say.
    resident: Option<Resident>,
}

/// Resident memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Resident {
    /// Memory of the process's own.
    anonymous: u64,
    /// Pages of mapped files.
    file: u64,
    /// The most that both together have been.
    peak: u64,
}

impl<'a> Timings<'a> {
    pub(crate) fn new(inner: &'a dyn Progress) -> Timings<'a> {
        Timings { inner, start: Used::now(), begun: Mutex::default() }
    }

    /// The table, in Markdown.
    pub(crate) fn finish(self) -> String {
        let end = Used::now();
        let begun = self.begun.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from(
            "| step | seconds | MB allocated | MB mapped | anonymous MB | of files MB | peak MB |\n\
             |---|--:|--:|--:|--:|--:|--:|\n",
        );
        for (at, &(step, from)) in begun.iter().enumerate() {
            let to = begun.get(at + 1).map_or(end, |&(_, next)| next);
            row(&mut text, name(step), from, to);
        }
        row(&mut text, "all", self.start, end);
        text
    }
}

impl Progress for Timings<'_> {
    fn update(&self, phase: Phase, done: u64, total: u64) {
        self.inner.update(phase, done, total);
    }

    fn begin(&self, step: Step) {
        self.inner.begin(step);
        let used = Used::now();
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push((step, used));
    }

    fn cancelled(&self) -> bool {
        self.inner.cancelled()
    }
}

impl Used {
    fn now() -> Used {
        let status = std::fs::read_to_string("/proc/self/status").ok();
        Used {
            at: Instant::now(),
            allocated: allocated(),
            mapped: mapped_bytes(),
            resident: status.and_then(|status| resident(&status)),
        }
    }
}

#[cfg(feature = "count-allocations")]
fn allocated() -> Option<u64> {
    Some(stats_alloc::INSTRUMENTED_SYSTEM.stats().bytes_allocated as u64)
}

#[cfg(not(feature = "count-allocations"))]
fn allocated() -> Option<u64> {
    None
}

/// From the text of Linux's `/proc/self/status`.
fn resident(status: &str) -> Option<Resident> {
    let field = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    };
    Some(Resident { anonymous: field("RssAnon")?, file: field("RssFile")?, peak: field("VmHWM")? })
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Read => "read",
        Step::Facts => "facts",
        Step::Walks => "walks",
        Step::Dominators => "sort and dominators",
        Step::Tree => "tree",
        Step::Sums => "statistics and classes",
        Step::Write => "write",
        _ => "other",
    }
}

fn row(text: &mut String, name: &str, from: Used, to: Used) {
    let megabytes = |bytes: Option<u64>| match bytes {
        Some(bytes) => format!("{:.1}", bytes as f64 / 1e6),
        None => "-".to_owned(),
    };
    let wall: Duration = to.at - from.at;
    let allocated = to.allocated.zip(from.allocated).map(|(to, from)| to - from);
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "| {name} | {:.3} | {} | {} | {} | {} | {} |",
        wall.as_secs_f64(),
        megabytes(allocated),
        megabytes(Some(to.mapped - from.mapped)),
        megabytes(to.resident.map(|resident| resident.anonymous)),
        megabytes(to.resident.map(|resident| resident.file)),
        megabytes(to.resident.map(|resident| resident.peak)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_the_system() {
        let status = "Name:\tx\nVmHWM:\t    3000 kB\nRssAnon:\t    1000 kB\nRssFile:\t    20 kB\n";
        let expected = Resident { anonymous: 1_024_000, file: 20_480, peak: 3_072_000 };
        assert_eq!(resident(status), Some(expected));
        assert_eq!(resident("VmHWM: many\n"), None);
    }

    #[test]
    fn steps_end_where_the_next_begins() {
        let timings = Timings::new(&());
        timings.begin(Step::Read);
        timings.begin(Step::Write);
        let text = timings.finish();
        let names: Vec<&str> = text.lines().filter_map(|line| line.split(" | ").next()).collect();
        assert_eq!(
            names,
            ["| step", "|---|--:|--:|--:|--:|--:|--:|", "| read", "| write", "| all"]
        );
    }
}
