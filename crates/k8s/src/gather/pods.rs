//! A workload and its pods.

use std::path::Path;

use futures_util::StreamExt;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::ListParams;

use super::{Run, container, logs, origin_name};
use crate::access::Access;
use crate::client::ApiError;
use crate::discover::{Workload, owner};
use crate::lists;
use crate::status::container_status;
use crate::wire;

/// Replicas at a time, where they are asked at the same time at all.
pub(crate) const REPLICAS: usize = 4;

/// Collects from a workload.
pub(crate) async fn workload(run: &Run<'_>, workload: &Workload) -> wire::Workload {
    let directory = run.options.base.join(&workload.directory);
    let mut entry = wire::Workload {
        namespace: workload.namespace.clone(),
        kind: workload.kind.name().to_owned(),
        name: workload.name.clone(),
        instance: workload.instance.clone(),
        origin: origin_name(workload.origin).to_owned(),
        directory: run.relative(&directory),
        ..wire::Workload::default()
    };
    let place = format!("{}/{}", workload.namespace, workload.name);
    let yaml = directory.join(format!("{}.yaml", workload.kind.directory()));
    run.write_yaml(&yaml, &workload.object);
    if let Some((file, object)) = &workload.beside {
        run.write_yaml(&run.options.base.join(file), object);
    }
    if run.stopped() {
        return entry;
    }
    let pods = match list(run, workload).await {
        Ok(pods) => pods,
        Err(error) => {
            run.complain(&place, error.to_string());
            run.failed(&error);
            entry.problem = Some(error.to_string());
            if run.options.with_heap_dumps {
                let advice = error.missing().map(|access| format!("\n{}\n", access.advice()));
                let text = format!(
                    "The pods could not be listed: {error}\n{}",
                    advice.unwrap_or_default()
                );
                run.write(&directory.join("heap-dumps/no-pods.txt"), &text);
            }
            return entry;
        }
    };
    let (running, others): (Vec<_>, Vec<_>) = pods.into_iter().partition(is_running);
    if running.is_empty() {
        let mut text = "No running pods found\n".to_owned();
        text += &format!("Looked for: {} in namespace {}\n", workload.selector, workload.namespace);
        match others.as_slice() {
            [] => text += "There is no pod with these labels: is the workload scaled to 0?\n",
            others => others.iter().for_each(|pod| text += &format!("{}\n", state(pod))),
        }
        if run.options.with_heap_dumps {
            run.write(&directory.join("heap-dumps/no-pods.txt"), &text);
        }
        run.complain(&place, "no running pods");
        entry.problem = Some("no running pods".to_owned());
    }
    for pod in &others {
        write_logs(run, pod, &directory).await;
    }
    let at_once = if run.options.replicas_at_once { REPLICAS } else { 1 };
    // Two workloads may select the same pod: it is asked once.
    let own = running
        .iter()
        .filter(|pod| pod.metadata.uid.as_deref().is_none_or(|uid| run.is_first(uid)));
    let work = own.map(|pod| one(run, workload, pod, &directory));
    let mut work = futures_util::stream::iter(work).buffered(at_once);
    while let Some(pod) = work.next().await {
        entry.pods.extend(pod);
    }
    entry
}

/// The workload's pods.
async fn list(run: &Run<'_>, workload: &Workload) -> Result<Vec<core::Pod>, ApiError> {
    let api: Api<core::Pod> = Api::namespaced(run.cluster.client(), &workload.namespace);
    let access = Access::new("list", "", "pods", Some(&workload.namespace));
    let params = ListParams::default().labels(&workload.selector);
    let belongs = |pod: &core::Pod| {
        let (kind, name) = owner(&pod.metadata);
        // Another workload may have pods with the same labels.
        kind == workload.kind && name == workload.name
    };
    let mut pods = Vec::new();
    let mut keep = |pod| {
        if belongs(&pod) {
            pods.push(pod)
        }
    };
    lists::objects(run.cluster, &api, params, "pods", &access, &mut keep).await?;
    Ok(pods)
}

