//! What has become of a pod and its container since they were found.

use std::fmt;

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

use crate::status::{container_status, deleted};

/// What has become of a pod and its container; reads as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// There is no pod of this name any more.
    Deleted { pod: String },
    /// Another pod has its name.
    Replaced { pod: String },
    /// It was deleted or evicted, and its container has ended with it: that one will not be restarted.
    EndedWithPod { pod: String, container: String, since: Timestamp, end: End },
    /// The kubelet has given the pod up.
    Failed { pod: String, reason: String, message: String },
    /// The container has ended, whether another one runs in its place or not.
    Ended {
        pod: String,
        container: String,
        /// `None` where nothing tells of the end of this one.
        end: Option<End>,
        is_restarted: bool,
        restarts_before: i32,
        restarts_now: i32,
    },
    /// It is to go, and has its grace period still.
    BeingDeleted { pod: String, since: Timestamp },
}

/// How a container has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: String,
    pub(crate) exit_code: i32,
}

/// A container as it was when it was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    id: Option<String>,
    restarts: i32,
}

impl Fate {
    /// What the API server's description of a pod says; `None` if all is as it was.
    pub(crate) fn of(pod: &core::Pod, uid: &str, container: &str, before: &Before) -> Option<Fate> {
        let name = pod.metadata.name.clone().unwrap_or_default();
        if pod.metadata.uid.as_deref().is_some_and(|now| now != uid) {
            return Some(Fate::Replaced { pod: name });
        }
        let status = pod.status.as_ref();
        let now = container_status(pod, container);
        let stopped = now.and_then(|status| status.state.as_ref()?.terminated.as_ref());
        let last = now.and_then(|status| status.last_state.as_ref()?.terminated.as_ref());
        // An evicted pod's container ends as one does that is restarted; this one will not be.
        if let Some(since) = deleted(&pod.metadata) {
            let state = now.and_then(|now| now.state.as_ref());
            let runs = state.is_some_and(|state| state.running.is_some());
            return Some(match stopped.or(last.filter(|last| !runs || before.has(last))) {
                Some(ended) => {
                    let (container, end) = (container.to_owned(), End::of(ended));
                    Fate::EndedWithPod { pod: name, container, since, end }
                }
                None => Fate::BeingDeleted { pod: name, since },
            });
        }
        if let Some(status) = status
            && status.phase.as_deref() == Some("Failed")
        {
            let reason = status.reason.clone().unwrap_or_else(|| "failed".to_owned());
            let message = status.message.clone().unwrap_or_default();
            return Some(Fate::Failed { pod: name, reason, message });
        }
        let now = now?;
        let is_restarted = before.is_replaced_by(now);
        // One that waits to be restarted has ended, and keeps its id until another one runs.
        let is_over = is_restarted || before.is_lost(now);
        let end = stopped.or(last.filter(|last| is_over || before.has(last)));
        (is_restarted || end.is_some()).then(|| Fate::Ended {
            pod: name,
            container: container.to_owned(),
            end: end.map(End::of),
            is_restarted,
            restarts_before: before.restarts,
            restarts_now: now.restart_count,
        })
    }

    /// Whether the container is no more; one whose pod has its grace period may still answer.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self, Fate::BeingDeleted { .. })
    }

    /// Whether the container alone has ended, and its pod is there still.
    pub(crate) fn is_of_container(&self) -> bool {
        matches!(self, Fate::Ended { .. })
    }

    /// Whether the pod was taken away, so that another one may have its place.
    pub(crate) fn is_removal(&self) -> bool {
        match self {
            Fate::Deleted { .. }
            | Fate::Replaced { .. }
            | Fate::EndedWithPod { .. }
            | Fate::BeingDeleted { .. } => true,
            Fate::Failed { reason, .. } => reason == "Evicted",
            Fate::Ended { .. } => false,
        }
    }

    /// Whether the kernel has ended it for the memory it took.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        let reason = match self {
            Fate::EndedWithPod { end, .. } | Fate::Ended { end: Some(end), .. } => &end.reason,
            Fate::Failed { reason, .. } => reason,
            _ => return false,
        };
        reason == "OOMKilled"
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Deleted { pod } => write!(out, "pod {pod} was deleted"),
            Fate::Replaced { pod } => {
                write!(out, "pod {pod} was deleted, and another one has its name")
            }
            Fate::EndedWithPod { pod, container, since, end } => write!(
                out,
                "pod {pod} was deleted or evicted at {since}, and its container {container} has ended: {end}"
            ),
            Fate::Failed { pod, reason, message } => write!(out, "pod {pod}: {reason}: {message}"),
            Fate::Ended { pod, container, end, is_restarted, restarts_before, restarts_now } => {
                write!(out, "container {container} of pod {pod} ended meanwhile")?;
                if *is_restarted {
                    write!(out, " and was restarted")?;
                }
                if let Some(end) = end {
                    write!(out, ": {end}")?;
                }
                write!(out, " (restarts: {restarts_before} before, {restarts_now} now)")
            }
            Fate::BeingDeleted { pod, since } => {
                write!(out, "pod {pod} is being deleted since {since}")
            }
        }
    }
}

impl End {
    fn of(state: &core::ContainerStateTerminated) -> End {
        let reason = state.reason.clone().unwrap_or_else(|| "ended".to_owned());
        End { reason, exit_code: state.exit_code }
    }
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, exit code {}", self.reason, self.exit_code)
    }
}

impl Before {
    /// What its status said.
    pub(crate) fn of(status: Option<&core::ContainerStatus>) -> Before {
        let id = status.and_then(|status| status.container_id.clone());
        Before { id, restarts: status.map_or(0, |status| status.restart_count) }
    }

