//! The checks, one function each.

use std::time::Duration;

use super::model::Prediction;
use super::{Check, Known, Outcome, Shut, Topic, Way, why_harmful};
use crate::facts::Runtime;
use crate::sink::RESERVE;
use crate::words::{seconds, size};

fn check(topic: Topic, outcome: Outcome, found: impl Into<String>) -> Check {
    Check { topic, outcome, found: found.into(), advice: None, is_absolute: false }
}

impl Check {
    fn advise(mut self, advice: impl Into<String>) -> Check {
        self.advice = Some(advice.into());
        self
    }

    /// As it is whatever is forced.
    fn absolute(mut self) -> Check {
        self.is_absolute = true;
        self
    }
}

pub(super) fn identity(known: &Known<'_>) -> Check {
    let topic = Topic::Identity;
    if let Some(identity) = known.identity {
        let pid = identity.pid.map_or_else(String::new, |pid| format!(", process {pid}"));
        let answer = format!("the inspector answers as {}{pid}", identity.runtime());
        return match (identity.pid, known.process) {
            (Some(pid), Some(process)) if pid != process.inner_pid() => {
                check(topic, Outcome::Unsafe, format!("{answer}, not as {}", process.inner_pid()))
                    .advise("another process has this port; give --inspect-port to the right one")
            }
            _ => check(topic, Outcome::Fine, answer),
        };
    }
    let Some(process) = known.process else {
        return check(
            topic,
            Outcome::Unknown,
            "nothing is known of the process before it is asked",
        );
    };
    let found =
        format!("process {} is {}: {}", process.pid, process.runtime.name(), process.command);
    let found = found.trim_end_matches([':', ' ']).to_owned();
    match process.runtime {
        Runtime::Node | Runtime::Deno => check(topic, Outcome::Fine, found),
        Runtime::Perhaps => check(topic, Outcome::Caution, found),
        Runtime::Bun => check(topic, Outcome::Unsafe, found)
            .advise("Bun has no V8; Bun.generateHeapSnapshot('v8') writes what heapglass can read"),
        Runtime::Other => check(topic, Outcome::Unsafe, found)
            .advise("`heapglass capture` without --pid lists the Node.js processes"),
    }
}

pub(super) fn signal(known: &Known<'_>) -> Option<Check> {
    let topic = Topic::Signal;
    let (name, caught) = match known.way {
        Way::Inspector { open: true } => return None,
        Way::Inspector { open: false } => {
            ("SIGUSR1", known.process.and_then(|process| process.status.catches_usr1()))
        }
        Way::Signal => ("SIGUSR2", known.process.and_then(|process| process.status.catches_usr2())),
    };
    let is_node = known.process.is_some_and(|process| process.runtime == Runtime::Node);
    let options = known.process.map(|process| &process.options);
    let taken = options.and_then(|options| options.takes_usr1());
    let closed = known.shut.as_ref().map(|Shut { why, advice }| {
        check(topic, Outcome::Unsafe, format!("the inspector cannot be opened: {why}"))
            .advise(*advice)
            .absolute()
    });
    let around = known.surroundings;
    // Only the inspector needs a thread.
    let tasks = around.and_then(|around| around.free_tasks).filter(|_| known.way != Way::Signal);
    let harm = known.process.and_then(|process| {
        why_harmful(process, around.and_then(|around| around.descriptors), tasks)
    });
    Some(match caught {
        _ if !is_node => check(topic, Outcome::Unsafe, "only Node.js gives the signal its meaning")
            .advise("signals are sent only to what is surely Node.js; start it with --inspect")
            .absolute(),
        Some(true) if harm.is_some() => {
            let why = harm.unwrap_or_default();
            check(topic, Outcome::Unsafe, format!("{name} would do harm: {why}"))
                .advise("take it when the process is better off, or capture another replica")
                .absolute()
        }
        Some(true) if name == "SIGUSR1" && taken.is_some() => {
            let option = taken.unwrap_or_default();
            let found = format!("SIGUSR1 does not open the inspector: it runs with {option}");
            check(topic, Outcome::Unsafe, found)
                .advise("start it with --inspect or --heapsnapshot-signal=SIGUSR2")
                .absolute()
        }
        Some(true)
            if name == "SIGUSR2" && !options.is_some_and(|options| options.writes_on_usr2()) =>
        {
            let found =
                "SIGUSR2 is caught, but not known to write a snapshot: the program may end on it";
            check(topic, Outcome::Unsafe, found)
                .advise("start it with --heapsnapshot-signal=SIGUSR2, or use --method inspector")
        }
        Some(true) if closed.is_some() => return closed,
        Some(true) if name == "SIGUSR1" => check(
            topic,
            Outcome::Fine,
            "the process catches SIGUSR1; a handler of its own for that would run too",
        ),
        Some(true) => check(topic, Outcome::Fine, format!("the process catches {name}")),
        Some(false) if name == "SIGUSR1" => {
            let advice = if options.is_some_and(|options| options.permission) {
                "the permission model keeps its inspector shut; start it with --heapsnapshot-signal=SIGUSR2 \
                 --allow-fs-write=DIR"
            } else {
                "it runs with --disable-sigusr1; start it with --inspect or --heapsnapshot-signal=SIGUSR2"
            };
            check(topic, Outcome::Unsafe, "SIGUSR1 is not caught and would kill the process")
                .advise(advice)
                .absolute()
        }
        Some(false) => {
            check(topic, Outcome::Unsafe, "SIGUSR2 is not caught and would kill the process")
                .advise("start it with --heapsnapshot-signal=SIGUSR2, or use --method inspector")
                .absolute()
        }
        None => check(topic, Outcome::Unsafe, format!("whether {name} is caught is not known"))
            .advise("signals are sent only where /proc/PID/status says that they are caught")
            .absolute(),
    })
}

