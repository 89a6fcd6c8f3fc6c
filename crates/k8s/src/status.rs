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
