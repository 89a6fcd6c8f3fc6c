//! One process: its snapshot, by commands in its container or by an ephemeral container beside it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use heapglass_collect::capture::{self, Captured, Failed, Method, Options, Stop, Target};
use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::facts::cgroup::OomKills;
use heapglass_collect::place::{Place, PlaceError};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

use super::container::{append, node_processes, note_missing};
use super::dump_log::Log;
use super::{Event, Run, ending, outcome};
use crate::discover::Workload;
use crate::fate::Fate;
use crate::pod::{Pod, PodOptions, Via};
use crate::script::OUT_OF_REACH;
use crate::wire;

/// How often the pod is looked at meanwhile.
const LOOK: Duration = Duration::from_secs(2);
/// How long a capture may go on after its pod has gone, before it is told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// A process to take a snapshot of.
pub(crate) struct Taking<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) workload: &'a Workload,
    pub(crate) pod: &'a core::Pod,
    pub(crate) container: &'a core::Container,
    pub(crate) place: &'a Pod,
    /// The same, reached by an ephemeral container, once that has been tried.
    pub(crate) beside: &'a OnceLock<Pod>,
    /// Whether commands in the container may not see which program the process runs, as those of another user may not.
    pub(crate) is_hidden: bool,
    /// Whether it is the only Node.js process of the container.
    pub(crate) is_alone: bool,
    /// How often the kernel had killed for memory in the container when that was looked into, where it tells.
    pub(crate) kills: Option<&'a OomKills>,
    /// What the container is called in messages.
    pub(crate) name: &'a str,
    pub(crate) facts: &'a ProcessFacts,
    /// Its command line, masked.
    pub(crate) command: &'a str,
    /// Its place among the container's processes.
    pub(crate) number: usize,
    pub(crate) directory: &'a Path,
}

/// Takes it.
pub(crate) async fn take(taking: &Taking<'_>) -> wire::Process {
    let Taking { run, place, facts, directory, name, .. } = *taking;
    let mut entry = wire::Process {
        pid: facts.pid,
        command: taking.command.to_owned(),
        ..wire::Process::default()
    };
    let now = Timestamp::now();
    let stem = match taking.number {
        0 => format!("heapdump-{}", stamp(now)),
        _ => format!("heapdump-{}-pid{}", stamp(now), facts.pid),
    };
    let ending = if run.options.compress { ".heapsnapshot.zst" } else { ".heapsnapshot" };
    let out = free_name(directory, &stem, ending);
    if let Err(error) = super::files::make_directory(directory) {
        entry.problem = Some(format!("cannot make {}: {error}", directory.display()));
        return entry;
    }
    let log = Log::new(taking);
    log.header(taking);
    let options = options(taking, out);
    let target = Target::Process(facts.pid);
    let memory = run.memory().await;
    let (handle, stop) = Stop::pair();
    let captured = capture::capture(place, &target, &options, &log, &stop);
    let (result, mut fate) = match beside(captured, watch(taking, &handle)).await {
        (Err(first), None) if may_help(taking, &first.error) => {
            again(taking, &log, &options, (&*handle, &stop), *first, &mut entry.attempts).await
        }
        ended => ended,
    };
    drop(memory);
    if fate.is_none() && !matches!(&result, Ok(captured) if captured.is_whole()) {
        fate = ending::fate(taking, &result).await;
    }
    run.listener.on(Event::Bytes { place: name.to_owned(), bytes: 0 });
    let fate = fate.as_ref();
    let status = fate.map(Fate::to_string);
    let status =
        status.unwrap_or_else(|| "nothing has become of it, as far as can be seen".to_owned());
    log.line(&format!("Status of the pod afterwards: {status}"));
    match result {
        Ok(captured) => outcome::of_captured(taking, &log, &mut entry, &captured, fate, now),
        Err(failed) => {
            let killed = killed(taking, &failed.error).await;
            outcome::of_failed(taking, &log, &mut entry, &failed, fate, killed);
        }
    }
    let text = log.text();
    append(run, &directory.join("heap-dump.log"), &text);
    entry
}

