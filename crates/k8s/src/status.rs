//! What the API server says of a pod and its containers.

use heapglass_collect::preflight::Probe;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// The containers that run as long as their pod does: the usual ones, then those that are started before them and stay.
pub(crate) fn lasting(spec: &core::PodSpec) -> impl Iterator<Item = &core::Container> {
    let first = spec.init_containers.iter().flatten();
    spec.containers.iter().chain(first.filter(|container| stays(container)))
}

/// Whether a container that is started before the others stays beside them.
pub(crate) fn stays(container: &core::Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// The statuses of a pod's containers, also of those that prepare it.
pub(crate) fn statuses(pod: &core::Pod) -> impl Iterator<Item = &core::ContainerStatus> {
    let status = pod.status.as_ref();
    let usual = status.and_then(|status| status.container_statuses.as_ref());
    let first = status.and_then(|status| status.init_container_statuses.as_ref());
    usual.into_iter().chain(first).flatten()
}

/// The status of a container; no two of a pod have one name.
pub(crate) fn container_status<'a>(
    pod: &'a core::Pod,
    container: &str,
) -> Option<&'a core::ContainerStatus> {
    statuses(pod).find(|status| status.name == container)
}

pub(crate) fn phase(pod: &core::Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Unknown")
}

/// What a pod that does not run does instead: its name, its phase, and what holds it up.
pub(crate) fn instead(pod: &core::Pod) -> String {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let mut text = format!("{name}: {}", phase(pod));
    if let Some(since) = deleted(&pod.metadata) {
        text += &format!(", is being deleted since {since}");
    }
    let Some(status) = &pod.status else { return text };
    if let Some(reason) = &status.reason {
        text += &format!(", {}", words(reason, status.message.as_deref()));
    }
    // No node for it.
    let conditions = status.conditions.iter().flatten();
    for it in conditions.filter(|it| it.type_ == "PodScheduled" && it.status == "False") {
        let reason = it.reason.as_deref().unwrap_or("not scheduled");
        text += &format!(", {}", words(reason, it.message.as_deref()));
    }
    let mut prepares = false;
    for container in status.init_container_statuses.iter().flatten() {
        if let Some(why) = not_prepared(container) {
            text += &format!("; init container {}: {why}", container.name);
            prepares = true;
        }
    }
    for container in status.container_statuses.iter().flatten() {
        // It waits for those that are named above.
        if let Some(why) = not_running(container).filter(|_| !(prepares && waits(container))) {
            text += &format!("; container {}: {why}", container.name);
        }
    }
    text
}

/// Why a container does not run; `None` if it does.
pub(crate) fn not_running(status: &core::ContainerStatus) -> Option<String> {
    let state = status.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.as_deref().unwrap_or("waits");
        let last = status.last_state.as_ref().and_then(|last| last.terminated.as_ref());
        let last = last.map(|ended| {
            let reason = ended.reason.as_deref().unwrap_or("ended");
            format!(" (last time: {reason}, exit code {})", ended.exit_code)
        });
        let text = words(reason, waiting.message.as_deref());
        return Some(text + &last.unwrap_or_default());
    }
    let ended = state.terminated.as_ref()?;
    let reason = ended.reason.as_deref().unwrap_or("ended");
    Some(format!("{reason}, exit code {}", ended.exit_code))
}

/// What an init container still does; `None` if the pod does not wait for it, or not yet.
fn not_prepared(status: &core::ContainerStatus) -> Option<String> {
    let state = status.state.as_ref()?;
    if state.running.is_some() {
        // One that stays beside the others is ready.
        return (!status.ready).then(|| "runs, and has not ended yet".to_owned());
    }
    let is_done = state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
    if is_done || waits(status) { None } else { not_running(status) }
}

/// Whether a container waits for others of its pod.
fn waits(status: &core::ContainerStatus) -> bool {
    let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
    waiting.is_some_and(|it| it.reason.as_deref() == Some("PodInitializing"))
}

fn words(reason: &str, message: Option<&str>) -> String {
    match message.map(str::trim).filter(|message| !message.is_empty()) {
        Some(message) => format!("{reason} {message}"),
        None => reason.to_owned(),
    }
}

/// When a pod was told to go. Kubernetes gives the time at which its grace ends.
pub(crate) fn deleted(metadata: &ObjectMeta) -> Option<Timestamp> {
    let end = metadata.deletion_timestamp.as_ref()?.0;
    let grace = SignedDuration::from_secs(metadata.deletion_grace_period_seconds.unwrap_or(0));
    Some(end.checked_sub(grace).unwrap_or(end))
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
    fn what_holds_a_pod_up_is_named() {
        let container = |name: &str, state: serde_json::Value| json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state});
        let waits = || json!({"waiting": {"reason": "PodInitializing"}});
        let check = |status: serde_json::Value, expected: &str| {
            let pod = json!({"metadata": {"name": "web"}, "status": status});
            assert_eq!(instead(&serde_json::from_value(pod).unwrap()), expected);
        };
        check(
            json!({"phase": "Pending", "conditions": [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]}),
            "web: Pending, Unschedulable 0/3 nodes are available",
        );
        check(
            json!({"phase": "Pending",
                "initContainerStatuses": [
                    container("first", json!({"terminated": {"reason": "Completed", "exitCode": 0}})),
                    container("plugins", json!({"running": {}})),
                    container("last", waits())],
                "containerStatuses": [container("app", waits())]}),
            "web: Pending; init container plugins: runs, and has not ended yet",
        );
        check(
            json!({"phase": "Pending",
                "initContainerStatuses": [container("plugins", json!({"terminated": {"reason": "Error", "exitCode": 1}}))],
                "containerStatuses": [container("app", waits())]}),
            "web: Pending; init container plugins: Error, exit code 1",
        );
        check(
            json!({"phase": "Pending", "containerStatuses": [container("app", waits())]}),
            "web: Pending; container app: PodInitializing",
        );
        check(
            json!({"phase": "Succeeded",
                "containerStatuses": [container("app", json!({"terminated": {"reason": "Completed", "exitCode": 0}}))]}),
            "web: Succeeded; container app: Completed, exit code 0",
        );
    }
}
