//! `collection-failed.txt`: what was tried, what each step answered, and how to fix this very case.

use std::fmt::Write;

use heapglass_collect::capture::{Broken, Error, Taken};
use heapglass_collect::place::PlaceError;
use heapglass_collect::preflight::{Outcome, Preflight, RAISE_ITS_LIMIT, Topic};
use heapglass_collect::words::seconds;

use super::take::Taking;
use super::words::verdict_in_words;
use crate::discover::Origin;
use crate::fate::Fate;

/// What ended a container while it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Memory,
    /// Its liveness probe, as far as can be seen.
    Probe,
    /// Nothing that a snapshot does.
    Itself,
}

impl Cause {
    /// By what has become of the container; `None` if it runs on, or goes with its pod.
    fn of(fate: &Fate, has_probe: bool) -> Option<Cause> {
        if fate.is_out_of_memory() {
            return Some(Cause::Memory);
        }
        fate.is_of_container().then_some(if has_probe { Cause::Probe } else { Cause::Itself })
    }
}

/// What is said of a process whose event loop does not come round.
const BUSY: &str = "The event loop is busy with one thing, or the process waits for a debugger (--inspect-brk). Wait until \
                    it is less busy; if it never is, that is a finding of its own: `kubectl exec` cannot help, a CPU \
                    profile from the start can (NODE_OPTIONS=--cpu-prof).";
const INTERRUPTED: &str = "It was interrupted: run it again.";

/// All that is known of one failure.
pub(super) struct Failure<'a> {
    pub(super) why: &'a str,
    /// What was checked, if it came to that.
    pub(super) preflight: Option<&'a Preflight>,
    /// Why nothing was taken.
    pub(super) error: Option<&'a Error>,
    /// What was taken and is not whole.
    pub(super) broken: Option<&'a Taken>,
    /// What has become of the container.
    pub(super) fate: Option<&'a Fate>,
    pub(super) left_behind: &'a [String],
}

/// The whole text.
pub(super) fn failed(taking: &Taking<'_>, failure: &Failure<'_>, log: &str) -> String {
    let Failure { why, preflight, error, left_behind, .. } = *failure;
    let Taking { run, workload, pod, container, facts, .. } = taking;
    let mut text = String::from("Heap Dump Collection Failed\n===========================\n\n");
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "Method used: {}\nPID: {}\nContainer: {}\nPod: {}\nNamespace: {}\nWorkload: {} {}\n\n\
         Why\n---\n{why}\n",
        run.options.method.name(),
        facts.pid,
        container.name,
        pod.metadata.name.as_deref().unwrap_or_default(),
        workload.namespace,
        workload.kind.name(),
        workload.name,
    );
    if let Some(hint) = error.and_then(hint) {
        let _ = writeln!(text, "{hint}");
    }
    if let Some(preflight) = preflight {
        text += "\nWhat was checked\n----------------\n";
        for check in &preflight.checks {
            let verdict = verdict_in_words(check.outcome);
            let _ = writeln!(text, "{:<12} {verdict:<9} {}", check.topic.name(), check.found);
        }
    }
    text += "\nHow to fix it\n-------------\n";
    let advice = advice(taking, failure);
    for (number, advice) in advice.iter().enumerate() {
        let _ = writeln!(text, "{}. {}", number + 1, advice.replace('\n', "\n   "));
    }
    if !left_behind.is_empty() {
        text += "\nLeft behind\n-----------\n";
        left_behind.iter().for_each(|left| text += &format!("{left}\n"));
    }
    let _ = write!(text, "\nDiagnostic Logs\n---------------\n{log}");
    text
}

