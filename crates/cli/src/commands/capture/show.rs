//! What a capture came to, as text: the answer first, then the figures.

use std::io::{self, Write};

use heapglass_collect::Captured;
use heapglass_collect::capture::{PauseSeen, Taken, WorkerChecked};
use heapglass_collect::inspector::Identity;
use heapglass_collect::preflight::model::Prediction;
use heapglass_collect::preflight::{Outcome, Preflight};
use heapglass_collect::wire::outcome_name;
use heapglass_collect::words::{seconds, size};
use heapglass_format::grouped;
use heapglass_report::text::{Look, Role, clean};

/// What was captured, and whether it was redacted on the way; the truth beside what was predicted.
pub(super) fn captured(
    captured: &Captured,
    is_redacted: bool,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    for taken in &captured.snapshots {
        one(taken, is_redacted, look, out)?;
    }
    writeln!(out, "{}", look.paint(Role::Faint, &clean(&who(captured))))?;
    if captured.snapshots.is_empty() {
        return Ok(());
    }
    for taken in &captured.snapshots {
        writeln!(out)?;
        if captured.snapshots.len() > 1 {
            let thread = taken.worker.as_ref().map(ToString::to_string);
            let thread = clean(thread.as_deref().unwrap_or("main thread")).into_owned();
            writeln!(out, "  {}", look.paint(Role::Strong, &thread))?;
        }
        figures(taken, prediction(captured, taken), look, out)?;
    }
    for missing in &captured.missing {
        line(out, look, Role::Warning, "missing", &missing.to_string())?;
    }
    for check in captured.preflight.those(Outcome::Unsafe) {
        line(out, look, Role::Warning, "forced", &check.found)?;
    }
    let taken = |name| captured.snapshots.iter().any(|it| it.worker.as_ref() == Some(name));
    for WorkerChecked { worker, preflight } in
        captured.workers.iter().filter(|it| taken(&it.worker))
    {
        for check in preflight.those(Outcome::Unsafe) {
            line(out, look, Role::Warning, "forced", &format!("{worker}: {}", check.found))?;
        }
    }
    Ok(())
}

/// What was predicted of the thread that a snapshot is of.
fn prediction<'a>(captured: &'a Captured, taken: &Taken) -> Option<&'a Prediction> {
    let preflight = match &taken.worker {
        None => &captured.preflight,
        Some(worker) => &captured.workers.iter().find(|it| it.worker == *worker)?.preflight,
    };
    preflight.prediction.as_ref()
}

fn one(taken: &Taken, is_redacted: bool, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let checked = &taken.written.checked;
    let of = match &taken.worker {
        Some(worker) => format!(" of worker {}", worker.id),
        None => String::new(),
    };
    let file = taken.written.path.as_ref().map(|path| path.display().to_string());
    let Some(file) = file else {
        let why = taken.broken.as_ref().map(ToString::to_string).unwrap_or_default();
        return writeln!(out, "nothing was captured{of}: {}", clean(&why));
    };
    let counts = format!(
        "{}, {} nodes, {} edges",
        size(checked.bytes),
        grouped(checked.nodes),
        grouped(checked.edges)
    );
    let (word, role) =
        if taken.is_whole() { ("captured", Role::Strong) } else { ("PARTIAL", Role::Warning) };
    let redacted = if is_redacted { " (redacted)" } else { "" };
    writeln!(
        out,
        "{} {}{of}{redacted}: {counts}",
        look.paint(role, word),
        look.paint(Role::Source, &clean(&file))
    )
}

fn who(captured: &Captured) -> String {
    let runtime = captured.identity.as_ref().map(Identity::runtime);
    let runtime = runtime.unwrap_or_else(|| {
        captured.process.as_ref().map_or("a process", |process| process.runtime.name()).to_owned()
    });
    match &captured.process {
        Some(process) => format!("process {}, {runtime}: {}", process.pid, process.command),
        None => runtime,
    }
}

fn figures(
    taken: &Taken,
    prediction: Option<&Prediction>,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let seen = |seen: PauseSeen| {
        format!("{} to {}, as seen from outside", seconds(seen.least), seconds(seen.most))
    };
    if let Some(pause) = taken.pause.map(seconds).or_else(|| taken.pause_seen.map(seen)) {
        let predicted = prediction.map_or_else(String::new, |prediction| {
            let range = prediction.pause;
            format!(" (predicted {} to {})", seconds(range.usual), seconds(range.most))
        });
        let text = format!("the event loop stood still for {pause}{predicted}");
        line(out, look, Role::Plain, "pause", &text)?;
    }
    if let Some(before) = taken.resident_before {
        let predicted = prediction.map_or_else(String::new, |prediction| {
            let range = prediction.memory;
            format!(" (predicted {} to {} more)", size(range.usual), size(range.most))
        });
        let peak = taken.peak().map_or_else(
            || "no more than ever before".to_owned(),
            |peak| format!("at most {}", size(peak)),
        );
        let after = taken
            .resident_after
            .map_or_else(String::new, |after| format!(", {} after", size(after)));
        let text = format!("{} before, {peak} meanwhile{after}{predicted}", size(before));
        line(out, look, Role::Plain, "memory", &text)?;
    }
    let rate = taken.throughput().map_or_else(String::new, |rate| format!(", {}/s", size(rate)));
    let disk = if taken.written.bytes_on_disk == taken.written.checked.bytes {
        String::new()
    } else {
        format!(", {} on disk", size(taken.written.bytes_on_disk))
    };
    let text =
        format!("{} in {}{rate}{disk}", size(taken.written.checked.bytes), seconds(taken.duration));
    line(out, look, Role::Plain, "bytes", &text)?;
    if !taken.written.stalled.is_zero() {
        let text = format!(
            "the disk was too slow for {}, while the process kept what was not read",
            seconds(taken.written.stalled)
        );
        line(out, look, Role::Warning, "stalled", &text)?;
    }
    Ok(())
}

