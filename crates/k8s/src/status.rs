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

/// What has become of a pod and its container since they were known by these ids.
pub(crate) fn fate(
    pod: &core::Pod,
    uid: &str,
    container: &str,
    id: Option<&str>,
) -> Option<String> {
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
    let changed = now.is_some_and(|status| id.is_some() && status.container_id.as_deref() != id);
    let last = now.and_then(|status| status.last_state.as_ref()?.terminated.as_ref());
    if let Some(ended) = stopped.or(last.filter(|_| changed)) {
        let reason = ended.reason.as_deref().unwrap_or("ended");
        return Some(format!(
            "container {container} of pod {name} was restarted: {reason}, exit code {}",
            ended.exit_code
        ));
    }
    if changed {
        return Some(format!("container {container} of pod {name} was restarted"));
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
        let said = |pod: &core::Pod| fate(pod, "u1", "app", Some("c1")).unwrap();
        for phase in ["Running", "Failed"] {
            let text = said(&pod(true, phase));
            assert!(text.contains("deleted or evicted") && text.contains("137"), "{text}");
            // With grace the process may still be there; this one is not.
            assert!(!text.contains("restarted") && !text.contains("is being deleted"), "{text}");
        }
        assert!(said(&pod(false, "Running")).contains("was restarted: Error, exit code 137"));
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
