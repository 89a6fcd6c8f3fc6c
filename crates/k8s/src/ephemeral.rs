//! Ephemeral containers: a last way to the processes of a container whose image has nothing to run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use heapglass_collect::capture::Stop;
use heapglass_collect::facts::{ProcessFacts, Status};
use heapglass_collect::place::{PlaceError, RawProcess};
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::{Patch, PatchParams};

use crate::access::Access;
use crate::client::{ApiError, api_error};
use crate::exec::{Target, place_error};
use crate::script::Tool;
use crate::status::lasting;
use crate::volumes::Mount;

/// What the command lines of our ephemeral containers contain, before their name.
const MARK: &str = "heapglass-waits";
/// The image where none is named and the container's own has nothing to run.
pub(crate) const DEFAULT_IMAGE: &str = "docker.io/library/busybox:stable";
/// How often its state is asked for while it starts.
const POLL: Duration = Duration::from_millis(500);
/// The user of Node's own images, where nothing tells which it is and root is forbidden.
const USUAL: i64 = 1000;

/// An ephemeral container that runs.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) tool: Tool,
}

/// How one is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// The image; [`DEFAULT_IMAGE`] if there is none.
    pub(crate) image: Option<&'a str>,
    /// How long it may live.
    pub(crate) lifetime: Duration,
    /// Once this is asked for, none is added and none is waited for.
    pub(crate) stop: &'a Stop,
}

/// What an ephemeral container has of its target.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shares<'a> {
    /// Its processes, while it runs.
    Processes,
    /// Its volumes, only to be read: a container that does not run has no processes to share.
    Volumes(&'a [Mount]),
}

/// The user and the group that a container runs as, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct User {
    pub(crate) uid: Option<i64>,
    pub(crate) gid: Option<i64>,
}

impl User {
    /// The user of the target by its description: what the kubelet started it as (Kubernetes 1.33 and newer
    /// say so), else what it asks for. An image may set another one, and a program may change its own.
    pub(crate) fn described(
        spec: &core::PodSpec,
        container: &str,
        status: Option<&core::ContainerStatus>,
    ) -> User {
        let linux = status.and_then(|status| status.user.as_ref()?.linux.as_ref());
        if let Some(linux) = linux {
            return User { uid: Some(linux.uid), gid: Some(linux.gid) };
        }
        let own = own_context(spec, container);
        let pod = spec.security_context.as_ref();
        let uid = own.and_then(|it| it.run_as_user).or(pod.and_then(|it| it.run_as_user));
        let gid = own.and_then(|it| it.run_as_group).or(pod.and_then(|it| it.run_as_group));
        if uid.is_some() {
            return User { uid, gid };
        }
        let no_root = own.and_then(|it| it.run_as_non_root);
        let no_root = no_root.or(pod.and_then(|it| it.run_as_non_root)) == Some(true);
        // Without a number the kubelet would refuse an image whose user is root. If it is the wrong one,
        // that is seen in the container.
        let usual = no_root.then_some(USUAL);
        User { uid: usual, gid: gid.or(usual) }
    }

    /// The user that a process runs as, by its status.
    pub(crate) fn of(status: &Status) -> Option<User> {
        Some(User {
            uid: Some(i64::from(status.uid?)),
            gid: Some(i64::from(*status.groups.first()?)),
        })
    }
}

impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.uid, self.gid) {
            (Some(uid), Some(gid)) => write!(f, "user {uid} of group {gid}"),
            (Some(uid), None) => write!(f, "user {uid}"),
            (None, _) => f.write_str("its image's user"),
        }
    }
}

/// The user of the process that is looked for in what was seen: of the Node.js processes the first one, else
/// of the container's first process.
pub(crate) fn wanted_user(processes: &[RawProcess]) -> Option<User> {
    let facts = processes.iter().filter(|raw| !is_ours(&raw.cmdline)).map(ProcessFacts::new);
    let alive: Vec<ProcessFacts> = facts.filter(|facts| !facts.status.is_dead).collect();
    let node = alive.iter().find(|facts| facts.runtime.has_v8());
    User::of(&node.or_else(|| alive.iter().min_by_key(|facts| facts.pid))?.status)
}

