//! The program in the cluster itself, as deploy/ and docs/gather.md have it: a Job with the least rights, and the pod that
//! `oc adm must-gather` makes.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::after::unharmed;
use super::super::manifests::{BACKEND, Workload};
use super::super::{Lab, image, kube, one_file};
use super::{app, container};
use crate::workspace;

/// A workload that a release of Helm has installed; the annotations tell, since Secrets may not be read.
fn of_helm(lab: &Lab, namespace: &str) -> Value {
    let mut hub = Workload::new("hub-backstage", &lab.images).object(namespace);
    hub["metadata"]["annotations"] =
        json!({"meta.helm.sh/release-name": "hub", "meta.helm.sh/release-namespace": namespace});
    hub["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm".into();
    hub["metadata"]["labels"]["helm.sh/chart"] = "backstage-4.1.0".into();
    hub
}

/// What `kubectl apply -k` would create, for another namespace and image and under names of this run.
fn rendered(lab: &Lab, overlay: &str, from: &str, namespace: &str) -> Result<String> {
    let path = workspace::root().join("deploy/kustomize").join(overlay);
    let text = kube::ask(&["kustomize", &path.display().to_string()])?;
    let placed = text
        .replace(&format!("namespace: {from}\n"), &format!("namespace: {namespace}\n"))
        .replace("heapglass-gather", &format!("heapglass-gather-{}", lab.run))
        .replace("registry.example.com/heapglass:latest", &lab.inside()?);
    ensure!(placed.contains(&format!("namespace: {namespace}\n")), "{text}");
    ensure!(!placed.contains("registry.example.com"), "{text}");
    Ok(placed)
}

/// Waits until a pod's container `gather` has ended, and gives back how.
fn ended(namespace: &str, labels: &str, statuses: &str) -> Result<Value> {
    let mut end = Value::Null;
    kube::wait(&format!("the pod {labels} to have collected"), Duration::from_secs(600), || {
        for pod in kube::pods(namespace, labels)? {
            for status in pod["status"][statuses].as_array().into_iter().flatten() {
                if status["name"] == "gather" && status["state"]["terminated"].is_object() {
                    end = status["state"]["terminated"].clone();
                }
            }
        }
        Ok(!end.is_null())
    })?;
    Ok(end)
}

/// Copies /must-gather out of a pod, as docs/gather.md says it.
fn fetch(lab: &Lab, namespace: &str, pod: &str, container: &str, out: &str) -> Result<()> {
    let to = lab.out.join(out);
    std::fs::create_dir_all(&to)?;
    let mut tar = kube::kubectl(&["-n", namespace, "exec", pod, "-c", container, "--"])
        .args(["tar", "-C", "/must-gather", "-cf", "-", "."])
        .stdout(Stdio::piped())
        .spawn()?;
    let stream = tar.stdout.take().context("no standard output")?;
    let mut untar = std::process::Command::new("tar");
    let status = untar.args(["-xf", "-", "-C"]).arg(&to).stdin(stream).status()?;
    ensure!(tar.wait()?.success() && status.success(), "the files of {pod} cannot be fetched");
    Ok(())
}

// The Job of deploy/kustomize/one-namespace: a Role, and no right beyond its namespace.

pub(super) fn deploy_job(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("job");
    lab.deploy("job", &[of_helm(lab, &namespace)])
}

pub(super) fn check_job(lab: &Lab) -> Result<()> {
    let pods = lab.ready("job", "hub-backstage", 1)?;
    let namespace = lab.namespace("job");
    kube::apply_text(&rendered(lab, "one-namespace", "rhdh", &namespace)?)?;
    job_collects(lab, "job", &namespace, &pods[0])
}

// The same with rights in all namespaces, in one of its own.

pub(super) fn deploy_everywhere(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("apart");
    lab.deploy("apart", &[of_helm(lab, &namespace)])
}

pub(super) fn check_everywhere(lab: &Lab) -> Result<()> {
    let pods = lab.ready("apart", "hub-backstage", 1)?;
    let namespace = lab.namespace("everywhere");
    // Of a cluster that others use, only the pods of this test are taken.
    let only = format!("- --namespaces={}\n", lab.namespace("apart"));
    let text = rendered(lab, "cluster", "heapglass", &namespace)?
        .replace("  name: heapglass\n", &format!("  name: {namespace}\n{}", lab.label()))
        .replace("- --compress\n", &format!("- --compress\n        {only}"));
    ensure!(text.contains(&only), "{text}");
    let name = format!("heapglass-gather-{}", lab.run);
    with_rights(&name, || {
        kube::apply_text(&text)?;
        // The run takes away by its label what is left when the program is killed.
        let label = format!("heapglass-test=run{}", lab.run);
        kube::ask(&["label", "clusterrole,clusterrolebinding", &name, &label])?;
        job_collects(lab, "everywhere", &namespace, &pods[0])
    })
}

/// Does something that gives rights in the whole cluster under a name, and takes them away again whatever comes of it.
fn with_rights(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let result = work();
    let delete = ["delete", "clusterrole,clusterrolebinding", name, "--ignore-not-found"];
    let deleted = kube::ask(&delete).map(|_| ());
    result.and(deleted)
}

/// Waits for the Job, fetches what it has collected, and opens it.
fn job_collects(lab: &Lab, out: &str, namespace: &str, pod: &Value) -> Result<()> {
    let labels = format!("app=heapglass-gather-{}", lab.run);
    let end = ended(namespace, &labels, "initContainerStatuses")?;
    let holder = kube::pods(namespace, &labels)?.first().map(kube::name).context("no pod")?;
    let log = kube::ask(&["-n", namespace, "logs", &holder, "-c", "gather"])?;
    ensure!(end["exitCode"] == 0, "{end}: {log}");
    kube::wait("the holder of the files", Duration::from_secs(60), || {
        let pods = kube::pods(namespace, &labels)?;
        Ok(pods.first().is_some_and(kube::is_ready))
    })?;
    // Whoever may enter the holder does not get the collector's rights with it.
    let look = "test ! -e /var/run/secrets/kubernetes.io/serviceaccount/token && echo none";
    let said = kube::ask(&[
        "-n",
        namespace,
        "exec",
        &holder,
        "-c",
        "data-holder",
        "--",
        "sh",
        "-c",
        look,
    ])?;
    ensure!(said.trim() == "none", "the holder has a token: {said}");
    fetch(lab, namespace, &holder, "data-holder", out)?;
    collected(lab, out, pod, &log)
}

/// One release with one snapshot, whole for the engine.
fn collected(lab: &Lab, out: &str, pod: &Value, log: &str) -> Result<()> {
    let index = lab.index(out)?;
    ensure!(index["summary"]["collected"] == 1, "{log}\n{index:#}");
    ensure!(index["missing_rights"] == json!([]), "{log}\n{index:#}");
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
    let directory = container(&format!("helm/releases/ns={namespace}/hub/deployment"), pod);
    one_file(&lab.files(out)?, &format!("{directory}/heapdump-"), ".heapsnapshot.zst")?;
    ensure!(lab.open(out)? == 1);
    unharmed(pod, "node", &[])
}

// The pod of `oc adm must-gather`: two containers that share a directory, the rights of an administrator, a command that
// bash runs in a session of its own. A limit of 512 MB, and several big heaps at a time.

pub(super) fn deploy_must_gather(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("must-gather");
    let big = |name: &str| {
        let big = Workload { limit: "3Gi", ..app(name, &lab.images) };
        big.env("OBJECTS", "150000").object(&namespace)
    };
    lab.deploy("must-gather", &[big("one"), big("two"), big("three")])
}

pub(super) fn check_must_gather(lab: &Lab) -> Result<()> {
    // The image of the test has the packages of its base, whatever the real one is given.
    image::has_what_must_gather_runs()?;
    let mut pods = Vec::new();
    for name in ["one", "two", "three"] {
        pods.extend(lab.ready("must-gather", name, 1)?);
    }
    let namespace = lab.namespace("must-gather");
    let binding = format!("hg-must-gather-{}", lab.run);
    let image = lab.inside()?;
    with_rights(&binding, || {
        let administrator = administrator(lab, &binding, &namespace);
        kube::apply(&[administrator, must_gather(&image, &namespace)])?;
        must_gather_collects(lab, &namespace, &pods)
    })
}

fn must_gather_collects(lab: &Lab, namespace: &str, pods: &[Value]) -> Result<()> {
    let end = ended(namespace, "app=must-gather", "containerStatuses")?;
    let log = kube::ask(&["-n", namespace, "logs", "must-gather", "-c", "gather"])?;
    ensure!(end["exitCode"] == 0 && end["reason"] == "Completed", "{end}: {log}");
    // The copying is done by the other container.
    fetch(lab, namespace, "must-gather", "copy", "must-gather")?;
    let index = lab.index("must-gather")?;
    ensure!(index["summary"]["collected"] == 3, "{log}\n{index:#}");
    let files = lab.files("must-gather")?;
    for pod in pods {
        let name = pod["metadata"]["labels"]["app"].as_str().unwrap_or_default();
        let place = container(&format!("helm/standalone/ns={namespace}/{name}/deployment"), pod);
        one_file(&files, &format!("{place}/heapdump-"), ".heapsnapshot")?;
        unharmed(pod, "node", &[])?;
    }
    ensure!(lab.open("must-gather")? == 3);
    Ok(())
}

fn administrator(lab: &Lab, name: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name, "labels": {"heapglass-test": format!("run{}", lab.run)}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
    })
}

