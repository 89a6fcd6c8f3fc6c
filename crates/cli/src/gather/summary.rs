//! The summary of a collection, as text.

use std::fmt::Write;

use heapglass_collect::words::size;
use heapglass_k8s::gather::GatherOptions;
use heapglass_k8s::wire::{Container, HeapDumps, Outcome, Process};

/// What was collected, what was not and why, and what to do next.
pub(crate) fn text(index: &HeapDumps, options: &GatherOptions) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    for workload in &index.workloads {
        line(&format!("{} {}/{}", workload.kind, workload.namespace, workload.name));
        for said in workload.problem.iter().chain(&workload.note) {
            line(&format!("  {said}"));
        }
        for pod in &workload.pods {
            for container in &pod.containers {
                let at = format!("{} {}", pod.name, container.name);
                of_container(&mut line, &at, container);
            }
        }
    }
    if index.workloads.is_empty() {
        line("No workload was found.");
        if options.search.selector.is_none() {
            line(
                "hint: --selector app=NAME collects from any pods; --namespaces says where to look",
            );
        }
    }
    for note in &index.notes {
        line(&format!("note: {note}"));
    }
    for error in &index.errors {
        line(&format!("error: {error}"));
    }
    for right in &index.missing_rights {
        line(&format!("missing right: {}", right.what));
        line(&format!("  add to {}: {}", right.role, right.rule));
    }
    let summary = &index.summary;
    let mut counts = Vec::new();
    let mut count = |number: u64, what: &str| {
        if number > 0 {
            counts.push(format!("{number} {what}"));
        }
    };
    count(summary.dry_run, "could be collected");
    count(summary.collected, "collected");
    count(summary.found_snapshots, "found");
    count(summary.found_partial, "of these not whole");
    count(summary.partial, "in part");
    count(summary.refused, "refused");
    count(summary.failed, "failed");
    let counts = if counts.is_empty() { "nothing collected".to_owned() } else { counts.join(", ") };
    let interrupted = if index.interrupted { " (interrupted)" } else { "" };
    line(&format!("\n{counts}{interrupted}: {}", size(summary.bytes)));
    line(&format!("{}", options.base.join("heap-dumps.json").display()));
    if summary.collected + summary.found_snapshots > 0 {
        line(&format!("next: heapglass {}", options.base.display()));
    }
    text
}

fn of_container(line: &mut impl FnMut(&str), at: &str, container: &Container) {
    if let Some(problem) = &container.problem {
        line(&format!("  {at}: {problem}"));
    }
    for process in &container.processes {
        line(&format!("  {at}, process {}: {}", process.pid, of_process(process)));
    }
    for snapshot in &container.found_snapshots {
        let part = if snapshot.complete { "" } else { ", not whole" };
        let remote = snapshot.remote_path.as_deref().unwrap_or_default();
        let (bytes, time) = (size(snapshot.bytes), &snapshot.time);
        line(&format!("  {at}: found {remote} of {time}, {bytes}{part}"));
    }
}

fn of_process(process: &Process) -> String {
    let mut text = match process.outcome {
        Outcome::DryRun => "could be collected".to_owned(),
        Outcome::Collected => "collected".to_owned(),
        Outcome::Partial => "in part".to_owned(),
        Outcome::Refused => "refused".to_owned(),
        Outcome::Failed => "failed".to_owned(),
        Outcome::Ended => return "ended by itself before it was its turn".to_owned(),
    };
    for (number, snapshot) in process.snapshots.iter().enumerate() {
        text.push_str(if number == 0 { " " } else { "; " });
        if let Some(worker) = &snapshot.worker {
            let _ = write!(text, "worker {worker}: ");
        }
        text.push_str(&size(snapshot.bytes));
        if let Some(pause) = snapshot.pause_ms {
            let _ = write!(text, ", stood still for {:.1} s", pause as f64 / 1000.0);
        }
    }
    if let Some(problem) = &process.problem {
        let _ = write!(text, ": {problem}");
    }
    text
}

#[cfg(test)]
mod tests {
    use heapglass_k8s::wire::Snapshot;

    use super::*;

    #[test]
    fn figures_of_several_snapshots_are_told_apart() {
        let snapshot = |bytes, pause, worker: Option<&str>| Snapshot {
            bytes,
            pause_ms: Some(pause),
            worker: worker.map(str::to_owned),
            ..Snapshot::default()
        };
        let process = Process {
            outcome: Outcome::Collected,
            snapshots: vec![snapshot(5000, 1200, None), snapshot(3000, 400, Some("1 w.js"))],
            ..Process::default()
        };
        assert_eq!(
            of_process(&process),
            "collected 5.0 kB, stood still for 1.2 s; worker 1 w.js: 3.0 kB, stood still for 0.4 s"
        );
    }
}
