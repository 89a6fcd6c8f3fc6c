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
    if let Some(status) = status
        && status.phase.as_deref() == Some("Failed")
    {
        let reason = status.reason.as_deref().unwrap_or("failed");
        let message = status.message.as_deref().unwrap_or_default();
        return Some(format!("pod {name}: {reason}: {message}"));
    }
    let now = container_status(pod, container);
    let changed = now.is_some_and(|status| id.is_some() && status.container_id.as_deref() != id);
    let stopped = now.and_then(|status| status.state.as_ref()?.terminated.as_ref());
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
