//! A container: the Node.js processes in it, one after the other.

use std::path::Path;
use std::sync::OnceLock;

use heapglass_collect::facts::{ProcessFacts, Runtime, cgroup};
use heapglass_collect::place::{Place, PlaceError, RawProcess};
use k8s_openapi::api::core::v1 as core;

use super::take::{self, Taking};
use super::{Run, leftovers, stopped, words};
use crate::discover::Workload;
use crate::pod::Pod;
use crate::status::{container_status, not_running};
use crate::wire;

/// Collects from a container of a pod whose directory is `directory`.
pub(crate) async fn collect(
    run: &Run<'_>,
    workload: &Workload,
    pod: &core::Pod,
    container: &core::Container,
    directory: &Path,
) -> wire::Container {
    let directory = directory.join(format!("container={}", container.name));
    let place = Pod::new(run.cluster, pod, &container.name, run.options.pod.clone());
    let place = place.until(run.stop.clone());
    let status = container_status(pod, &container.name);
    let mut entry = wire::Container {
        name: container.name.clone(),
        image: container.image.clone(),
        restarts: status.map_or(0, |status| status.restart_count),
        directory: run.relative(&directory),
        ..wire::Container::default()
    };
    let name = label(pod, container);
    if let Some(why) = status.and_then(not_running) {
        stopped::collect(run, pod, container, &name, &why, &directory, &mut entry).await;
        return entry;
    }
    let processes = match place.processes().await {
        Ok(processes) => processes,
        Err(error) => {
            run.complain(&name, error.to_string());
            note_missing(run, pod, &error);
            write_no_way_in(run, pod, &place, &error, &directory);
            entry.problem = Some(error.to_string());
            leave(run, &place, &name, &mut entry).await;
            return entry;
        }
    };
    let node = node_processes(&processes);
    if node.is_empty() {
        run.complain(&name, "no Node.js process in it");
        run.write(&directory.join("no-node-process.txt"), &words::no_node(&processes));
        entry.problem = Some("no Node.js process in the container".to_owned());
    }
    let folders = leftovers::folders(run, &node);
    let (leftovers, _) = leftovers::find(run, &place, &name, &folders).await;
    let (beside, mut kills) = (OnceLock::new(), None);
    for (number, (raw, facts)) in node.iter().enumerate() {
        if run.stopped() {
            break;
        }
        let surroundings = place.surroundings(raw.pid).await.unwrap_or_default();
        kills = kills.or_else(|| cgroup::oom_kills(&surroundings.cgroup));
        let version = place.node_version(&raw.exe).await.unwrap_or_default();
        let info = words::process_info(raw, &surroundings, &version, run.options.with_secrets);
        append(run, &directory.join("process-info.txt"), &info);
        let command = crate::redact::command(&raw.cmdline, run.options.with_secrets);
        let taking = Taking {
            run,
            workload,
            pod,
            container,
            place: &place,
            beside: &beside,
            is_hidden: raw.exe.is_empty(),
            is_alone: node.len() == 1,
            kills: kills.as_ref(),
            name: &name,
            facts,
            command: &command,
            number,
            directory: &directory,
        };
        entry.processes.push(take::take(&taking).await);
    }
    let found = leftovers::collect(run, &place, &name, &leftovers, &directory);
    entry.found_snapshots = found.await;
    leave(run, &place, &name, &mut entry).await;
    if let Some(beside) = beside.get() {
        leave(run, beside, &name, &mut entry).await;
    }
    entry
}

/// Writes what was tried to get in, and what of it stays in the pod.
fn write_no_way_in(
    run: &Run<'_>,
    pod: &core::Pod,
    place: &Pod,
    error: &PlaceError,
    directory: &Path,
) {
    let mut text = words::no_way_in(error, &place.tried());
    for added in place.ephemeral_containers() {
        let pod = pod.metadata.name.as_deref().unwrap_or_default();
        text += &format!("\nLeft behind: {}.\n", crate::ephemeral::stays(&added, pod));
    }
    run.write(&directory.join("no-node-process.txt"), &text);
}

/// A container whose pod went away before it was its turn.
pub(crate) fn gone(
    run: &Run<'_>,
    pod: &core::Pod,
    container: &core::Container,
    why: &str,
    directory: &Path,
) -> wire::Container {
    let directory = directory.join(format!("container={}", container.name));
    run.complain(&label(pod, container), why);
    run.write(&directory.join("no-node-process.txt"), &words::gone(why));
    wire::Container {
        name: container.name.clone(),
        image: container.image.clone(),
        directory: run.relative(&directory),
        problem: Some(why.to_owned()),
        ..wire::Container::default()
    }
}