/// What helps in this case, the best first.
fn advice(taking: &Taking<'_>, failure: &Failure<'_>) -> Vec<String> {
    let Failure { preflight, error, broken, fate, .. } = *failure;
    let mut advice = Vec::new();
    let is_unsafe = |topic: Topic| {
        preflight.is_some_and(|it| it.those(Outcome::Unsafe).any(|check| check.topic == topic))
    };
    let cause = fate.and_then(|fate| Cause::of(fate, taking.container.liveness_probe.is_some()));
    let usual = preflight.and_then(|it| it.prediction.as_ref()).map(|it| it.memory.usual);
    let is_restarted = usual.is_some_and(|usual| taking.facts.is_restarted_for(usual));
    if cause == Some(Cause::Memory) || is_unsafe(Topic::Memory) && !is_restarted {
        memory(taking, preflight, &mut advice);
    } else if is_unsafe(Topic::Memory) {
        // More memory for the container would be of no use.
        advice.push(RAISE_ITS_LIMIT.to_owned());
    }
    if is_unsafe(Topic::Pause) || cause == Some(Cause::Probe) {
        pause(taking, preflight, &mut advice);
    }
    if cause == Some(Cause::Itself) {
        advice.push(why_it_ended(taking));
    }
    if let Some(preflight) = preflight {
        let said = [Topic::Memory, Topic::Pause];
        let others = preflight.those(Outcome::Unsafe).filter(|check| !said.contains(&check.topic));
        advice.extend(others.filter_map(|check| check.advice.clone()));
    }
    if fate.is_some_and(Fate::is_removal) {
        advice.push(
            "The pod went away while it was asked. Run the same command again: it asks the pod that took its \
             place. A leak has to grow there again first."
                .to_owned(),
        );
    }
    if let Some(error) = error {
        of_error(taking, error, fate, &mut advice);
    }
    if let Some(broken) = broken {
        of_broken(broken, fate, &mut advice);
    }
    if advice.is_empty() {
        advice.push(
            "Run it again with LOG_LEVEL=debug. If it fails in the same way, try the other method: \
             --heap-dump-method sigusr2 or inspector."
                .to_owned(),
        );
    }
    advice
}

/// What helps where nothing was taken for this reason.
fn of_error(taking: &Taking<'_>, error: &Error, fate: Option<&Fate>, advice: &mut Vec<String>) {
    match error {
        Error::Shut { .. } | Error::NotOpened { .. } | Error::NoSignal(_) => {
            signal(taking, advice);
        }
        Error::NoProcess(..) if fate.is_none() => advice.push(
            "The process ended before it was its turn, and its container runs on: run the same command again."
                .to_owned(),
        ),
        Error::Blocked { .. } => advice.push(BUSY.to_owned()),
        Error::Place(PlaceError::Forbidden { what, why }) => {
            // The server's words stand above; what is to be added stands at their end.
            let rule = why.rsplit_once("; add to ").map_or(why.as_str(), |(_, rule)| rule);
            advice.push(format!(
                "The right to {what} is missing. Add to {rule}\ndeploy/rbac of heapglass has all that is needed."
            ));
        }
        Error::Place(PlaceError::Impossible { .. }) => advice.push(
            "Let heapglass add an ephemeral container that shares the processes: --via ephemeral \
             --debug-image IMAGE, with the right to patch pods/ephemeralcontainers."
                .to_owned(),
        ),
        Error::Sink(_) => disk(advice),
        Error::Interrupted => advice.push(INTERRUPTED.to_owned()),
        _ => {}
    }
}

/// What helps where what was taken is not whole.
fn of_broken(taken: &Taken, fate: Option<&Fate>, advice: &mut Vec<String>) {
    match &taken.broken {
        Some(Broken::TimedOut(_)) => advice.push(
            "Give it more time: HEAP_DUMP_TIMEOUT=1800. Node.js before 21 needs ten times as long for a heap \
             with much code."
                .to_owned(),
        ),
        Some(Broken::Lost(_)) if fate.is_none() => {
            let part = if taken.written.path.is_some() {
                " The part that arrived can be opened: heapglass says what is missing."
            } else {
                ""
            };
            advice.push(format!(
                "The connection between here and the node broke, not the process as far as can be seen: run the same \
                 command again, nearer to the cluster if need be (as a pod in it, see deploy/).{part}"
            ));
        }
        Some(Broken::Disk(_)) => disk(advice),
        Some(Broken::PutOff(_)) => advice.push(BUSY.to_owned()),
        Some(Broken::Interrupted) => advice.push(INTERRUPTED.to_owned()),
        _ => {}
    }
}