/// Whether a prediction is all that there will be. Before the inspector is open it is only a bound, and a
/// better one follows; after SIGUSR2 nothing can be asked any more.
fn is_final(known: &Known<'_>, prediction: &Prediction) -> bool {
    prediction.from_v8 || known.way == Way::Signal
}

pub(super) fn memory(known: &Known<'_>, prediction: Option<&Prediction>) -> Check {
    let by_limits = memory_by_limits(known, prediction);
    match memory_by_manager(known, prediction) {
        Some(worse) if worse.outcome > by_limits.outcome => worse,
        _ => by_limits,
    }
}

/// What helps where the process's manager would restart it.
pub const RAISE_ITS_LIMIT: &str = "--force=memory takes the risk: pm2 looks at the memory every 30 s, and the snapshot may have \
    arrived by then; else raise max_memory_restart for its next start, or take it while less is in use";

/// Whether the process's manager will restart it for the memory that V8 needs, most of which stays afterwards; `None` where
/// it will not.
fn memory_by_manager(known: &Known<'_>, prediction: Option<&Prediction>) -> Option<Check> {
    let (process, prediction) = (known.process?, prediction?);
    let (max, resident) = (process.restarts_above?, process.status.resident?);
    let (usual, most) = (prediction.memory.usual, prediction.memory.most);
    if !process.is_restarted_for(most) {
        return None;
    }
    let found = format!(
        "V8 will need {} more ({} at most) than the {} that the process has; its process manager restarts it above {} \
         (max_memory_restart)",
        size(usual),
        size(most),
        size(resident),
        size(max)
    );
    let is_unsafe = process.is_restarted_for(usual) && is_final(known, prediction);
    let outcome = if is_unsafe { Outcome::Unsafe } else { Outcome::Caution };
    Some(check(Topic::Memory, outcome, found).advise(RAISE_ITS_LIMIT))
}

fn memory_by_limits(known: &Known<'_>, prediction: Option<&Prediction>) -> Check {
    let topic = Topic::Memory;
    let Some(prediction) = prediction else {
        return check(topic, Outcome::Unknown, "the size of the heap is not known");
    };
    let (usual, most) = (prediction.memory.usual, prediction.memory.most);
    let with_lists = prediction.memory_with_lists;
    let besides = match known.left {
        0 => String::new(),
        left => format!(", besides the {} that it has from earlier snapshots,", size(left)),
    };
    let need = format!(
        "V8 will need {} more ({} with long lists, {} at most){besides} for a heap of {}{}",
        size(usual),
        size(with_lists),
        size(most),
        size(prediction.heap),
        if prediction.from_v8 { "" } else { " at most" }
    );
    let room = known.surroundings.and_then(crate::facts::Surroundings::room);
    let Some((room, limit)) = room else {
        return check(topic, Outcome::Unknown, format!("{need}; how much there is, is not known"));
    };
    let found = |room: u64, limit: &str| format!("{need}; {limit} leaves {}", size(room));
    let advice = "take it while less is in use, raise the limit, or capture another replica";
    if most <= room {
        return check(topic, Outcome::Fine, found(room, &limit));
    }
    if !is_final(known, prediction) {
        return check(topic, Outcome::Caution, found(room, &limit)).advise(advice);
    }
    if usual > room {
        return check(topic, Outcome::Unsafe, found(room, &limit)).advise(advice);
    }
    // Who goes above a control group's limit is killed at once, and what leaks is a long list more often than not.
    // Resident memory is far more than the heap: of that lists count as a share.
    let kills = known.surroundings.and_then(crate::facts::Surroundings::room_until_killed);
    match kills.filter(|(room, _)| with_lists > *room) {
        Some((room, limit)) => {
            let found = format!("{}, and who goes above it is killed", found(room, &limit));
            check(topic, Outcome::Unsafe, found).advise(
                "the usual need fits, and --force=memory takes the risk: how the heap is made decides, which nobody \
                 can tell before; else raise the limit, or capture a replica with less in use",
            )
        }
        None => check(topic, Outcome::Caution, found(room, &limit)).advise(advice),
    }
}

