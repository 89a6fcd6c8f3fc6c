//! Pods that change while they are asked: containers that are restarted, pods that are evicted. And pods whose containers
//! see each other's processes, or those of the whole node.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::after::{look, unharmed};
use super::super::manifests::{BACKEND, Workload};
use super::super::{Lab, kube, one_file};
use super::app;
use super::harm::started;

// A container whose process is killed: it is restarted, and the next process has the number of the last one.

pub(super) fn deploy_restarted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("restarted");
    let app = Workload { limit: "3Gi", ..app("again", &lab.images) }.env("OBJECTS", "300000");
    let mut object = app.object(&namespace);
    // The first process of a container cannot be killed from within.
    object["spec"]["template"]["spec"]["containers"][0]["command"] =
        json!(["sh", "-c", "node /cfg/app.js; exit 1"]);
    lab.deploy("restarted", &[object])
}

/// Kills the process, and waits until there is another container.
fn kill(namespace: &str, pod: &Value) -> Result<()> {
    let name = kube::name(pod);
    let command =
        ["-n", namespace, "exec", &name, "-c", BACKEND, "--", "pkill", "-9", "-f", "cfg/app"];
    // The command may end with the container that it ends: how it did says nothing.
    let output = kube::kubectl(&command).output().context("failed to start kubectl")?;
    let what = format!("a restart of {name} (pkill ended with {})", output.status);
    kube::wait(&what, Duration::from_secs(90), || {
        let now = kube::ask_json(&["-n", namespace, "get", "pod", &name])?;
        Ok(kube::restarts(&now) > kube::restarts(pod) || containers(&now) != containers(pod))
    })
}

/// The ids of a pod's containers.
fn containers(pod: &Value) -> Vec<&Value> {
    let statuses = pod["status"]["containerStatuses"].as_array();
    statuses.into_iter().flatten().map(|status| &status["containerID"]).collect()
}

pub(super) fn check_restarted(lab: &Lab) -> Result<()> {
    let pods = lab.ready("restarted", "again", 1)?;
    let namespace = lab.namespace("restarted");
    // In the middle of a snapshot.
    let child = started(lab, "restarted", &["--with-heap-dumps", "--namespaces", &namespace])?;
    kill(&namespace, &pods[0])?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(0), "ended with {}: {said}", output.status);
    ensure!(lab.index("restarted")?["summary"]["collected"] == 0, "{said}");
    let files = lab.files("restarted")?;
    let text = lab.text("restarted", &one_file(&files, "", "collection-failed.txt")?)?;
    ensure!(text.contains("ended meanwhile") && text.contains("(restarts: 0 before"), "{text}");
    ensure!(!text.contains("Left behind"), "{text}");
    // Between two snapshots.
    let pods = lab.ready("restarted", "again", 1)?;
    ensure!(kube::restarts(&pods[0]) == 1, "restarted {} times", kube::restarts(&pods[0]));
    between(lab, &namespace, &pods[0])?;
    // Of the one that runs now nothing was opened.
    let pods = lab.ready("restarted", "again", 1)?;
    let seen = look(&pods[0], BACKEND, "node")?;
    ensure!(seen["inspector"] == false, "{seen}");
    Ok(())
}

fn between(lab: &Lab, namespace: &str, pod: &Value) -> Result<()> {
    let out = lab.out.join("series.heapsnapshot");
    let mut child = Command::new(&lab.program)
        .args(["capture", "--pod", &format!("{namespace}/{}/{BACKEND}", kube::name(pod))])
        .args(["--snapshots", "2", "--interval", "40s", "--out"])
        .arg(&out)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let first = lab.out.join("series-1.heapsnapshot");
    kube::wait("the first snapshot of a series", Duration::from_secs(60), || {
        Ok(first.exists() || child.try_wait()?.is_some())
    })?;
    kill(namespace, pod)?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.code() == Some(4), "ended with {}: {said}", output.status);
    let end = "the process ended, and the series with it: 1 of 2 snapshots are whole";
    ensure!(said.contains(end), "{said}");
    ensure!(!Path::new(&lab.out.join("series-2.heapsnapshot")).exists(), "{said}");
    Ok(())
}

// A container that ends again and again, as one does whose process runs out of memory: no command can be run in it, and
// what it left in its volume is fetched all the same.

/// Leaves a snapshot behind once, and dies each time.
const CRASHES: &str = "const file = '/tmp/Heap.20260101.120000.1.0.001.heapsnapshot';
if (!require('fs').existsSync(file)) require('v8').writeHeapSnapshot(file);
process.exit(1);";

pub(super) fn deploy_crashing(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("crashing");
    let mut object = app("crashing", &lab.images).object(&namespace);
    let container = &mut object["spec"]["template"]["spec"]["containers"][0];
    container["command"] = json!(["node", "-e", CRASHES]);
    container["readinessProbe"] = Value::Null;
    lab.deploy("crashing", &[object])
}

