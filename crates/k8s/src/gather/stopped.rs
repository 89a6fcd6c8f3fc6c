//! A container that does not run: what it left in its volumes, above all the snapshot that it wrote at the end of its
//! memory. No command can be run in it, so an ephemeral container reads them.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::place::{PlaceError, RawProcess};
use k8s_openapi::api::core::v1 as core;

use super::container::note_missing;
use super::{Run, leftovers, words};
use crate::ephemeral::stays;
use crate::pod::Via;
use crate::status::container_status;
use crate::volumes::{self, Mount, Volumes};
use crate::wire;

/// Collects what it left, and says in `no-node-process.txt` what became of it.
pub(crate) async fn collect(
    run: &Run<'_>,
    pod: &core::Pod,
    container: &core::Container,
    name: &str,
    why: &str,
    directory: &Path,
    entry: &mut wire::Container,
) {
    run.complain(name, format!("the container does not run: {why}"));
    entry.problem = Some(format!("the container does not run: {why}"));
    let spec = pod.spec.clone().unwrap_or_default();
    let mounts = volumes::mounts(&spec, container);
    let left = if !has_died(container_status(pod, &container.name)) || run.stopped() {
        String::new()
    } else if mounts.is_empty() {
        "It has no volume that it may write to, so that whatever it wrote is gone.\n".to_owned()
    } else if run.options.pod.via == Via::Exec {
        format!(
            "Snapshots in its volumes ({}) were not looked for: that takes an ephemeral container, and neither \
             --via exec nor --dry-run adds one. By hand:\n\n{}",
            paths(&mounts),
            by_hand(run, pod, container, &mounts)
        )
    } else {
        look(run, pod, container, name, mounts, directory, entry).await
    };
    let text = words::container_not_running(why, &left);
    run.write(&directory.join("no-node-process.txt"), &text);
}

/// Whether it ran, and did not end well. One that ended well left nothing that it did not mean to leave.
fn has_died(status: Option<&core::ContainerStatus>) -> bool {
    let states = status.map(|status| [status.state.as_ref(), status.last_state.as_ref()]);
    let mut ended = states.into_iter().flatten().flatten().filter_map(|it| it.terminated.as_ref());
    ended.any(|ended| ended.exit_code != 0)
}

/// Adds the ephemeral container, and says how it went.
async fn look(
    run: &Run<'_>,
    pod: &core::Pod,
    container: &core::Container,
    name: &str,
    mounts: Vec<Mount>,
    directory: &Path,
    entry: &mut wire::Container,
) -> String {
    let (options, paths) = (&run.options.pod, paths(&mounts));
    let by_hand = by_hand(run, pod, container, &mounts);
    run.say(name, format!("looking for snapshots that it left in its volumes ({paths})"));
    let raw = described(container);
    let facts = ProcessFacts::new(&raw);
    let mut folders = leftovers::folders(run, &[(raw, facts)]);
    // Where the image or a ConfigMap tells it to write is not known here.
    for mount in &mounts {
        if !folders.iter().any(|(_, known)| *known == mount.path) {
            folders.push((0, mount.path.clone()));
        }
    }
    let added = Mutex::default();
    let volumes =
        Volumes::open(run.cluster, pod, &container.name, options, mounts, &run.stop, &added);
    let opened = volumes.await;
    let unseen = |error: &PlaceError| {
        run.complain(name, format!("snapshots in its volumes are not collected: {error}"));
        note_missing(run, pod, error);
        format!(
            "Snapshots in its volumes ({paths}) could not be looked for: {error}\nBy hand:\n\n{by_hand}"
        )
    };
    let mut text = match opened {
        Ok(volumes) => {
            entry.ephemeral_container = Some(volumes.container().to_owned());
            let (found, failed) = leftovers::find(run, &volumes, name, &folders).await;
            let collected = leftovers::collect(run, &volumes, name, &found, directory).await;
            volumes.leave().await;
            let (all, here) = (found.len(), collected.len());
            entry.found_snapshots = collected;
            match (all, failed) {
                (0, Some(error)) => unseen(&error),
                (0, None) => format!("No snapshot lies in its volumes ({paths}).\n"),
                (_, None) if all == here => format!(
                    "The snapshots in its volumes ({paths}) were collected: {all}, beside this file.\n"
                ),
                (_, failed) => format!(
                    "Of {all} snapshots in its volumes ({paths}) {here} were collected{}: heap-dumps.json says why \
                     not all. By hand:\n\n{by_hand}",
                    failed.map_or_else(String::new, |error| format!(
                        ", and not all directories could be looked into ({error})"
                    )),
                ),
            }
        }
        Err(error) => unseen(&error),
    };
    entry.ephemeral_containers = added.into_inner().unwrap_or_else(PoisonError::into_inner);
    let pod = pod.metadata.name.as_deref().unwrap_or_default();
    for ephemeral in &entry.ephemeral_containers {
        text += &format!("\nLeft behind: {}.\n", stays(ephemeral, pod));
        run.say(
            name,
            format!(
                "ephemeral container {ephemeral} is not needed any more; its entry stays in the pod"
            ),
        );
    }
    text
}