/// What the library says to whoever runs `capture`, where it holds here too.
fn hint(error: &Error) -> Option<String> {
    match error {
        // It is about options that this command does not have; the advice below says what helps.
        Error::NoProcess(..) | Error::Blocked { .. } | Error::Place(_) | Error::Sink(_) => None,
        error => Some(error.hint()?.replace("--method ", "--heap-dump-method ")),
    }
}

/// For a container that ended while it was asked, and not for its memory or a probe.
fn why_it_ended(taking: &Taking<'_>) -> String {
    let Taking { workload, pod, container, .. } = taking;
    format!(
        "The container ended while it was asked; it has no liveness probe, so that no probe has ended it. What it said \
         before it ended tells why:\nkubectl -n {} logs {} -c {} --previous\nThen run the same command again. A leak \
         has to grow there again first.",
        workload.namespace,
        pod.metadata.name.as_deref().unwrap_or_default(),
        container.name
    )
}

fn memory(taking: &Taking<'_>, preflight: Option<&Preflight>, advice: &mut Vec<String>) {
    let Taking { workload, pod, container, facts, .. } = taking;
    let limits = container.resources.as_ref().and_then(|it| it.limits.as_ref());
    let described = limits.and_then(|limits| limits.get("memory"));
    let limit = described.and_then(|limit| crate::quantity::bytes(&limit.0));
    let need = preflight.and_then(|it| it.prediction.as_ref()).map(|it| it.memory_with_lists);
    let used = facts.status.resident.unwrap_or(0);
    // A quarter more, for what else the container has: files in memory, other processes, the kernel's own.
    let enough = need.map(|need| (used + need).saturating_mul(5).div_ceil(4 << 28) << 28);
    let enough = enough.or(limit.map(|limit| limit * 4)).unwrap_or(4 << 30);
    let mebibytes = enough >> 20;
    let (namespace, name) = (&workload.namespace, pod.metadata.name.as_deref().unwrap_or_default());
    advice.push(format!(
        "Give the running container more memory without a restart (Kubernetes 1.33 and newer, and only if the \
         node has room):\n\
         kubectl -n {namespace} patch pod {name} --subresource resize --patch \
         '{{\"spec\":{{\"containers\":[{{\"name\":\"{}\",\"resources\":{{\"limits\":{{\"memory\":\"{mebibytes}Mi\"}}}}}}]}}}}'\n\
         then run this command again.",
        container.name
    ));
    advice.push(format!(
        "Else raise the memory limit to {mebibytes}Mi{}. This restarts the pod and throws the leak away: let it grow \
         again, and collect early, while the heap is small. V8 needs a multiple of the heap while it writes.\n{}",
        described.map(|limit| format!(" (it is {} now)", limit.0)).unwrap_or_default(),
        where_to_change(taking, &format!("resources: {{limits: {{memory: {mebibytes}Mi}}}}")),
    ));
    advice.push(
        "Or accept that the container may be killed for it: --force=memory. What arrived until then is kept.".to_owned(),
    );
}

fn pause(taking: &Taking<'_>, preflight: Option<&Preflight>, advice: &mut Vec<String>) {
    let probe = taking.container.liveness_probe.as_ref();
    let period = probe.and_then(|probe| probe.period_seconds).unwrap_or(10).max(1);
    let most = preflight.and_then(|it| it.prediction.as_ref()).map(|it| it.pause.most);
    let pause = most.unwrap_or(taking.run.options.timeout);
    let failures = pause.as_secs().div_ceil(u64::try_from(period).unwrap_or(10)) + 2;
    advice.push(format!(
        "The event loop stands still for up to {} and answers no liveness probe meanwhile: the kubelet would restart \
         the container. A running pod's probe cannot be changed, and a change of the workload restarts the pod, \
         which throws the leak away. So change it now for the next time, let the leak grow again, then collect:\n{}",
        seconds(pause),
        where_to_change(taking, &format!("livenessProbe: {{failureThreshold: {failures}}}")),
    ));
    advice.push(
        "Or accept that the container is restarted: --force=pause. After the probe has failed the kubelet sends SIGTERM and \
         waits for terminationGracePeriodSeconds, which is often enough for the snapshot to arrive."
            .to_owned(),
    );
}