pub(super) fn check_crashing(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("crashing");
    let waits = |pod: &Value| {
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    };
    let gathered = |out: &str, more: &[&str]| -> Result<Value> {
        // It runs for a moment now and then.
        kube::wait("a container that waits to be restarted", Duration::from_secs(90), || {
            let pods = kube::pods(&namespace, "app=crashing")?;
            Ok(pods.len() == 1 && pods.iter().all(waits))
        })?;
        let args = [&["--with-heap-dumps", "--namespaces", &namespace], more].concat();
        let said = lab.gather(out, &args)?;
        ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
        let index = lab.index(out)?;
        let container = index.pointer("/workloads/0/pods/0/containers/0");
        Ok(container.with_context(|| format!("no container: {}", said.stdout))?.clone())
    };
    // Where nothing may be added to the pod, a person is told how to.
    let container = gathered("crashing-exec", &["--via", "exec"])?;
    not_asked(lab, &namespace)?;
    ensure!(container["found_snapshots"] == json!([]), "{container:#}");
    let files = lab.files("crashing-exec")?;
    let text = lab.text("crashing-exec", &one_file(&files, "", "no-node-process.txt")?)?;
    ensure!(text.contains("CrashLoopBackOff") && text.contains("volumes.json"), "{text}");
    let container = gathered("crashing", &["--debug-image", &lab.images.busybox])?;
    let found = &container["found_snapshots"][0];
    ensure!(found["complete"] == true && found["method"] == "found", "{container:#}");
    ensure!(
        found["remote_path"] == "/tmp/Heap.20260101.120000.1.0.001.heapsnapshot",
        "{container:#}"
    );
    let files = lab.files("crashing")?;
    one_file(&files, "", ".found.heapsnapshot")?;
    let text = lab.text("crashing", &one_file(&files, "", "no-node-process.txt")?)?;
    ensure!(text.contains("were collected: 1"), "{text}");
    ensure!(lab.open("crashing")? == 1);
    // It is the first process of its own namespace, and ends all the same.
    let name = &container["ephemeral_container"];
    kube::wait("the ephemeral container to end", Duration::from_secs(15), || {
        let pods = kube::pods(&namespace, "app=crashing")?;
        let all = pods.iter().filter_map(|pod| {
            pod["status"]["ephemeralContainerStatuses"].as_array().map(Vec::as_slice)
        });
        Ok(all.flatten().any(|it| it["name"] == *name && it["state"]["terminated"].is_object()))
    })
}

/// A container that waits is not asked by `capture`, and nothing is added to its pod for that.
fn not_asked(lab: &Lab, namespace: &str) -> Result<()> {
    let pods = kube::pods(namespace, "app=crashing")?;
    let name = format!("{namespace}/{}", kube::name(pods.first().context("no pod")?));
    // It runs for a moment now and then.
    kube::wait("a container that is said not to run", Duration::from_secs(90), || {
        let mut command = Command::new(&lab.program);
        command.args(["capture", "--pod", &name, "--out"]).arg(lab.out.join("not-asked"));
        let said = command.stdin(Stdio::null()).output()?.stderr;
        Ok(String::from_utf8_lossy(&said).contains("it does not run"))
    })?;
    let pods = kube::pods(namespace, "app=crashing")?;
    ensure!(pods.iter().all(|pod| pod["spec"]["ephemeralContainers"].is_null()), "{pods:?}");
    Ok(())
}

// Pods that are evicted, as when a node is drained: one that has a second to end, and one that has minutes.

pub(super) fn deploy_evicted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("evicted");
    let pod = |name: &str, grace| {
        let pod = Workload { limit: "3Gi", grace, ..app(name, &lab.images) };
        pod.env("OBJECTS", "300000").object(&namespace)
    };
    lab.deploy("evicted", &[pod("hasty", 1), pod("patient", 120)])
}

fn evict(namespace: &str, pod: &Value) -> Result<()> {
    let name = kube::name(pod);
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/eviction");
    let post = |version: &str| {
        let eviction = json!({"apiVersion": version, "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace}});
        kube::ask_with(&["create", "--raw", &path, "-f", "-"], &eviction.to_string())
    };
    // Servers before 1.22 know the older version alone.
    post("policy/v1").or_else(|_| post("policy/v1beta1")).map(|_| ())
}

pub(super) fn check_evicted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("evicted");
    let one =
        |name| ["--with-heap-dumps", "--namespaces", &namespace, "--heap-dump-instances", name];
    let hasty = lab.ready("evicted", "hasty", 1)?;
    let child = started(lab, "hasty", &one("hasty"))?;
    evict(&namespace, &hasty[0])?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(0), "ended with {}: {said}", output.status);
    let files = lab.files("hasty")?;
    let text = lab.text("hasty", &one_file(&files, "", "collection-failed.txt")?)?;
    ensure!(text.contains("deleted"), "{text}");
    ensure!(text.contains("Run the same command again"), "{text}");
    ensure!(!text.contains("Left behind"), "{text}");
    // The other one has the time, and the kubelet waits for it.
    let patient = lab.ready("evicted", "patient", 1)?;
    let child = started(lab, "patient", &one("patient"))?;
    evict(&namespace, &patient[0])?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let name = kube::name(&patient[0]);
    kube::ask(&["-n", &namespace, "delete", "pod", &name, "--grace-period=0", "--force"])?;
    ensure!(lab.index("patient")?["summary"]["collected"] == 1, "{said}");
    ensure!(lab.open("patient")? == 1);
    Ok(())
}

