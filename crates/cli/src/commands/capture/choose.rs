//! Which process is meant.

use std::fmt::Write;

use heapglass_collect::Local;
use heapglass_collect::capture::candidates;
use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::words::size;
use heapglass_report::text::clean;

use crate::args::CaptureArgs;
use crate::context::Context;
use crate::exit::Failure;

/// Processes that a message lists.
const MOST_LISTED: usize = 20;

/// The id of the process that was named; an error that lists what there is otherwise.
pub(super) async fn process(context: &Context, args: &CaptureArgs) -> Result<u32, Failure> {
    if let Some(pid) = args.pid {
        return Ok(pid);
    }
    let found = candidates(&Local).await;
    let all = found.map_err(|error| Failure::not_collected(error.to_string()))?;
    let Some(pattern) = &args.name else {
        return Err(nobody(context, &all, "which process? give --pid, --name or --inspect"));
    };
    let pattern = regex::Regex::new(pattern).map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or(&text).trim().to_owned();
        let reason = last.strip_prefix("error: ").unwrap_or(&last);
        Failure::usage(format!("--name is not a regular expression: {reason}"))
    })?;
    let named = |process: &&ProcessFacts| {
        pattern.is_match(&process.command) || pattern.is_match(&process.comm)
    };
    let matching: Vec<ProcessFacts> = all.iter().filter(named).cloned().collect();
    match matching.as_slice() {
        [one] => Ok(one.pid),
        [] => Err(nobody(context, &all, &format!("no Node.js process matches {pattern}"))),
        several => {
            let text = format!("{} Node.js processes match {pattern}", several.len());
            Err(nobody(context, several, &text))
        }
    }
}

fn nobody(context: &Context, processes: &[ProcessFacts], text: &str) -> Failure {
    if processes.is_empty() {
        return Failure::usage(text)
            .hint("there is no Node.js process on this machine that can be seen");
    }
    which(context, processes, text)
}

/// Lists processes of which one has to be named.
pub(super) fn which(context: &Context, processes: &[ProcessFacts], text: &str) -> Failure {
    let mut list = String::new();
    for process in processes.iter().take(MOST_LISTED) {
        let memory = process.status.resident.map(size).unwrap_or_default();
        let parent = process.status.parent.filter(|p| processes.iter().any(|o| o.pid == *p));
        let child = parent.map(|parent| format!(", child of {parent}")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(
            list,
            "  --pid {:<8} {memory:>8}  {}{child}",
            process.pid,
            cut(&process.command)
        );
    }
    if processes.len() > MOST_LISTED {
        let _ = writeln!(list, "  and {} more", processes.len() - MOST_LISTED);
    }
    context.messages.raw(&list);
    Failure::usage(text).hint("one of the processes above is meant: give its --pid")
}

/// The beginning of a command line, on one line.
fn cut(command: &str) -> String {
    let line: String = clean(command).chars().take(100).collect();
    if line.chars().count() < 100 { line } else { line + "…" }
}