/// What a dry run found.
pub(super) fn looked(captured: &Captured, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let preflight = &captured.preflight;
    let (word, role) = verdict(preflight.outcome());
    writeln!(out, "{}: {}", look.paint(role, word), clean(&who(captured)))?;
    writeln!(out)?;
    checks(preflight, look, out)?;
    for checked in &captured.workers {
        let (verdict, role) = verdict(checked.preflight.outcome());
        writeln!(out, "\n{}: {}\n", look.paint(role, verdict), clean(&checked.worker.to_string()))?;
        checks(&checked.preflight, look, out)?;
    }
    for missing in &captured.missing {
        let text = match &missing.worker {
            Some(worker) => format!("{worker}: {}", missing.error),
            None => format!("the worker threads cannot be listed: {}", missing.error),
        };
        writeln!(out, "\n{}", look.paint(Role::Warning, &clean(&text)))?;
    }
    Ok(())
}

fn checks(preflight: &Preflight, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for check in &preflight.checks {
        let role = match check.outcome {
            Outcome::Fine => Role::Plain,
            Outcome::Unknown => Role::Faint,
            _ => Role::Warning,
        };
        let text = format!("{}: {}", check.topic.name(), check.found);
        line(out, look, role, &outcome_name(check.outcome).replace('_', " "), &text)?;
        if let Some(advice) = &check.advice {
            line(out, look, Role::Faint, "", advice)?;
        }
    }
    Ok(())
}

fn verdict(outcome: Outcome) -> (&'static str, Role) {
    match outcome {
        Outcome::Fine => ("safe", Role::Strong),
        Outcome::Unknown => ("safe as far as can be known", Role::Strong),
        Outcome::Caution => ("may go wrong", Role::Warning),
        Outcome::Unsafe => ("not safe", Role::Warning),
    }
}

fn line(out: &mut dyn Write, look: &Look, role: Role, word: &str, text: &str) -> io::Result<()> {
    let word = format!("{word:<9}");
    writeln!(out, "  {} {}", look.paint(role, &word), clean(text))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use heapglass_collect::capture::WorkerName;
    use heapglass_collect::sink::Written;
    use heapglass_collect::{Method, preflight::model::Range};
    use heapglass_format::check::Checked;
    use heapglass_report::text::SizeStyle;

    use super::*;

    fn taken(worker: Option<&WorkerName>, pause: u64) -> Taken {
        let (nodes, edges, strings) = (1, 1, 1);
        let checked = Checked { bytes: 1000, nodes, edges, strings, findings: Vec::new() };
        Taken {
            worker: worker.cloned(),
            written: Written {
                path: Some(format!("{pause}.heapsnapshot").into()),
                checked,
                bytes_on_disk: 1000,
                stopped: None,
                deepest: 0,
                stalled: Duration::ZERO,
                hurried: false,
                noted: None,
            },
            broken: None,
            pause: Some(Duration::from_secs(pause)),
            pause_seen: None,
            duration: Duration::from_secs(pause),
            transfer: Duration::ZERO,
            resident_before: None,
            resident_after: None,
            peak_before: None,
            peak_after: None,
        }
    }

    fn preflight(pause: u64) -> Preflight {
        let range = |value: u64| Range { usual: value, most: value };
        let pause = Duration::from_secs(pause);
        let prediction = Prediction {
            heap: 1,
            from_v8: true,
            nodes: range(1),
            memory: range(1),
            memory_with_lists: 1,
            file: range(1),
            pause: Range { usual: pause, most: pause },
            cpu: None,
        };
        Preflight { checks: Vec::new(), prediction: Some(prediction) }
    }

    fn shown(snapshots: Vec<Taken>, workers: Vec<WorkerChecked>) -> String {
        let all = Captured {
            method: Method::Inspector,
            process: None,
            identity: None,
            preflight: preflight(20),
            workers,
            snapshots,
            missing: Vec::new(),
            left_behind: Vec::new(),
            killed: 0,
        };
        let look = Look { width: 80, colour: false, sizes: SizeStyle::Human };
        let mut out = Vec::new();
        captured(&all, false, &look, &mut out).expect("written");
        String::from_utf8(out).expect("a text")
    }

    #[test]
    fn each_snapshot_has_its_figures_beside_what_was_predicted_of_its_thread() {
        let worker = WorkerName { id: "1".to_owned(), url: "file:///w.js".to_owned() };
        let workers = vec![WorkerChecked { worker: worker.clone(), preflight: preflight(40) }];
        let text = shown(vec![taken(None, 10), taken(Some(&worker), 30)], workers);
        let parts: Vec<&str> = text.split("\n\n").collect();
        let [_, main, of_worker] = parts[..] else { panic!("{text}") };
        let figures = |name: &str, pause: &str, predicted: &str| {
            format!(
                "  {name}\n  pause     the event loop stood still for {pause} (predicted {predicted} to {predicted})\n  \
                 bytes     1.0 kB in {pause}"
            )
        };
        assert_eq!(main, figures("main thread", "10 s", "20 s"));
        assert_eq!(of_worker.trim_end(), figures("worker 1 (file:///w.js)", "30 s", "40 s"));
        // One alone needs no name.
        let text = shown(vec![taken(None, 10)], Vec::new());
        assert!(text.contains("\n\n  pause ") && !text.contains("main thread"), "{text}");
    }
}