/// Ends what was added to the pod, and says what of it stays.
async fn leave(run: &Run<'_>, place: &Pod, name: &str, entry: &mut wire::Container) {
    if let Some(reached) = place.ephemeral_container() {
        entry.ephemeral_container = Some(reached.to_owned());
    }
    let added = place.ephemeral_containers();
    place.leave().await;
    for ephemeral in &added {
        let text = format!(
            "ephemeral container {ephemeral} is not needed any more; its entry stays in the pod"
        );
        run.say(name, text);
    }
    entry.ephemeral_containers.extend(added);
}

/// How the container is called in messages.
fn label(pod: &core::Pod, container: &core::Container) -> String {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    format!("{namespace}/{name}/{}", container.name)
}

/// The Node.js processes among all, without package managers that only wait for one, and without those that have ended and
/// that nobody has asked for their exit code: the main process of a container seldom asks for others'.
pub(crate) fn node_processes(processes: &[RawProcess]) -> Vec<(RawProcess, ProcessFacts)> {
    let facts = processes.iter().map(|raw| (raw.clone(), ProcessFacts::among(raw, processes)));
    let mut node: Vec<_> =
        facts.filter(|(_, facts)| facts.runtime.has_v8() && !facts.status.is_dead).collect();
    // What only looks like Node.js counts where nothing else does.
    if node.iter().any(|(_, facts)| facts.runtime != Runtime::Perhaps) {
        node.retain(|(_, facts)| facts.runtime != Runtime::Perhaps);
    }
    let alone = node.len() == 1;
    node.retain(|(_, facts)| alone || !is_package_manager(facts));
    node.sort_by_key(|(raw, _)| raw.pid);
    node
}

fn is_package_manager(facts: &ProcessFacts) -> bool {
    let second = facts.command.split_whitespace().nth(1).unwrap_or_default();
    let tools = ["npm-cli.js", "npx-cli.js", "yarn.js", "pnpm.cjs", "corepack.js"];
    tools.iter().any(|tool| second.ends_with(tool))
        || ["npm ", "yarn ", "npm"].iter().any(|name| facts.comm.starts_with(name))
        || facts.command.starts_with("npm ")
}

/// A right that was missing is in the index, too.
pub(crate) fn note_missing(run: &Run<'_>, pod: &core::Pod, error: &PlaceError) {
    let PlaceError::Forbidden { what, .. } = error else { return };
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let all = [
        crate::access::Access::exec(namespace),
        crate::access::Access::port_forward(namespace),
        crate::access::Access::ephemeral_containers(namespace),
    ];
    if let Some(access) = all.into_iter().find(|access| access.to_string() == *what) {
        run.missing(access);
    }
}

/// Adds to a file.
pub(crate) fn append(run: &Run<'_>, path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    run.write(path, &(before + text));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, exe: &str, command: &str, comm: &str) -> RawProcess {
        RawProcess {
            pid,
            exe: exe.to_owned(),
            comm: comm.to_owned(),
            cmdline: command.replace(' ', "\0").into_bytes(),
            ..RawProcess::default()
        }
    }

    #[test]
    fn the_right_processes() {
        let processes = [
            process(1, "/usr/bin/tini", "tini -- node app.js", "tini"),
            process(7, "/usr/bin/dash", "sh -c node app.js", "sh"),
            process(8, "/usr/local/bin/node", "npm start", "npm start"),
            process(20, "/usr/local/bin/node", "node app.js", "node"),
            process(21, "/usr/local/bin/node", "node child.js", "node"),
        ];
        let pids: Vec<u32> = node_processes(&processes).iter().map(|(raw, _)| raw.pid).collect();
        assert_eq!(pids, [20, 21]);
        let only: Vec<u32> =
            node_processes(&processes[..3]).iter().map(|(raw, _)| raw.pid).collect();
        assert_eq!(only, [8]);
        let status = "Name:\tnode\nState:\tZ (zombie)\n".to_owned();
        let zombie = RawProcess { status, ..process(9, "", "", "node") };
        assert!(node_processes(&[zombie]).is_empty());
    }
}
