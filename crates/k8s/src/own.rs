//! Which of the processes that are seen from a container are its own. Containers that share a process namespace see each
//! other's, and with `hostPID` those of the whole node: their limits, probes, ports and owners are others.

use heapglass_collect::place::RawProcess;
use k8s_openapi::api::core::v1 as core;

use crate::status::statuses;

/// How the control group of a process (`/proc/PID/cgroup`) begins that lies outside of what the one who looks can see.
const OUTSIDE: &str = ":/..";
/// What stands before a container's id in the name of the control group of the process by which CRI-O watches it.
const WATCHER: &str = "conmon-";

/// What tells a container's own processes from others: the ids by which the runtime names the control groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Own {
    id: Option<String>,
    /// Of the pod's other containers.
    others: Vec<String>,
    /// Whether the processes of the whole node are seen.
    sees_node: bool,
}

impl Own {
    /// Of a container of a pod.
    pub(crate) fn new(pod: &core::Pod, container: &str) -> Own {
        let mut own = Own {
            sees_node: pod.spec.as_ref().and_then(|spec| spec.host_pid).unwrap_or(false),
            ..Own::default()
        };
        for status in statuses(pod) {
            let id = status.container_id.as_deref().unwrap_or_default();
            let id = id.rsplit_once("://").map_or(id, |(_, bare)| bare).to_owned();
            match (id.is_empty(), status.name == container) {
                (true, _) => {}
                (false, true) => own.id = Some(id),
                (false, false) => own.others.push(id),
            }
        }
        own
    }

    /// Keeps the container's own. Its id is in their control groups where these are seen from outside. From within, only those
    /// of others have a path, one that leads outside, and ids of the pod's other containers are in it. Where neither tells,
    /// none of a whole node is kept.
    pub(crate) fn retain(&self, processes: &mut Vec<RawProcess>) {
        let is_named = |process: &RawProcess| {
            self.id.as_ref().is_some_and(|id| is_group_of(&process.cgroup, id))
        };
        let is_outside = |process: &RawProcess| process.cgroup.contains(OUTSIDE);
        if processes.iter().any(is_named) {
            processes.retain(is_named);
        } else if !self.sees_node {
            processes.retain(|process| {
                !self.others.iter().any(|id| process.cgroup.contains(id.as_str()))
            });
        } else if processes.iter().any(is_outside) {
            // One that has ended meanwhile shows none.
            processes.retain(|process| !process.cgroup.is_empty() && !is_outside(process));
        } else {
            processes.clear();
        }
    }
}

/// Whether a control group is that of a container, and not that of the process by which it is watched, which is seen where the
/// processes of the whole node are.
fn is_group_of(cgroup: &str, id: &str) -> bool {
    cgroup.match_indices(id).any(|(at, _)| !cgroup[..at].ends_with(WATCHER))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Which of these are kept, by their places.
    fn kept(sees_node: bool, groups: &[&str]) -> Vec<u32> {
        let status = |name: &str, id: Option<&str>| json!({"name": name, "containerID": id, "image": "", "imageID": "", "ready": true, "restartCount": 0});
        let pod: core::Pod = serde_json::from_value(json!({
            "spec": {"hostPID": sees_node, "containers": []},
            "status": {"containerStatuses": [
                status("app", Some("containerd://aa11")),
                status("proxy", Some("containerd://bb22")),
                status("new", None),
            ]},
        }))
        .expect("a pod");
        let process = |(pid, cgroup): (u32, &&str)| RawProcess {
            pid,
            cgroup: (*cgroup).to_owned(),
            ..RawProcess::default()
        };
        let mut processes: Vec<RawProcess> = (0..).zip(groups).map(process).collect();
        Own::new(&pod, "app").retain(&mut processes);
        processes.iter().map(|process| process.pid).collect()
    }

    #[test]
    fn processes_of_other_containers_are_told_by_their_control_group() {
        for (groups, expected) in [
            (
                &["12:memory:/kubepods/pod1/aa11\n1:cpu:/", "12:memory:/kubepods/pod1/bb22"][..],
                vec![0],
            ),
            // Seen from within a namespace of control groups.
            (&["0::/", "0::/sub", "0::/../cri-containerd-bb22.scope"], vec![0, 1]),
            // From an ephemeral container, with the one that holds the namespace.
            (&["0::/../cri-containerd-aa11.scope", "0::/../cri-containerd-cc33.scope"], vec![0]),
            // A container that was restarted has another id.
            (&["4:memory:/kubepods/pod1/dd44", "4:memory:/kubepods/pod1/bb22"], vec![0]),
            // Sandboxes that show none.
            (&["", "0::/"], vec![0, 1]),
        ] {
            assert_eq!(kept(false, groups), expected, "{groups:?}");
        }
    }

    #[test]
    fn of_the_processes_of_a_node_only_the_container_s_own_are_kept() {
        for (groups, expected) in [
            (
                &["4:memory:/", "4:memory:/kubepods/pod1/aa11", "4:memory:/kubepods/pod2/ee55"][..],
                vec![1],
            ),
            (
                &["0::/../../../init.scope", "0::/", "0::/../../pod2/cri-containerd-ee55.scope"],
                vec![1],
            ),
            // The watcher of the container has its id, and is none of its processes.
            (&["0::/../crio-conmon-aa11.scope", "0::/", "0::/../../../init.scope"], vec![1]),
            (&["4:memory:/pod1/crio-conmon-aa11.scope", "4:memory:/pod1/crio-aa11.scope"], vec![1]),
            // One that has ended while it was looked at.
            (&["", "0::/", "0::/../../../init.scope"], vec![1]),
            // Whose they are does not show: the container may have been restarted.
            (&["4:memory:/", "4:memory:/kubepods/pod1/dd44"], vec![]),
            (&["0::/", "0::/system.slice"], vec![]),
        ] {
            assert_eq!(kept(true, groups), expected, "{groups:?}");
        }
    }
}
