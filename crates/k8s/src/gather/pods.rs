//! A workload and its pods.

use std::path::Path;

use futures_util::StreamExt;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::ListParams;

use super::{Run, container, logs, origin_name};
use crate::access::Access;
use crate::client::ApiError;
use crate::discover::{Search, Workload, owner};
use crate::lists;
use crate::status::{container_status, instead, lasting, phase};
use crate::wire;

/// How often pods are looked for: the second time for those that took the place of pods that went away before it was
/// their turn. What took the place of one that went away while it was asked is left alone: that may have been the reason.
const ROUNDS: usize = 2;
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
    let (mut running, others): (Vec<_>, Vec<_>) = pods.into_iter().partition(is_running);
    if running.is_empty() {
        if run.options.with_heap_dumps {
            let text = no_pods(workload, &others);
            run.write(&directory.join("heap-dumps/no-pods.txt"), &text);
        }
        if are_done(&others) {
            let note = "all its pods are done: none runs that could be asked";
            run.say(&place, note);
            entry.note = Some(note.to_owned());
        } else {
            run.complain(&place, "no running pods");
            entry.problem = Some("no running pods".to_owned());
        }
    }
    for pod in &others {
        write_logs(run, pod, &directory).await;
    }
    for _ in 0..ROUNDS {
        let own: Vec<&core::Pod> = running.iter().filter(|pod| is_new(run, pod)).collect();
        if !each(run, workload, &own, &directory, &mut entry).await || run.stopped() {
            break;
        }
        let Ok(now) = list(run, workload).await else { break };
        running = now.into_iter().filter(is_running).collect();
    }
    miss_whom_nobody_replaced(&mut entry.pods);
    entry
}

/// What is written where a workload has no running pod: what was looked for, and what became of the pods.
fn no_pods(workload: &Workload, others: &[core::Pod]) -> String {
    let mut text = "No running pods found\n".to_owned();
    text += &format!("Looked for: {} in namespace {}\n", workload.selector, workload.namespace);
    if others.is_empty() {
        text += "There is no pod with these labels: is the workload scaled to 0?\n";
    }
    for pod in others {
        text += &format!("Pod {}\n", instead(pod));
    }
    text
}

/// Whether pods have done what they were for, as those of a Job, of which some may have failed before.
fn are_done(pods: &[core::Pod]) -> bool {
    pods.iter().any(|pod| phase(pod) == "Succeeded")
        && pods.iter().all(|pod| matches!(phase(pod), "Succeeded" | "Failed"))
}

/// Those that went away before it was their turn are missing where no other pod of the workload was asked.
fn miss_whom_nobody_replaced(pods: &mut [wire::Pod]) {
    if pods.iter().all(|pod| pod.gone.is_some()) {
        pods.iter_mut().for_each(|pod| pod.gone = None);
    }
}

/// Collects from pods, one after the other unless it is wanted otherwise. Returns whether some went away before it was
/// their turn.
async fn each(
    run: &Run<'_>,
    workload: &Workload,
    pods: &[&core::Pod],
    directory: &Path,
    entry: &mut wire::Workload,
) -> bool {
    let at_once = if run.options.replicas_at_once { REPLICAS } else { 1 };
    let work = pods.iter().copied().map(|pod| one(run, workload, pod, directory));
    let mut work = futures_util::stream::iter(work).buffered(at_once);
    let mut went = false;
    while let Some(done) = work.next().await {
        let Some((pod, is_there)) = done else { continue };
        entry.pods.push(pod);
        went |= !is_there;
    }
    went
}