/// How many processes the kernel has killed for memory in the container since that was looked into, where one of them is
/// there no more.
async fn killed(taking: &Taking<'_>, error: &capture::Error) -> u64 {
    let Some(kills) = taking.kills.filter(|_| outcome::is_missing(error)) else { return 0 };
    // From an ephemeral container the file is seen only through a process that is there.
    let there = taking.place.processes().await.unwrap_or_default();
    let there = node_processes(&there).first().map_or(taking.facts.pid, |(raw, _)| raw.pid);
    let now = taking.place.group_file(there, &kills.file).await;
    now.map_or(0, |now| kills.since(&now))
}

/// Whether an ephemeral container may do what commands in the container could not: it runs as the process's own user, and
/// has all the usual programs. Ports are reached in the same way from both.
fn may_help(taking: &Taking<'_>, error: &capture::Error) -> bool {
    let options = &taking.run.options;
    let is_allowed = options.method == Method::Auto && options.pod.via == Via::Auto;
    if !is_allowed || taking.run.stopped() || taking.place.ephemeral_container().is_some() {
        return false;
    }
    // It was tried for another process of this container, and could not be added.
    if taking.beside.get().is_some_and(|place| place.ephemeral_container().is_none()) {
        return false;
    }
    is_curable(error, taking.is_hidden)
}

/// Of a process that is hidden neither its options are known nor which ports are its own.
fn is_curable(error: &capture::Error, is_hidden: bool) -> bool {
    use capture::Error as E;
    match error {
        // The network of an ephemeral container is that of the others.
        E::Place(PlaceError::Impossible { why, .. }) => !why.contains(OUT_OF_REACH),
        E::Shut { .. } | E::NoSignal(_) => is_hidden,
        _ => false,
    }
}

/// Tries it by an ephemeral container. If that cannot be added, the first error is what counts.
async fn again(
    taking: &Taking<'_>,
    log: &Log<'_>,
    options: &Options,
    (handle, stop): (&tokio::sync::watch::Sender<bool>, &Stop),
    first: Failed,
    attempts: &mut Vec<String>,
) -> (Result<Captured, Box<Failed>>, Option<Fate>) {
    let Taking { run, pod, container, name, .. } = *taking;
    let commands = format!("by commands in the container: {}", first.error);
    log.line(&format!("Failed {commands}; an ephemeral container is tried"));
    run.say(name, format!("{}; an ephemeral container is tried", first.error));
    let place = taking.beside.get_or_init(|| {
        let options = PodOptions { via: Via::Ephemeral, ..run.options.pod.clone() };
        Pod::new(run.cluster, pod, &container.name, options).until(run.stop.clone())
    });
    let already = place.tried().len();
    let target = Target::Process(taking.facts.pid);
    let captured = capture::capture(place, &target, options, log, stop);
    let (mut result, fate) = beside(captured, watch(taking, handle)).await;
    for line in place.tried().iter().skip(already) {
        log.line(&format!("Way in: {line}"));
    }
    let left_behind = match &mut result {
        Ok(captured) => &mut captured.left_behind,
        Err(second) => &mut second.left_behind,
    };
    left_behind.extend(first.left_behind.iter().cloned());
    match result {
        Err(second) if place.ephemeral_container().is_none() => {
            if let capture::Error::Place(error) = &second.error {
                note_missing(run, pod, error);
            }
            attempts.push(format!("by an ephemeral container: {}", second.error));
            (Err(Box::new(Failed { left_behind: second.left_behind, ..first })), fate)
        }
        result => {
            attempts.push(commands);
            (result, fate)
        }
    }
}

