//! The checks for leaks: each process is judged by itself, as `leaks` does.

use heapglass_analysis::{FollowedBy, LeakOptions, LeakReport, LeakSuspect, LeakVerdict, leaks};
use heapglass_graph::Graph;
use heapglass_report::wire::{CheckEntry, CheckKindEntry, FindingEntry, LeakSuspectEntry};

use crate::budget::LeakPolicy;
use crate::open::Opened;
use crate::processes::processes;
use crate::series::incomplete;

/// Snapshots of one process by which a leak is told from warming up.
const ENOUGH: usize = 3;

/// What was found.
pub(super) struct LeakChecks {
    /// One for each process that can be judged; where there is none, one that says why.
    pub(super) checks: Vec<CheckEntry>,
    /// Snapshots of processes that cannot be judged beside those.
    pub(super) left_out: Vec<FindingEntry>,
}

/// Whether something leaks in the processes that the snapshots are of.
pub(super) fn check_leaks(opened: &[(Opened, Graph)], policy: &LeakPolicy) -> LeakChecks {
    let unknown =
        |reason: String| LeakChecks { checks: vec![not_judged(reason)], left_out: Vec::new() };
    if opened.len() < ENOUGH {
        let count = opened.len();
        return unknown(format!(
            "a leak is told from warming up by three snapshots or more, and there are {count}"
        ));
    }
    if let Some(reason) = opened.iter().find_map(|(_, graph)| incomplete(graph)) {
        return unknown(reason);
    }
    let processes = processes(opened);
    let (judged, others): (Vec<&Vec<usize>>, Vec<&Vec<usize>>) =
        processes.iter().partition(|process| process.len() >= ENOUGH);
    if judged.is_empty() {
        let (count, most) = (processes.len(), processes.iter().map(Vec::len).max().unwrap_or(0));
        return unknown(format!(
            "the snapshots are not of one process: a leak is told from warming up by three or more of one, and these are of \
             {count}, with at most {most} of each"
        ));
    }
    let members = |process: &Vec<usize>| -> Vec<&(Opened, Graph)> {
        process.iter().filter_map(|&at| opened.get(at)).collect()
    };
    let are_several = processes.len() > 1;
    let checks =
        judged.into_iter().map(|process| judge(&members(process), policy, are_several)).collect();
    let left_out = others.into_iter().flat_map(|process| {
        let reason = match process.len() {
            1 => "no leak can be told by the only snapshot of a process",
            _ => "no leak can be told by the only two snapshots of a process",
        };
        let files = members(process).into_iter();
        files.map(move |(snapshot, _)| FindingEntry::left_out(&snapshot.entry.file, reason))
    });
    LeakChecks { checks, left_out: left_out.collect() }
}

fn not_judged(reason: String) -> CheckEntry {
    CheckEntry::not_judged("no leak", CheckKindEntry::Leak, None, reason)
}

/// Judges the snapshots of one process, which is named if it is one of several.
fn judge(process: &[&(Opened, Graph)], policy: &LeakPolicy, is_named: bool) -> CheckEntry {
    let graphs: Vec<Graph> = process.iter().map(|(_, graph)| graph.clone()).collect();
    let default = LeakOptions::default();
    // A known leak is no reason to overlook the one behind it.
    let limit = default.limit + policy.known.len();
    let least_bytes = policy.least.unwrap_or(default.least_bytes);
    let report = leaks(&graphs, &LeakOptions { least_bytes, limit, ..default });
    let check = match report.followed_by {
        Some(_) => judge_leaks(&report, policy),
        None => not_judged(
            "the snapshots are not of one process, and objects can be followed within one only"
                .to_owned(),
        ),
    };
    if !is_named {
        return check;
    }
    let in_order = report.order.iter().filter_map(|&at| process.get(at));
    check.of_process(in_order.map(|(snapshot, _)| snapshot.entry.file.clone()).collect())
}

fn judge_leaks(report: &LeakReport, policy: &LeakPolicy) -> CheckEntry {
    let known_as = |suspect: &LeakSuspect| {
        policy.known.iter().find(|known| suspect.is_known_by(&known.fingerprint))
    };
    let (known, new): (Vec<_>, Vec<_>) =
        report.suspects.iter().partition(|suspect| known_as(suspect).is_some());
    let counts = |suspect: &&&LeakSuspect| !policy.allow_probable || suspect.is_certain();
    let failing = new.iter().filter(counts).count();
    let certain = new.iter().filter(|suspect| suspect.is_certain()).count();
    let any_of_few = new.iter().any(|suspect| suspect.few_objects);
    let by_places = report.followed_by == Some(FollowedBy::Places);
    let all_slow_down = new.iter().all(|suspect| suspect.slows_down);
    let mut text = match (report.verdict, failing, new.len()) {
        (LeakVerdict::NoLeak, ..) => "nothing goes on growing".to_owned(),
        (_, 0, 0) => "nothing goes on growing but what is known".to_owned(),
        (_, 0, _) => "nothing grows for certain; what probably does is allowed".to_owned(),
        _ if certain == 1 => "one thing grows and does not stop".to_owned(),
        _ if certain > 1 => format!("{certain} things grow and do not stop"),
        (_, 1, _) if all_slow_down => {
            "one thing grew, and more slowly in the end: a further snapshot would tell".to_owned()
        }
        (_, many, _) if all_slow_down => {
            format!("{many} things grew, and more slowly in the end: a further snapshot would tell")
        }
        (_, 1, _) if any_of_few || by_places => {
            "one thing grew and may go on: probably a leak".to_owned()
        }
        (_, many, _) if any_of_few || by_places => {
            format!("{many} things grew and may go on: probably leaks")
        }
        (_, 1, _) => "one thing grew, though not evenly: probably a leak".to_owned(),
        (_, many, _) => format!("{many} things grew, though not evenly: probably leaks"),
    };
    for suspect in known {
        let reason = known_as(suspect).map_or("", |known| &known.reason);
        text.push_str(&format!("; known: {} ({reason})", suspect.class_name));
    }
    let entries =
        (1..).zip(&new).map(|(rank, suspect)| LeakSuspectEntry::new(rank, suspect, None)).collect();
    let check = CheckEntry::leaks(failing == 0, entries, text);
    if by_places { check.by_places() } else { check }
}