fn phase(pod: &core::Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Unknown")
}

fn is_running(pod: &core::Pod) -> bool {
    phase(pod) == "Running" && pod.metadata.deletion_timestamp.is_none()
}

/// What a pod that does not run does instead.
fn state(pod: &core::Pod) -> String {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let mut text = format!("Pod {name}: {}", phase(pod));
    if let Some(since) = &pod.metadata.deletion_timestamp {
        text += &format!(", is being deleted since {}", since.0);
    }
    let status = pod.status.as_ref();
    if let Some(reason) = status.and_then(|status| status.reason.as_deref()) {
        let message = status.and_then(|status| status.message.as_deref()).unwrap_or_default();
        text += &format!(", {reason} {message}");
    }
    let containers = status.and_then(|status| status.container_statuses.as_ref());
    for container in containers.into_iter().flatten() {
        if let Some(why) = not_running(container) {
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
        let message = waiting.message.as_deref().unwrap_or_default();
        let last = status.last_state.as_ref().and_then(|last| last.terminated.as_ref());
        let last = last.map(|ended| {
            let reason = ended.reason.as_deref().unwrap_or("ended");
            format!(" (last time: {reason}, exit code {})", ended.exit_code)
        });
        return Some(format!("{reason} {message}{}", last.unwrap_or_default()));
    }
    let ended = state.terminated.as_ref()?;
    let reason = ended.reason.as_deref().unwrap_or("ended");
    Some(format!("{reason}, exit code {}", ended.exit_code))
}

/// Collects from one pod; `None` once the user wants to stop.
async fn one(
    run: &Run<'_>,
    workload: &Workload,
    pod: &core::Pod,
    directory: &Path,
) -> Option<wire::Pod> {
    if run.stopped() {
        return None;
    }
    let name = pod.metadata.name.clone().unwrap_or_default();
    write_logs(run, pod, directory).await;
    let mut entry = wire::Pod {
        uid: pod.metadata.uid.clone().unwrap_or_default(),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        name: name.clone(),
        ..wire::Pod::default()
    };
    if !run.options.with_heap_dumps {
        return Some(entry);
    }
    let directory = directory.join("heap-dumps").join(format!("pod={name}"));
    entry.directory = run.relative(&directory);
    let mut object = serde_json::to_value(pod).unwrap_or_default();
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".to_owned(), "v1".into());
        map.insert("kind".to_owned(), "Pod".into());
    }
    run.write_yaml(&directory.join("pod-spec.yaml"), &object);
    let containers = pod.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    for container in containers {
        if run.options.search.wants_container(&container.name, &names) && !run.stopped() {
            let entries = &mut entry.containers;
            entries.push(container::collect(run, workload, pod, container, &directory).await);
        }
    }
    Some(entry)
}

/// The logs of all containers of a pod.
async fn write_logs(run: &Run<'_>, pod: &core::Pod, directory: &Path) {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let spec = pod.spec.as_ref();
    let containers = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    for container in containers {
        let status = container_status(pod, &container.name);
        let restarted = status.is_some_and(|status| status.restart_count > 0);
        let has_run = status.is_some_and(|status| status.container_id.is_some());
        let folder = directory
            .join(format!("logs/pod={name}"))
            .join(format!("container={}", container.name));
        for (previous, file) in [(false, "current.txt"), (true, "previous.txt")] {
            let there = if previous { restarted } else { has_run };
            if !there || run.stopped() {
                continue;
            }
            let file = folder.join(file);
            let written = logs::write(
                run.cluster,
                pod,
                &container.name,
                previous,
                run.options.since,
                run.options.with_secrets,
                &file,
            );
            if let Err(error) = written.await {
                // The log of a container that was started anew may be gone.
                if !(previous && error.missing().is_none()) {
                    run.failed(&error);
                }
            }
        }
    }
}