fn signal(taking: &Taking<'_>, advice: &mut Vec<String>) {
    let variable = "env: [{name: NODE_OPTIONS, value: \"--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp\"}]";
    advice.push(format!(
        "Start Node.js so that it can be asked. This restarts the pod. Either with the inspector allowed (remove \
         --disable-sigusr1 or the permission model), or with the signal:\n{}\nThe directory has to be one that it may \
         write to (an emptyDir, where the root file system is read-only), or Node.js ends itself: with the permission model \
         add --allow-fs-write=/tmp to its options.",
        where_to_change(taking, variable)
    ));
}

fn disk(advice: &mut Vec<String>) {
    advice.push(
        "Make room, or write elsewhere with --base-collection-path, or compress with --compress. In the cluster: a \
         larger volume at /must-gather."
            .to_owned(),
    );
}

/// Where a container's settings are changed so that they stay.
fn where_to_change(taking: &Taking<'_>, setting: &str) -> String {
    let Taking { workload, container, .. } = taking;
    let inner = format!(
        "spec: {{template: {{spec: {{containers: [{{name: {}, {setting}}}]}}}}}}",
        container.name
    );
    match workload.origin {
        Origin::Backstage => format!(
            "In the Backstage resource (a change of the {} itself is undone by the operator):\n\
             kubectl -n {} edit backstage {}\nspec: {{deployment: {{patch: {{{inner}}}}}}}",
            workload.kind.name(),
            workload.namespace,
            workload.instance
        ),
        Origin::HelmRelease => format!(
            "In the values of release {} (a change of the {} itself is undone by the next upgrade), or until then:\n\
             kubectl -n {} edit {} {}\n{inner}",
            workload.instance,
            workload.kind.name(),
            workload.namespace,
            workload.kind.directory(),
            workload.name
        ),
        _ => format!(
            "kubectl -n {} edit {} {}\n{inner}",
            workload.namespace,
            workload.kind.directory(),
            workload.name
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fate::End;

    #[test]
    fn what_ended_a_container_is_not_a_probe_that_it_does_not_have() {
        let end = |reason: &str| End { reason: reason.to_owned(), exit_code: 1 };
        let ended = |reason: &str| Fate::Ended {
            pod: "web".to_owned(),
            container: "app".to_owned(),
            end: Some(end(reason)),
            is_restarted: false,
            restarts_before: 0,
            restarts_now: 0,
        };
        let (ended, killed) = (ended("Error"), ended("OOMKilled"));
        let deleted = Fate::EndedWithPod {
            pod: "web".to_owned(),
            container: "app".to_owned(),
            since: jiff::Timestamp::UNIX_EPOCH,
            end: end("Error"),
        };
        for (fate, has_probe, expected) in [
            (&ended, true, Some(Cause::Probe)),
            (&ended, false, Some(Cause::Itself)),
            (&killed, true, Some(Cause::Memory)),
            (&killed, false, Some(Cause::Memory)),
            (&deleted, true, None),
            (&deleted, false, None),
        ] {
            assert_eq!(Cause::of(fate, has_probe), expected, "{fate} {has_probe}");
        }
    }

    #[test]
    fn hints_name_options_that_this_command_has() {
        let all = [
            Error::NoProcess(1, "a test".to_owned()),
            Error::Blocked { what: "a question".to_owned(), seconds: 1 },
            Error::EndedOnSignal(1),
            Error::NoSignal("it is not caught".to_owned()),
            Error::Refused("not safe".to_owned()),
        ];
        let hints: Vec<String> = all.iter().filter_map(hint).collect();
        assert_eq!(hints.len(), 3, "{hints:?}");
        for hint in &hints {
            for other in ["--patience", "--pid", "--out", " --method", "`heapglass capture"] {
                assert!(!hint.contains(other), "{other}: {hint}");
            }
        }
        assert!(hints.iter().any(|hint| hint.contains("--heap-dump-method ")), "{hints:?}");
    }
}