fn must_gather(image: &str, namespace: &str) -> Value {
    let gather = format!(
        "for tool in setsid ps pkill awk du df; do command -v $tool || exit 90; done\n\
         sleep 600 & setsid -w bash <<END\n\
         /usr/bin/gather --with-heap-dumps --namespaces {namespace} --container {BACKEND}\n\
         END\n\
         code=$?; sync; exit $code"
    );
    let mounts = json!([{"name": "must-gather-output", "mountPath": "/must-gather"}]);
    let container = |name: &str, command: &str| {
        json!({
            "name": name, "image": image, "imagePullPolicy": "IfNotPresent",
            "command": ["/bin/bash", "-c", command], "volumeMounts": mounts,
            "terminationMessagePolicy": "FallbackToLogsOnError",
        })
    };
    let mut gather = container("gather", &gather);
    gather["resources"] =
        json!({"limits": {"memory": "512Mi"}, "requests": {"memory": "32Mi", "cpu": "1m"}});
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "must-gather", "namespace": namespace, "labels": {"app": "must-gather"}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "priorityClassName": "system-cluster-critical",
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"operator": "Exists"}],
            "containers": [gather, container("copy", "trap : TERM INT; sleep infinity & wait")],
            "volumes": [{"name": "must-gather-output", "emptyDir": {}}],
        },
    })
}
