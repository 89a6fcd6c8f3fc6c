//! Ephemeral containers: a last way to the processes of a container whose image has nothing to run.

use std::time::Duration;

use heapglass_collect::place::PlaceError;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::{Patch, PatchParams};

use crate::access::Access;
use crate::client::{ApiError, api_error};
use crate::exec::{Target, place_error};
use crate::script::Tool;

/// What the command lines of our ephemeral containers contain.
const MARK: &str = "heapglass-waits";
/// The image where none is named and the container's own has nothing to run.
pub(crate) const DEFAULT_IMAGE: &str = "docker.io/library/busybox:stable";
/// How often its state is asked for while it starts.
const POLL: Duration = Duration::from_millis(500);

/// An ephemeral container that runs.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) tool: Tool,
}

/// Adds an ephemeral container that shares the processes of the target, and waits until it runs.
///
/// It runs as the same user and with the same restrictions as the target, so that what admits the one admits
/// the other, and so that it may see the target's files through `/proc/PID/root`.
pub(crate) async fn start(
    target: &Target,
    spec: &core::PodSpec,
    image: Option<&str>,
    lifetime: Duration,
) -> Result<Started, PlaceError> {
    let name = format!("heapglass-{}", &crate::script::mark()["heapglass-".len()..][..8]);
    let image = image.unwrap_or(DEFAULT_IMAGE);
    let mut body = description(target, spec, &name, image, lifetime);
    let api: Api<core::Pod> = Api::namespaced(target.cluster.client(), &target.namespace);
    let access = Access::ephemeral_containers(&target.namespace);
    let what = format!("adding an ephemeral container to pod {}", target.pod);
    let params = PatchParams::default();
    loop {
        let patch = Patch::Strategic(body.clone());
        let patched = api.patch_ephemeral_containers(&target.pod, &params, &patch);
        let context = body.pointer_mut("/spec/ephemeralContainers/0/securityContext");
        match target.cluster.ask(&what, &access, patched).await {
            Ok(_) => break,
            // Servers before 1.23 have no security context there: the pod's own holds.
            Err(ApiError::Other { why, .. })
                if why.contains("securityContext")
                    && context.as_ref().is_some_and(|it| !it.is_null()) =>
            {
                if let Some(context) = context {
                    context.take();
                }
            }
            Err(error) => return Err(place_error(error)),
        }
    }
    let running = async {
        loop {
            let asked = api.get(&target.pod).await;
            let access = Access::new("get", "", "pods", Some(&target.namespace));
            let pod = asked.map_err(|error| place_error(api_error(&what, &access, &error)))?;
            match state(&pod, &name) {
                State::Running => return Ok(()),
                State::Starting => tokio::time::sleep(POLL).await,
                State::Failed(why) => {
                    return Err(PlaceError::Impossible { what: what.clone(), why });
                }
            }
        }
    };
    // An image may have to be pulled first.
    let patience = target.cluster.deadline() * 2;
    match tokio::time::timeout(patience, running).await {
        Ok(Ok(())) => Ok(Started { name, image: image.to_owned(), tool: Tool::Shell }),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let why = format!("it did not start within {} s", patience.as_secs());
            Err(PlaceError::Impossible { what, why })
        }
    }
}

/// Ends the ephemeral container from within.
pub(crate) fn end_command(_tool: &Tool, _name: &str) -> Vec<String> {
    let text = format!(
        "for d in /proc/[0-9]*; do p=${{d#/proc/}}; [ $p = $$ ] && continue; \
         tr '\\0' ' ' < $d/cmdline 2>/dev/null | grep -q '{MARK}' && kill -9 $p; done; exit 0"
    );
    // The mark is in this command line too; the shell that runs it is left out above.
    vec!["sh".to_owned(), "-c".to_owned(), text]
}

/// Whether a process belongs to an ephemeral container of ours.
pub(crate) fn is_ours(cmdline: &[u8]) -> bool {
    cmdline.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

fn description(
    target: &Target,
    spec: &core::PodSpec,
    name: &str,
    image: &str,
    lifetime: Duration,
) -> serde_json::Value {
    let container = spec.containers.iter().find(|container| container.name == target.container);
    let own = container.and_then(|container| container.security_context.clone());
    let context =
        core::SecurityContext { read_only_root_filesystem: None, ..own.unwrap_or_default() };
    let seconds = lifetime.as_secs().max(60);
    // It waits in the foreground, so that it ends with its time, whatever becomes of us.
    let wait = format!(
        ": {MARK}; trap 'exit 0' TERM; i=0; while [ $i -lt {seconds} ]; do sleep 1; i=$((i+1)); done"
    );
    serde_json::json!({ "spec": { "ephemeralContainers": [{
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", wait],
        "targetContainerName": target.container,
        "securityContext": context,
        "terminationMessagePolicy": "File",
    }] } })
}

enum State {
    Running,
    Starting,
    Failed(String),
}

/// What has become of an ephemeral container.
fn state(pod: &core::Pod, name: &str) -> State {
    let statuses =
        pod.status.as_ref().and_then(|status| status.ephemeral_container_statuses.as_ref());
    let status = statuses.into_iter().flatten().find(|status| status.name == name);
    let Some(state) = status.and_then(|status| status.state.as_ref()) else {
        return State::Starting;
    };
    if state.running.is_some() {
        return State::Running;
    }
    if let Some(ended) = &state.terminated {
        let message = ended.message.as_deref().or(ended.reason.as_deref()).unwrap_or_default();
        return State::Failed(format!("it ended with code {}: {message}", ended.exit_code));
    }
    let waiting = state.waiting.as_ref();
    let reason = waiting.and_then(|waiting| waiting.reason.as_deref()).unwrap_or_default();
    let message = waiting.and_then(|waiting| waiting.message.as_deref()).unwrap_or_default();
    let hopeless = ["ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"];
    if hopeless.contains(&reason)
        || reason.starts_with("RunContainer")
        || reason.starts_with("CreateContainer") && reason.ends_with("Error")
    {
        return State::Failed(format!("{reason}: {message}"));
    }
    State::Starting
}