/// Runs a capture with somebody who watches the pod beside it, and gives back what both know in the end.
async fn beside<T>(
    capture: impl Future<Output = T>,
    watch: impl Future<Output = Option<Fate>>,
) -> (T, Option<Fate>) {
    let mut capture = std::pin::pin!(capture);
    let mut watch = std::pin::pin!(watch);
    let mut fate = None;
    tokio::select! {
        result = &mut capture => return (result, fate),
        what = &mut watch => fate = what,
    }
    (capture.await, fate)
}

/// Looks after the pod, and passes the user's wish to stop on. Ends when the pod is gone for good.
async fn watch(taking: &Taking<'_>, stop: &tokio::sync::watch::Sender<bool>) -> Option<Fate> {
    let mut asked = taking.run.stop.clone();
    let mut gone: Option<(Instant, Fate)> = None;
    let mut said = None;
    loop {
        tokio::select! {
            () = asked.asked() => {
                let _ = stop.send(true);
                return gone.map(|(_, fate)| fate);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        match &gone {
            Some((since, fate)) if since.elapsed() > GRACE => {
                let _ = stop.send(true);
                return Some(fate.clone());
            }
            Some(_) => {}
            None => {
                if let Some(fate) = taking.place.fate().await {
                    if said.as_ref() != Some(&fate) {
                        taking.run.complain(taking.name, fate.to_string());
                        said = Some(fate.clone());
                    }
                    // A pod that is being deleted still has its grace period.
                    if fate.is_over() {
                        gone = Some((Instant::now(), fate));
                    }
                }
            }
        }
    }
}

fn options(taking: &Taking<'_>, out: PathBuf) -> Options {
    let run = taking.run;
    Options {
        method: run.options.method,
        workers: run.options.workers,
        force: run.options.force.clone(),
        dry_run: run.options.dry_run,
        timeout: run.options.timeout,
        remote_dirs: vec![run.options.remote_dir.clone(), "/tmp".to_owned()],
        queue: run.queue(),
        booked: run.booked.clone(),
        redaction: run.options.redaction.clone(),
        ..Options::new(out)
    }
}

/// A point in time as file names have it.
pub(crate) fn stamp(time: Timestamp) -> String {
    let local = time.to_zoned(jiff::tz::TimeZone::system());
    local.strftime("%Y%m%d-%H%M%S").to_string()
}

/// A name that is not taken, also not by a partial or compressed file.
pub(crate) fn free_name(directory: &Path, stem: &str, ending: &str) -> PathBuf {
    let taken = |stem: &str| {
        let names = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let start = format!("{stem}.");
        names.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(&start))
    };
    let numbered = (1..1000).map(|n| if n == 1 { stem.to_owned() } else { format!("{stem}-{n}") });
    let free = numbered.into_iter().find(|stem| !taken(stem)).unwrap_or_else(|| stem.to_owned());
    directory.join(format!("{free}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_user_or_another_program_would_cure_is_tried_once_more() {
        use capture::Error as E;
        let (what, why) = (String::new, String::new);
        let shut = || E::Shut { pid: 1, why: why(), advice: "" };
        for (error, is_hidden, expected) in [
            // No permission to send the signal, no program that lists files.
            (E::Place(PlaceError::Impossible { what: what(), why: why() }), false, true),
            (
                E::Place(PlaceError::Impossible { what: what(), why: OUT_OF_REACH.to_owned() }),
                false,
                false,
            ),
            (shut(), true, true),
            (shut(), false, false),
            (E::NoSignal(why()), true, true),
            (E::NoSignal(why()), false, false),
            (E::Refused(why()), true, false),
            (E::Blocked { what: what(), seconds: 1 }, true, false),
            // The same right is needed in both ways.
            (E::Place(PlaceError::Forbidden { what: what(), why: why() }), true, false),
            (E::Place(PlaceError::Gone { what: what(), why: why() }), true, false),
        ] {
            assert_eq!(is_curable(&error, is_hidden), expected, "{error:?} {is_hidden}");
        }
    }
}