// Containers that share a process namespace, with Node.js in both and the same user.

/// Notes each signal that it gets.
const NEIGHBOUR: &str = "for (const s of ['SIGUSR1', 'SIGUSR2']) process.on(s, () => require('fs').writeFileSync('/home/node/signalled', s));
setInterval(() => {}, 1000);";

pub(super) fn deploy_shared(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("shared");
    let neighbour = json!({
        "name": "neighbour", "image": lab.images.debian, "imagePullPolicy": "IfNotPresent",
        "command": ["node", "-e", NEIGHBOUR],
    });
    let shared = Workload { sidecar: Some(neighbour), ..app("shared", &lab.images) };
    let mut object = shared.object(&namespace);
    object["spec"]["template"]["spec"]["shareProcessNamespace"] = true.into();
    lab.deploy("shared", &[object])
}

pub(super) fn check_shared(lab: &Lab) -> Result<()> {
    let pods = lab.ready("shared", "shared", 1)?;
    let namespace = lab.namespace("shared");
    // It has to be true that each sees the other's processes.
    let seen = look(&pods[0], BACKEND, "node")?["processes"].to_string();
    ensure!(seen.contains("/cfg/app.js") && seen.contains("signalled"), "{seen}");
    let said =
        lab.gather("shared", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"])?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("shared")?;
    let container = index.pointer("/workloads/0/pods/0/containers/0").context("no container")?;
    let processes = container["processes"].as_array().context("no processes")?;
    ensure!(processes.len() == 1, "{container:#}");
    ensure!(processes[0]["command"] == "node /cfg/app.js", "{container:#}");
    ensure!(lab.open("shared")? == 1);
    unharmed(&pods[0], "node", &[])?;
    let name = kube::name(&pods[0]);
    let home = ["-n", &namespace, "exec", &name, "-c", "neighbour", "--", "ls", "/home/node"];
    let files = kube::ask(&home)?;
    ensure!(!files.contains("signalled"), "the neighbour got a signal");
    Ok(())
}

// A pod that sees the processes of its whole node, among them those of another pod, with Node.js and the same user.

pub(super) fn deploy_node(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("node");
    let mut sees = app("sees", &lab.images).object(&namespace);
    sees["spec"]["template"]["spec"]["hostPID"] = true.into();
    let mut other = app("other", &lab.images).object(&namespace);
    let container = &mut other["spec"]["template"]["spec"]["containers"][0];
    container["command"] = json!(["node", "-e", NEIGHBOUR]);
    container["readinessProbe"] = Value::Null;
    // On a cluster of several nodes they would miss each other.
    other["spec"]["template"]["spec"]["affinity"] = json!({"podAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "sees"}}, "topologyKey": "kubernetes.io/hostname"},
        ],
    }});
    lab.deploy("node", &[sees, other])
}

pub(super) fn check_node(lab: &Lab) -> Result<()> {
    let pods = lab.ready("node", "sees", 1)?;
    let others = lab.ready("node", "other", 1)?;
    let namespace = lab.namespace("node");
    // It has to be true that it sees the other's process.
    let seen = look(&pods[0], BACKEND, "node")?["processes"].to_string();
    ensure!(seen.contains("signalled"), "{seen}");
    let instance = ["--heap-dump-instances", "sees"];
    let args = [&["--with-heap-dumps", "--namespaces", &namespace, "--strict"], &instance[..]];
    let said = lab.gather("node", &args.concat())?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("node")?;
    let container = index.pointer("/workloads/0/pods/0/containers/0").context("no container")?;
    let processes = container["processes"].as_array().context("no processes")?;
    ensure!(processes.len() == 1, "{container:#}");
    ensure!(processes[0]["command"] == "node /cfg/app.js", "{container:#}");
    ensure!(lab.open("node")? == 1);
    unharmed(&pods[0], "node", &[])?;
    let name = kube::name(&others[0]);
    let files = kube::ask(&["-n", &namespace, "exec", &name, "--", "ls", "/home/node"])?;
    ensure!(!files.contains("signalled"), "the other pod's process got a signal");
    Ok(())
}
