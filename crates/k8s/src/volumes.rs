//! The volumes of a container that does not run. What it wrote into them outlives it, and an ephemeral container can read
//! them; the rest of its files is gone.

use std::sync::Mutex;

use heapglass_collect::capture::Stop;
use heapglass_collect::place::{PlaceError, RemoteFile};
use k8s_openapi::api::core::v1 as core;
use serde_json::json;

use crate::client::Cluster;
use crate::ephemeral::{self, DEFAULT_IMAGE, Shares, Terms, User};
use crate::exec::{Output, Target};
use crate::pod::PodOptions;
use crate::script::{self, Tool};
use crate::status::container_status;

/// Where an ephemeral container has the volumes: nothing of its image lies there.
const ROOT: &str = "/heapglass";
/// Most that a list of files may print.
const LIST_LIMIT: u64 = 8 << 20;

/// A volume that a container may write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    volume: String,
    /// Where the container has it.
    pub(crate) path: String,
    /// Where an ephemeral container has it.
    at: String,
    /// The directory of it that the container has, if not all of it. An ephemeral container may only have all.
    sub_path: Option<String>,
}

impl Mount {
    /// As the description of an ephemeral container has it.
    pub(crate) fn description(&self) -> serde_json::Value {
        json!({"name": self.volume, "mountPath": self.at, "readOnly": true})
    }
}

/// The volumes that a container may write to. Which directory a `subPathExpr` names is not known here, so that those
/// are left out.
pub(crate) fn mounts(spec: &core::PodSpec, container: &core::Container) -> Vec<Mount> {
    let is_written_by_kubernetes = |name: &str| {
        let volumes = spec.volumes.iter().flatten();
        volumes.filter(|volume| volume.name == name).any(|volume| {
            volume.config_map.is_some()
                || volume.secret.is_some()
                || volume.projected.is_some()
                || volume.downward_api.is_some()
        })
    };
    let written = container.volume_mounts.iter().flatten().filter(|mount| {
        mount.read_only != Some(true)
            && mount.sub_path_expr.is_none()
            && !is_written_by_kubernetes(&mount.name)
    });
    let mount = |(number, mount): (usize, &core::VolumeMount)| Mount {
        volume: mount.name.clone(),
        path: mount.mount_path.trim_end_matches('/').to_owned(),
        at: format!("{ROOT}/{number}"),
        sub_path: mount.sub_path.clone().filter(|path| !path.is_empty()),
    };
    written.enumerate().map(mount).collect()
}

/// What an ephemeral container calls a directory of the container; `None` if that lies in no volume.
fn behind(mounts: &[Mount], folder: &str) -> Option<String> {
    let within = mounts.iter().filter_map(|mount| {
        let rest = folder.strip_prefix(&mount.path)?;
        (rest.is_empty() || rest.starts_with('/')).then_some((mount, rest))
    });
    // Of volumes within each other the inner one has it.
    let (mount, rest) = within.max_by_key(|(mount, _)| mount.path.len())?;
    let sub_path = mount.sub_path.as_deref().map(|path| format!("/{}", path.trim_matches('/')));
    Some(format!("{}{}{rest}", mount.at, sub_path.unwrap_or_default()))
}

/// The volumes of a container, seen from an ephemeral container that has them too.
#[derive(Debug)]
pub(crate) struct Volumes {
    /// The ephemeral container.
    target: Target,
    tool: Tool,
    mounts: Vec<Mount>,
}

impl Volumes {
    /// Adds an ephemeral container with these volumes, as the user that the container runs as, and waits until it runs.
    /// Its name is in `added` as soon as it is in the pod's description. After `stop` nothing is waited for.
    pub(crate) async fn open(
        cluster: &Cluster,
        pod: &core::Pod,
        container: &str,
        options: &PodOptions,
        mounts: Vec<Mount>,
        stop: &Stop,
        added: &Mutex<Vec<String>>,
    ) -> Result<Volumes, PlaceError> {
        let target = Target {
            cluster: cluster.clone(),
            namespace: pod.metadata.namespace.clone().unwrap_or_default(),
            pod: pod.metadata.name.clone().unwrap_or_default(),
            container: container.to_owned(),
        };
        let spec = pod.spec.clone().unwrap_or_default();
        let user = User::described(&spec, container, container_status(pod, container));
        let (image, lifetime) = (options.debug_image.as_deref(), options.ephemeral_lifetime);
        let (shares, terms) = (Shares::Volumes(&mounts), Terms { image, lifetime, stop });
        let started = ephemeral::start(&target, &spec, shares, user, terms, added).await?;
        let target = Target { container: started.name, ..target };
        Ok(Volumes { target, tool: started.tool, mounts })
    }

    /// The ephemeral container.
    pub(crate) fn container(&self) -> &str {
        &self.target.container
    }