/// Adds an ephemeral container that shares something with the target, and waits until it runs.
///
/// It runs with the same restrictions as the target, so that what admits the one admits the other, and as
/// `user`: the kernel shows a process's files in `/proc/PID/root` to its own user and group alone. From the
/// moment that the server took it, its name is in `added`: it stays in the pod's description whatever happens.
pub(crate) async fn start(
    target: &Target,
    spec: &core::PodSpec,
    shares: Shares<'_>,
    user: User,
    terms: Terms<'_>,
    added: &Mutex<Vec<String>>,
) -> Result<Started, PlaceError> {
    let lifetime = terms.lifetime;
    let name = format!("heapglass-{:08x}", crate::script::random() as u32);
    let image = terms.image.unwrap_or(DEFAULT_IMAGE);
    let body = description(&target.container, spec, shares, user, (&name, image), lifetime);
    let api: Api<core::Pod> = Api::namespaced(target.cluster.client(), &target.namespace);
    let what = format!("adding an ephemeral container to pod {}", target.pod);
    if terms.stop.is_asked() {
        return Err(PlaceError::Impossible { what, why: "it was interrupted".to_owned() });
    }
    add(target, &api, body, &what).await?;
    added.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
    let running = async {
        loop {
            let asked = api.get(&target.pod).await;
            let access = Access::new("get", "", "pods", Some(&target.namespace));
            let pod = asked.map_err(|error| place_error(api_error(&what, &access, &error)))?;
            match state(&pod, &name) {
                State::Running => return Ok(()),
                State::Starting => tokio::time::sleep(POLL).await,
                State::Failed(why) => {
                    let why = format!("{why}; {}", stays(&name, &target.pod));
                    return Err(PlaceError::Impossible { what: what.clone(), why });
                }
            }
        }
    };
    // An image may have to be pulled first.
    let patience = target.cluster.deadline() * 2;
    let mut stop = terms.stop.clone();
    let ended = tokio::select! {
        biased;
        ended = tokio::time::timeout(patience, running) => Some(ended),
        () = stop.asked() => None,
    };
    let why = match ended {
        Some(Ok(Ok(()))) => {
            return Ok(Started { name, image: image.to_owned(), tool: Tool::Shell });
        }
        Some(Ok(Err(error))) => return Err(error),
        Some(Err(_)) => format!("it did not start within {} s", patience.as_secs()),
        None => "it was interrupted".to_owned(),
    };
    let why = format!(
        "{why}; {}; if it starts later, it ends itself after {} s",
        stays(&name, &target.pod),
        seconds(lifetime)
    );
    Err(PlaceError::Impossible { what, why })
}

/// Adds the ephemeral container that `body` describes to the pod's description.
async fn add(
    target: &Target,
    api: &Api<core::Pod>,
    mut body: serde_json::Value,
    what: &str,
) -> Result<(), PlaceError> {
    let access = Access::ephemeral_containers(&target.namespace);
    let params = PatchParams::default();
    // Whoever gave this up would not know whether the server has taken it.
    loop {
        let patch = Patch::Strategic(body.clone());
        let patched = api.patch_ephemeral_containers(&target.pod, &params, &patch);
        let context = body.pointer_mut("/spec/ephemeralContainers/0/securityContext");
        match target.cluster.ask(what, &access, patched).await {
            Ok(_) => return Ok(()),
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
}

/// What is said of an ephemeral container that is of no use any more.
pub(crate) fn stays(name: &str, pod: &str) -> String {
    format!(
        "ephemeral container {name} stays in the description of pod {pod}, since Kubernetes cannot remove one"
    )
}

/// Ends an ephemeral container from within: that one, and none that somebody else waits with. The first process of a
/// process namespace cannot be killed from within, but it heeds SIGTERM, within a second.
pub(crate) fn end_command(name: &str) -> Vec<String> {
    let text = "for d in /proc/[0-9]*; do p=${d#/proc/}; [ \"$p\" = $$ ] && continue; \
         tr '\\0' ' ' < \"$d/cmdline\" 2>/dev/null | grep -qF \": $1;\" || continue; \
         kill \"$p\"; kill -9 \"$p\"; done 2>/dev/null; exit 0";
    // The mark is in this command line too; the shell that runs it is left out above.
    let mark = format!("{MARK} {name}");
    vec!["sh".to_owned(), "-c".to_owned(), text.to_owned(), "sh".to_owned(), mark]
}

/// Whether a process belongs to an ephemeral container of ours.
pub(crate) fn is_ours(cmdline: &[u8]) -> bool {
    memchr::memmem::find(cmdline, MARK.as_bytes()).is_some()
}

fn own_context<'a>(spec: &'a core::PodSpec, container: &str) -> Option<&'a core::SecurityContext> {
    let container = lasting(spec).find(|it| it.name == container)?;
    container.security_context.as_ref()
}

fn seconds(lifetime: Duration) -> u64 {
    lifetime.as_secs().max(60)
}

/// What it runs. It waits in the foreground, so that it ends with its time, whatever becomes of us.
fn waiting(name: &str, lifetime: Duration) -> String {
    let seconds = seconds(lifetime);
    format!(
        ": {MARK} {name}; trap 'exit 0' TERM; i=0; while [ $i -lt {seconds} ]; do sleep 1; i=$((i+1)); done"
    )
}

/// The target's restrictions, for that user.
pub(crate) fn context(target: &str, spec: &core::PodSpec, user: User) -> core::SecurityContext {
    let own = own_context(spec, target).cloned().unwrap_or_default();
    core::SecurityContext {
        read_only_root_filesystem: None,
        run_as_user: user.uid.or(own.run_as_user),
        run_as_group: user.gid.or(own.run_as_group),
        ..own
    }
}