/// The container's first process, as far as the pod's description tells.
fn described(container: &core::Container) -> RawProcess {
    let words = container.command.iter().chain(&container.args).flatten();
    let variables = container.env.iter().flatten();
    let variables =
        variables.filter_map(|it| Some(format!("{}={}", it.name, it.value.as_deref()?)));
    RawProcess {
        cmdline: words.flat_map(|word| word.bytes().chain([0])).collect(),
        environ: variables.collect::<Vec<_>>().join("\0").into_bytes(),
        cwd: container.working_dir.clone().unwrap_or_default(),
        ..RawProcess::default()
    }
}

fn paths(mounts: &[Mount]) -> String {
    mounts.iter().map(|mount| mount.path.as_str()).collect::<Vec<_>>().join(", ")
}

fn by_hand(
    run: &Run<'_>,
    pod: &core::Pod,
    container: &core::Container,
    mounts: &[Mount],
) -> String {
    volumes::by_hand(pod, &container.name, mounts, run.options.pod.debug_image.as_deref())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_ended_badly_may_have_left_something() {
        for (state, last, expected) in [
            (
                json!({"waiting": {"reason": "CrashLoopBackOff"}}),
                json!({"terminated": {"exitCode": 137}}),
                true,
            ),
            (json!({"terminated": {"exitCode": 134}}), json!({}), true),
            (json!({"waiting": {"reason": "ImagePullBackOff"}}), json!({}), false),
            (json!({"terminated": {"exitCode": 0}}), json!({}), false),
        ] {
            let status = json!({"name": "app", "ready": false, "restartCount": 1, "image": "", "imageID": "",
                "state": state, "lastState": last});
            let status = serde_json::from_value(status).expect("a status");
            assert_eq!(has_died(Some(&status)), expected, "{status:?}");
        }
        assert!(!has_died(None));
    }

    #[test]
    fn the_description_tells_where_it_writes() {
        let options = |container| {
            let container = serde_json::from_value(container).expect("a container");
            let raw = described(&container);
            (ProcessFacts::new(&raw).options.diagnostic_dir, raw.cwd)
        };
        let folder = |path: &str| Some(path.to_owned());
        let by_variable = json!({"name": "app", "workingDir": "/app", "env": [
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
            {"name": "NODE_OPTIONS", "value": "--heapsnapshot-near-heap-limit=1 --diagnostic-dir=/dumps"}]});
        assert_eq!(options(by_variable), (folder("/dumps"), "/app".to_owned()));
        let by_argument =
            json!({"name": "app", "command": ["node"], "args": ["--diagnostic-dir=/d", "a.js"]});
        assert_eq!(options(by_argument), (folder("/d"), String::new()));
    }
}