    /// The files that lie directly in a directory of the container; none where that lies in no volume.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        let Some(directory) = behind(&self.mounts, folder) else { return Ok(Vec::new()) };
        let mark = script::mark();
        let what = format!("listing {folder} in the volumes of pod {}", self.target.pod);
        let command = self.tool.list(&mark, &directory, None);
        let deadline = self.target.cluster.deadline();
        // What may not be read would look empty.
        let test = "[ ! -d \"$1\" ] || { [ -r \"$1\" ] && [ -x \"$1\" ]; } || { echo 'its user may not read it' >&2; \
                    exit 1; }";
        let readable = ["sh", "-c", test, "sh", &directory].map(str::to_owned);
        self.target.run(&readable, deadline, 1 << 10).await?.fine(&what)?;
        let output = self.target.run(&command, deadline, LIST_LIMIT).await?.fine(&what)?;
        let why = "the image has no program that tells the size of a file".to_owned();
        script::listed(&output, &mark).ok_or(PlaceError::Impossible { what, why })
    }

    /// Reads a file by the path that [`Volumes::list`] gives.
    pub(crate) async fn read(&self, path: &str) -> Result<Output, PlaceError> {
        self.target.stream(&self.tool.read(path, 0, None)).await
    }

    /// Ends the ephemeral container; its entry in the pod cannot be taken back.
    pub(crate) async fn leave(&self) {
        let command = ephemeral::end_command(&self.target.container);
        let _ = self.target.run(&command, self.target.cluster.deadline(), 1 << 16).await;
    }
}

/// How a person does the same with kubectl 1.31 or newer.
pub(crate) fn by_hand(
    pod: &core::Pod,
    container: &str,
    mounts: &[Mount],
    image: Option<&str>,
) -> String {
    let (metadata, spec) = (&pod.metadata, pod.spec.clone().unwrap_or_default());
    let user = User::described(&spec, container, container_status(pod, container));
    let custom = json!({
        "securityContext": ephemeral::context(container, &spec, user),
        "volumeMounts": mounts.iter().map(Mount::description).collect::<Vec<_>>(),
    });
    let namespace = metadata.namespace.as_deref().unwrap_or_default();
    let pod = metadata.name.as_deref().unwrap_or_default();
    let image = image.unwrap_or(DEFAULT_IMAGE);
    format!(
        "  echo '{custom}' > volumes.json\n  \
         kubectl -n {namespace} debug {pod} --container=volumes --image={image} --profile=baseline \
         --custom=volumes.json -- sleep 3600\n  \
         kubectl -n {namespace} exec {pod} -c volumes -- find {ROOT} -name '*.heapsnapshot'\n  \
         kubectl -n {namespace} exec {pod} -c volumes -- cat FILE > left.heapsnapshot\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> core::Pod {
        serde_json::from_value(json!({
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "volumes": [
                    {"name": "cfg", "configMap": {"name": "app"}}, {"name": "key", "secret": {"secretName": "key"}},
                    {"name": "tmp", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
                ],
                "containers": [{
                    "name": "app",
                    "securityContext": {"runAsUser": 7},
                    "volumeMounts": [
                        {"name": "cfg", "mountPath": "/cfg"},
                        {"name": "key", "mountPath": "/tmp/key"},
                        {"name": "tmp", "mountPath": "/tmp/"},
                        {"name": "data", "mountPath": "/tmp/data", "subPath": "shop/web"},
                        {"name": "data", "mountPath": "/old", "readOnly": true},
                        {"name": "data", "mountPath": "/mine", "subPathExpr": "$(POD)"},
                    ],
                }],
            },
        }))
        .expect("a pod")
    }

    fn of(pod: &core::Pod) -> Vec<Mount> {
        let spec = pod.spec.as_ref().expect("a description");
        mounts(spec, &spec.containers[0])
    }

    #[test]
    fn volumes_that_the_container_may_write_to_are_mounted_whole_and_only_to_be_read() {
        let mounts = of(&pod());
        let described: Vec<_> = mounts.iter().map(Mount::description).collect();
        assert_eq!(
            json!(described),
            json!([
                {"name": "tmp", "mountPath": "/heapglass/0", "readOnly": true},
                {"name": "data", "mountPath": "/heapglass/1", "readOnly": true},
            ])
        );
    }

    #[test]
    fn directories_of_the_container_lie_behind_the_innermost_volume() {
        let mounts = of(&pod());
        for (folder, expected) in [
            ("/tmp", Some("/heapglass/0")),
            ("/tmp/a/b", Some("/heapglass/0/a/b")),
            ("/tmp/data", Some("/heapglass/1/shop/web")),
            ("/tmp/data/a", Some("/heapglass/1/shop/web/a")),
            ("/tmp/database", Some("/heapglass/0/database")),
            ("/tmpfs", None),
            ("/old", None),
            ("/app", None),
        ] {
            assert_eq!(behind(&mounts, folder).as_deref(), expected, "{folder}");
        }
    }

    #[test]
    fn a_person_is_told_the_same_volumes_and_the_same_user() {
        let pod = pod();
        let text = by_hand(&pod, "app", &of(&pod), Some("own/busybox"));
        for expected in [
            r#"{"mountPath":"/heapglass/0","name":"tmp","readOnly":true}"#,
            r#""securityContext":{"runAsUser":7}"#,
            "kubectl -n shop debug web --container=volumes --image=own/busybox",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
}
