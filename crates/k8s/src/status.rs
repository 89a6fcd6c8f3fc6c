//! What the API server says of a pod and its containers.

use heapglass_collect::preflight::Probe;
use k8s_openapi::api::core::v1 as core;

/// The status of a container.
pub(crate) fn container_status<'a>(
    pod: &'a core::Pod,
    container: &str,
) -> Option<&'a core::ContainerStatus> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find(|status| status.name == container)
}

/// The ids of a pod's other containers, as the runtime names their control groups. Containers that share
/// one process namespace see each other's processes.
pub(crate) fn other_containers(pod: &core::Pod, container: &str) -> Vec<String> {
    let status = pod.status.as_ref();
    let statuses = status.and_then(|status| status.container_statuses.as_ref());
    let others = statuses.into_iter().flatten().filter(|status| status.name != container);
    let ids = others.filter_map(|status| status.container_id.as_deref());
    let bare = ids.map(|id| id.rsplit_once("://").map_or(id, |(_, bare)| bare));
    bare.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// Whether a process is in the control group (`/proc/PID/cgroup`) of one of these containers.
pub(crate) fn is_elsewhere(cgroup: &str, others: &[String]) -> bool {
    others.iter().any(|id| cgroup.contains(id.as_str()))
}

/// A container as it was when it was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    id: Option<String>,
    restarts: i32,
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
        now.restart_count > self.restarts || self.id.is_some() && now.container_id != self.id
    }
}

/// How [`fate`] says that the container has ended, whether another one runs in its place or not.
pub(crate) const ENDED: &str = "ended meanwhile";

/// What has become of a pod and its container since they were known.
pub(crate) fn fate(pod: &core::Pod, uid: &str, container: &str, before: &Before) -> Option<String> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    if pod.metadata.uid.as_deref().is_some_and(|now| now != uid) {
        return Some(format!("pod {name} was deleted, and another one has its name"));
    }
    let status = pod.status.as_ref();
    let now = container_status(pod, container);
    let stopped = now.and_then(|status| status.state.as_ref()?.terminated.as_ref());
    // An evicted pod's container ends as one does that is restarted; this one will not be.
    if let (Some(since), Some(ended)) = (&pod.metadata.deletion_timestamp, stopped) {
        let reason = ended.reason.as_deref().unwrap_or("ended");
        return Some(format!(
            "pod {name} was deleted or evicted at {}, and its container {container} has ended: {reason}, exit code {}",
            since.0, ended.exit_code
        ));
    }
    if let Some(status) = status
        && status.phase.as_deref() == Some("Failed")
    {
        let reason = status.reason.as_deref().unwrap_or("failed");
        let message = status.message.as_deref().unwrap_or_default();
        return Some(format!("pod {name}: {reason}: {message}"));
    }
    let last = now.and_then(|status| status.last_state.as_ref()?.terminated.as_ref());
    if let Some(now) = now {
        let replaced = before.is_replaced_by(now);
        // One that waits to be restarted has ended, and keeps its id until another one runs.
        let ended = stopped.or(last.filter(|last| replaced || before.has(last)));
        if replaced || ended.is_some() {
            let why = ended.map(|ended| {
                let reason = ended.reason.as_deref().unwrap_or("ended");
                format!(": {reason}, exit code {}", ended.exit_code)
            });
            let restarted = if replaced { " and was restarted" } else { "" };
            return Some(format!(
                "container {container} of pod {name} {ENDED}{restarted}{} (restarts: {} before, {} now)",
                why.unwrap_or_default(),
                before.restarts,
                now.restart_count
            ));
        }
    }
    if let Some(since) = &pod.metadata.deletion_timestamp {
        return Some(format!("pod {name} is being deleted since {}", since.0));
    }
    None
}

/// The liveness probe of a container, with Kubernetes' defaults.
pub(crate) fn liveness(container: &core::Container) -> Option<Probe> {
    let probe = container.liveness_probe.as_ref()?;
    let or = |value: Option<i32>, default: u32| {
        let value = value.and_then(|value| u32::try_from(value).ok());
        value.filter(|&value| value > 0).unwrap_or(default)
    };
    Some(Probe {
        failures: or(probe.failure_threshold, 3),
        period: or(probe.period_seconds, 10),
        timeout: or(probe.timeout_seconds, 1),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[allow(clippy::unwrap_used)]
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
        let said = |pod: &core::Pod| fate(pod, "u1", "app", &before).unwrap();
        for phase in ["Running", "Failed"] {
            let text = said(&pod(true, phase));
            assert!(text.contains("deleted or evicted") && text.contains("137"), "{text}");
            // With grace the process may still be there; this one is not.
            assert!(!text.contains("restarted") && !text.contains("is being deleted"), "{text}");
        }
        assert_eq!(
            said(&pod(false, "Running")),
            "container app of pod web ended meanwhile: Error, exit code 137 (restarts: 0 before, 0 now)"
        );
    }

    #[test]
    #[allow(clippy::unwrap_used)]
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
            assert_eq!(fate(&pod, "u1", "app", &before), expected);
        }
    }

    #[test]
    #[allow(clippy::unwrap_used)]
    fn processes_of_other_containers_are_told_by_their_control_group() {
        let pod: core::Pod = serde_json::from_value(json!({"status": {"containerStatuses": [
            {"name": "app", "containerID": "containerd://aa11", "image": "", "imageID": "", "ready": true, "restartCount": 0},
            {"name": "proxy", "containerID": "containerd://bb22", "image": "", "imageID": "", "ready": true, "restartCount": 0},
            {"name": "new", "image": "", "imageID": "", "ready": false, "restartCount": 0},
        ]}}))
        .unwrap();
        let others = other_containers(&pod, "app");
        assert_eq!(others, ["bb22"]);
        assert!(is_elsewhere("0::/../cri-containerd-bb22.scope", &others));
        assert!(is_elsewhere("12:memory:/kubepods/pod1/bb22\n1:cpu:/", &others));
        assert!(!is_elsewhere("0::/", &others));
        assert!(!is_elsewhere("12:memory:/kubepods/pod1/aa11", &others));
        assert!(!is_elsewhere("", &others));
    }
}