fn description(
    target: &str,
    spec: &core::PodSpec,
    shares: Shares<'_>,
    user: User,
    (name, image): (&str, &str),
    lifetime: Duration,
) -> serde_json::Value {
    let context = context(target, spec, user);
    let mut container = serde_json::json!({
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", waiting(name, lifetime)],
        "securityContext": context,
        "terminationMessagePolicy": "File",
    });
    match shares {
        Shares::Processes => container["targetContainerName"] = target.into(),
        Shares::Volumes(mounts) => {
            container["volumeMounts"] = mounts.iter().map(Mount::description).collect();
        }
    }
    serde_json::json!({ "spec": { "ephemeralContainers": [container] } })
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

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use serde_json::json;

    use super::*;

    fn spec(pod: serde_json::Value, container: serde_json::Value) -> core::PodSpec {
        serde_json::from_value(json!({
            "securityContext": pod, "containers": [{"name": "app", "securityContext": container}],
        }))
        .expect("a pod")
    }

    fn user(uid: i64, gid: i64) -> User {
        User { uid: Some(uid), gid: Some(gid) }
    }

    #[test]
    fn it_runs_as_the_user_that_the_target_runs_as() {
        let check = |pod, container, expected: User| {
            assert_eq!(User::described(&spec(pod, container), "app", None), expected);
        };
        check(json!({}), json!({}), User::default());
        check(json!({"runAsUser": 7, "runAsGroup": 8}), json!({}), user(7, 8));
        check(json!({"runAsUser": 7, "runAsGroup": 8}), json!({"runAsUser": 9}), user(9, 8));
        check(json!({"runAsNonRoot": true}), json!({}), user(1000, 1000));
        check(json!({"runAsNonRoot": true}), json!({"runAsNonRoot": false}), User::default());
        let status = serde_json::from_value(json!({
            "name": "app", "ready": true, "restartCount": 0, "image": "", "imageID": "",
            "user": {"linux": {"uid": 1001, "gid": 0}},
        }))
        .expect("a status");
        let spec = spec(json!({"runAsUser": 7}), json!({}));
        assert_eq!(User::described(&spec, "app", Some(&status)), user(1001, 0));
    }

    #[test]
    fn a_user_that_only_the_image_names_is_seen_in_its_processes() {
        let process = |pid, comm: &str, command: &str, uid: u32| RawProcess {
            pid,
            comm: comm.to_owned(),
            cmdline: command.replace(' ', "\0").into_bytes(),
            status: format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t9\t9\t9\t9\nGroups:\t\n"),
            ..RawProcess::default()
        };
        let ours = process(40, "sh", "sh -c : heapglass-waits heapglass-1; node", 0);
        let init = process(1, "tini", "tini -- node app.js", 5);
        let node = process(7, "node", "node app.js", 1001);
        let all = [ours.clone(), init.clone(), node];
        assert_eq!(wanted_user(&all), Some(user(1001, 9)));
        assert_eq!(wanted_user(&all[..2]), Some(user(5, 9)));
        assert_eq!(wanted_user(&[ours]), None);
    }

    #[test]
    fn the_description_has_the_user_and_the_name() {
        let spec = spec(
            json!({}),
            json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsUser": 3}),
        );
        let described = |shares| {
            let user = user(1001, 0);
            description("app", &spec, shares, user, ("heapglass-a", "x"), Duration::ZERO)
        };
        let body = described(Shares::Processes);
        let container = &body["spec"]["ephemeralContainers"][0];
        assert_eq!(container["targetContainerName"], "app");
        assert_eq!(
            container["securityContext"],
            json!({"allowPrivilegeEscalation": false, "runAsUser": 1001, "runAsGroup": 0})
        );
        let command = container["command"][2].as_str().expect("a command");
        assert!(command.contains("heapglass-waits heapglass-a;"), "{command}");
        assert!(is_ours(command.as_bytes()));
        // One that does not run has no processes: whoever names it would not be started.
        let mount: core::Container = serde_json::from_value(
            json!({"name": "app", "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}),
        )
        .expect("a container");
        let body = described(Shares::Volumes(&crate::volumes::mounts(&spec, &mount)));
        let container = &body["spec"]["ephemeralContainers"][0];
        assert_eq!(container["targetContainerName"], serde_json::Value::Null);
        assert_eq!(
            container["volumeMounts"],
            json!([{"name": "tmp", "mountPath": "/heapglass/0", "readOnly": true}])
        );
    }

    #[test]
    fn only_the_one_that_is_meant_is_ended() {
        let start = |name: &str| {
            let text = waiting(name, Duration::from_secs(60));
            let mut command = std::process::Command::new("sh");
            command.args(["-c", &text]).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("starts")
        };
        let (mine, other) = (crate::script::mark(), crate::script::mark());
        let (mut own, mut foreign) = (start(&mine), start(&other));
        let command = end_command(&mine);
        let ended = std::process::Command::new(&command[0]).args(&command[1..]).status();
        assert!(ended.expect("runs").success());
        assert!(!own.wait().expect("ended").success());
        assert!(foreign.try_wait().expect("asked").is_none());
        foreign.kill().expect("ended");
        foreign.wait().expect("ended");
    }
}