/// Two workloads may select the same pod: it is asked once.
fn is_new(run: &Run<'_>, pod: &core::Pod) -> bool {
    pod.metadata.uid.as_deref().is_none_or(|uid| run.is_first(uid))
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

fn is_running(pod: &core::Pod) -> bool {
    phase(pod) == "Running" && pod.metadata.deletion_timestamp.is_none()
}

/// Collects from one pod, and says whether it was there still; `None` once the user wants to stop.
async fn one(
    run: &Run<'_>,
    workload: &Workload,
    pod: &core::Pod,
    directory: &Path,
) -> Option<(wire::Pod, bool)> {
    if run.stopped() {
        return None;
    }
    let name = pod.metadata.name.clone().unwrap_or_default();
    // Others were asked before it, which takes its time.
    let found = pod;
    let looked = look_again(run, found).await;
    let pod = looked.as_ref().unwrap_or(found);
    if looked.is_ok() {
        write_logs(run, pod, directory).await;
    }
    let mut entry = wire::Pod {
        uid: pod.metadata.uid.clone().unwrap_or_default(),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        name: name.clone(),
        gone: looked.as_ref().err().cloned(),
        ..wire::Pod::default()
    };
    if !run.options.with_heap_dumps {
        return Some((entry, looked.is_ok()));
    }
    let directory = directory.join("heap-dumps").join(format!("pod={name}"));
    entry.directory = run.relative(&directory);
    let mut object = serde_json::to_value(pod).unwrap_or_default();
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".to_owned(), "v1".into());
        map.insert("kind".to_owned(), "Pod".into());
    }
    run.write_yaml(&directory.join("pod-spec.yaml"), &object);
    let wanted = pod.spec.as_ref().map(|spec| run.options.search.wanted(spec));
    for container in wanted.unwrap_or_default() {
        if run.stopped() {
            break;
        }
        entry.containers.push(match &looked {
            Ok(_) => container::collect(run, workload, pod, container, &directory).await,
            Err(why) => container::gone(run, pod, container, why, &directory),
        });
    }
    if entry.containers.is_empty() && !run.stopped() {
        run.note(none_is_wanted(&run.options.search, workload, pod));
    }
    Some((entry, looked.is_ok()))
}

/// What is said of a workload whose pods have no container with a name that was asked for.
fn none_is_wanted(search: &Search, workload: &Workload, pod: &core::Pod) -> String {
    let own: Vec<&str> = pod.spec.iter().flat_map(lasting).map(|it| it.name.as_str()).collect();
    format!(
        "{} {}/{} has no container {}: its containers are {}",
        workload.kind.name(),
        workload.namespace,
        workload.name,
        search.container_names(),
        own.join(", ")
    )
}

/// A pod as it is now; an error is what has become of one that does not run any more.
async fn look_again(run: &Run<'_>, found: &core::Pod) -> Result<core::Pod, String> {
    let name = found.metadata.name.as_deref().unwrap_or_default();
    let namespace = found.metadata.namespace.as_deref().unwrap_or_default();
    let api: Api<core::Pod> = Api::namespaced(run.cluster.client(), namespace);
    let access = Access::new("get", "", "pods", Some(namespace));
    match run.cluster.ask(&format!("pod {name}"), &access, api.get(name)).await {
        Ok(now) if now.metadata.uid != found.metadata.uid => {
            Err(format!("pod {name} was deleted, and another one has its name"))
        }
        Ok(now) if !is_running(&now) => Err(format!("pod {}", instead(&now))),
        Ok(now) => Ok(now),
        Err(error) if error.is_not_found() => Err(format!("pod {name} was deleted")),
        // What was seen before is better than nothing.
        Err(_) => Ok(found.clone()),
    }
}

/// The logs of all containers of a pod, those that prepare it among them.
async fn write_logs(run: &Run<'_>, pod: &core::Pod, directory: &Path) {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let spec = pod.spec.as_ref();
    let first = spec.and_then(|spec| spec.init_containers.as_ref()).into_iter().flatten();
    let containers = spec.map(|spec| spec.containers.as_slice()).unwrap_or_default();
    for container in first.chain(containers) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pods_that_have_done_their_work_are_no_failure() {
        for (phases, expected) in [
            (&["Succeeded"][..], true),
            (&["Failed", "Failed", "Succeeded"], true),
            (&["Failed"], false),
            (&["Succeeded", "Pending"], false),
            (&[], false),
        ] {
            let pod = |phase: &&str| serde_json::from_value(json!({"status": {"phase": phase}}));
            let pods: Result<Vec<core::Pod>, _> = phases.iter().map(pod).collect();
            assert_eq!(are_done(&pods.expect("pods")), expected, "{phases:?}");
        }
    }

    #[test]
    fn who_went_away_is_missing_where_nobody_was_asked_instead() {
        let pod = |is_gone: bool| wire::Pod {
            gone: is_gone.then(|| "pod web-1 was deleted".to_owned()),
            ..wire::Pod::default()
        };
        for (all, gone) in [(&[true, false][..], 1), (&[true, true], 0), (&[false], 0), (&[], 0)] {
            let mut pods: Vec<wire::Pod> = all.iter().map(|is_gone| pod(*is_gone)).collect();
            miss_whom_nobody_replaced(&mut pods);
            assert_eq!(pods.iter().filter(|pod| pod.gone.is_some()).count(), gone, "{all:?}");
        }
    }
}