pub(super) fn pause(known: &Known<'_>, prediction: Option<&Prediction>) -> Check {
    let topic = Topic::Pause;
    let Some(prediction) = prediction else {
        return check(
            topic,
            Outcome::Unknown,
            "how long the event loop will stand still is not known",
        );
    };
    let (usual, most) = (prediction.pause.usual, prediction.pause.most);
    let quota = prediction.cpu.map_or_else(String::new, |cpu| {
        format!(", with the {:.0} % of a processor that its quota leaves", cpu * 100.0)
    });
    let stands = format!(
        "the event loop will stand still for {} ({} at most){quota}",
        seconds(usual),
        seconds(most)
    );
    let judge = |bears: Duration, who: &str, advice: &str| {
        let found = format!("{stands}; {who} bears {}", seconds(bears));
        if most <= bears {
            check(topic, Outcome::Fine, found)
        } else if usual <= bears || !is_final(known, prediction) {
            check(topic, Outcome::Caution, found).advise(advice)
        } else {
            check(topic, Outcome::Unsafe, found).advise(advice)
        }
    };
    let by_probe = known.probe.map(|probe| {
        judge(
            probe.bears(),
            "the liveness probe",
            "a longer failureThreshold takes effect only with a restart, which frees the memory that is to be \
             looked at: set it now for the next time, or capture a replica that may be restarted",
        )
    });
    let by_limit = known.max_pause.map(|max| {
        judge(max, "the limit that was given", "raise --max-pause, or take it at a quieter time")
    });
    // Of two that come out the same the later is taken: the probe kills.
    let worse = by_limit.into_iter().chain(by_probe).max_by_key(|check| check.outcome);
    worse.unwrap_or_else(|| check(topic, Outcome::Fine, stands))
}

pub(super) fn disk(known: &Known<'_>, prediction: Option<&Prediction>) -> Option<Check> {
    let topic = Topic::Disk;
    let (path, free) = known.out.as_ref()?;
    let (Some(free), Some(prediction)) = (free, prediction) else {
        return Some(check(topic, Outcome::Unknown, "how large the file will be is not known"));
    };
    let file = prediction.on_disk(known.compress, false);
    let all = prediction.on_disk(known.compress, known.holds_back);
    let beside = if known.holds_back {
        let (usual, most) = (all.usual - file.usual, all.most - file.most);
        format!(", and {} ({} at most) beside it until it is redacted", size(usual), size(most))
    } else {
        String::new()
    };
    let where_to = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let where_to =
        where_to.map_or_else(|| "here".to_owned(), |dir| format!("in {}", dir.display()));
    let found = format!(
        "the file will have {} ({} at most){beside}; there is room for {} {where_to}",
        size(file.usual),
        size(file.most),
        size(*free)
    );
    let advice = "write elsewhere with --out, or use --compress";
    Some(if all.most <= *free {
        check(topic, Outcome::Fine, found)
    } else if all.usual <= *free || !is_final(known, prediction) {
        check(topic, Outcome::Caution, found).advise(advice)
    } else {
        check(topic, Outcome::Unsafe, found).advise(advice)
    })
}

pub(super) fn remote(known: &Known<'_>, prediction: Option<&Prediction>) -> Option<Check> {
    let topic = Topic::RemoteFile;
    let (directory, writable, free) = known.remote.as_ref()?;
    let is_allowed =
        known.process.is_none_or(|process| process.options.allows_writing(directory, &process.cwd));
    if !is_allowed {
        let found =
            format!("the permission model forbids writing in {directory}: the process would end");
        let advice = format!("start it with --allow-fs-write={directory}");
        return Some(check(topic, Outcome::Unsafe, found).advise(advice).absolute());
    }
    if *writable == Some(false) {
        let found = format!("the process cannot make a file in {directory}, and would end for it");
        let advice = "start it with --diagnostic-dir=/tmp (Node.js 20 and newer) or in a directory of its own";
        return Some(check(topic, Outcome::Unsafe, found).advise(advice));
    }
    if writable.is_none() {
        let found = format!(
            "whether the process may write in {directory} is not known; it would end if it may not"
        );
        return Some(check(topic, Outcome::Unsafe, found).advise("use --method inspector"));
    }
    let most = prediction.map_or(0, |prediction| prediction.file.most);
    if let Some(limit) = known.process.and_then(|process| process.rlimits.file_size)
        && most > limit
    {
        let found = format!(
            "no file of the process may have more than {}, and its snapshot has {} at most: it would end",
            size(limit),
            size(most)
        );
        return Some(check(topic, Outcome::Unsafe, found).advise("use --method inspector"));
    }
    let Some(free) = free else {
        let found = format!("the process writes in {directory}; the free space there is not known");
        return Some(check(topic, Outcome::Unknown, found));
    };
    let mut found = format!("the process writes in {directory}, where {} are free", size(*free));
    let is_final = prediction.is_some_and(|prediction| is_final(known, prediction));
    // Others write there too, and a process whose disk is full while it writes ends.
    Some(if most.saturating_add(RESERVE) <= *free {
        check(topic, Outcome::Fine, found)
    } else if is_final {
        let most = size(most);
        found += &format!("; {most} at most and a reserve of {} are needed", size(RESERVE));
        check(topic, Outcome::Unsafe, found)
            .advise("use --method inspector, which writes nothing there")
    } else {
        check(topic, Outcome::Caution, found)
    })
}