    /// Whether an end that is told is that of this one.
    fn has(&self, ended: &core::ContainerStateTerminated) -> bool {
        self.id.is_some() && ended.container_id == self.id
    }

    fn is_replaced_by(&self, now: &core::ContainerStatus) -> bool {
        let other = self.id.is_some() && now.container_id != self.id && !self.is_lost(now);
        now.restart_count > self.restarts || other
    }

    /// Whether the kubelet has lost sight of it, which then has no id any more.
    fn is_lost(&self, now: &core::ContainerStatus) -> bool {
        self.id.is_some() && now.container_id.as_deref().is_none_or(str::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_that_ends_with_its_pod_was_not_restarted() {
        let pod = |deleted: bool, phase: &str| -> core::Pod {
            let since = deleted.then_some("2026-01-01T00:00:00Z");
            serde_json::from_value(json!({
                "metadata": {"name": "web", "uid": "u1", "deletionTimestamp": since},
                "status": {"phase": phase, "containerStatuses": [{
                    "name": "app", "containerID": "c1", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                    "state": {"terminated": {"reason": "Error", "exitCode": 137}},
                }]},
            }))
            .unwrap()
        };
        let before = Before { id: Some("c1".to_owned()), restarts: 0 };
        let said = |pod: &core::Pod| Fate::of(pod, "u1", "app", &before).unwrap().to_string();
        for phase in ["Running", "Failed"] {
            let text = said(&pod(true, phase));
            assert!(text.contains("deleted or evicted") && text.contains("137"), "{text}");
            // With grace the process may still be there; this one is not.
            assert!(!text.contains("restarted") && !text.contains("is being deleted"), "{text}");
        }
        // With the whole pod on its way out the kubelet may have lost sight of it, and has no id of it any more.
        let mut lost = pod(true, "Running");
        let status = &mut lost.status.as_mut().unwrap().container_statuses.as_mut().unwrap()[0];
        let ended = status.state.take();
        status.container_id = Some(String::new());
        status.last_state = ended;
        let text = said(&lost);
        assert!(text.contains("deleted or evicted") && !text.contains("restarted"), "{text}");
        lost.metadata.deletion_timestamp = None;
        assert!(said(&lost).starts_with("container app of pod web ended meanwhile: Error"));
        assert_eq!(
            said(&pod(false, "Running")),
            "container app of pod web ended meanwhile: Error, exit code 137 (restarts: 0 before, 0 now)"
        );
    }

    #[test]
    fn of_a_container_that_ended_it_is_said_why_and_how_often() {
        let pod = |id: &str, restarts: i32, state: serde_json::Value, last: serde_json::Value| {
            let pod: core::Pod = serde_json::from_value(json!({
                "metadata": {"name": "web", "uid": "u1"},
                "status": {"phase": "Running", "containerStatuses": [{
                    "name": "app", "containerID": id, "image": "", "imageID": "", "ready": false,
                    "restartCount": restarts, "state": state, "lastState": last,
                }]},
            }))
            .unwrap();
            pod
        };
        let running = || json!({"running": {}});
        let killed = |id: &str| json!({"terminated": {"reason": "OOMKilled", "exitCode": 137, "containerID": id}});
        let before = Before::of(container_status(&pod("c3", 2, running(), killed("c2")), "app"));
        let waits = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        let why = "OOMKilled, exit code 137";
        for (pod, expected) in [
            // It runs as before; what ended was an older one.
            (pod("c3", 2, running(), killed("c2")), None),
            (pod("c4", 3, running(), killed("c3")), Some((" and was restarted", why, 3))),
            (pod("c5", 4, running(), killed("c4")), Some((" and was restarted", why, 4))),
            (pod("c3", 2, killed("c3"), json!({})), Some(("", why, 2))),
            // It waits to be restarted, and its id is still the one that was known.
            (pod("c3", 2, waits.clone(), killed("c3")), Some(("", why, 2))),
            (pod("c4", 3, running(), json!({})), Some((" and was restarted", "", 3))),
        ] {
            let expected = expected.map(|(restarted, why, now)| {
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                format!(
                    "container app of pod web ended meanwhile{restarted}{why} (restarts: 2 before, {now} now)"
                )
            });
            let said = Fate::of(&pod, "u1", "app", &before).map(|fate| fate.to_string());
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn what_is_told_of_a_fate_does_not_depend_on_names() {
        let pod = || "was-deleted-OOMKilled".to_owned();
        let failed = |reason: &str| Fate::Failed {
            pod: pod(),
            reason: reason.to_owned(),
            message: String::new(),
        };
        let ended = |reason: &str| Fate::Ended {
            pod: pod(),
            container: pod(),
            end: Some(End { reason: reason.to_owned(), exit_code: 137 }),
            is_restarted: true,
            restarts_before: 0,
            restarts_now: 1,
        };
        let going = Fate::BeingDeleted { pod: pod(), since: Timestamp::UNIX_EPOCH };
        for (fate, is_over, is_removal, is_out_of_memory) in [
            (Fate::Deleted { pod: pod() }, true, true, false),
            (Fate::Replaced { pod: pod() }, true, true, false),
            (failed("Evicted"), true, true, false),
            (failed("DeadlineExceeded"), true, false, false),
            (ended("Error"), true, false, false),
            (ended("OOMKilled"), true, false, true),
            (going, false, true, false),
        ] {
            let found = (fate.is_over(), fate.is_removal(), fate.is_out_of_memory());
            assert_eq!(found, (is_over, is_removal, is_out_of_memory), "{fate}");
        }
    }
}
