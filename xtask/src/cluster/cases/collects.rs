//! What is collected, from which processes, and where it lies.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::super::after::{self, unharmed};
use super::super::manifests::{self, BACKEND, Workload};
use super::super::{Lab, kube, one_file};
use super::{app, container};
use crate::bench::measure::cost_of;

// Two namespaces: a release that Helm knows (two replicas, read-only root, a sidecar, a second Deployment, a
// database) and Backstage resources (a Deployment without a shell in its image, a StatefulSet).

pub(super) fn deploy_two(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("helm");
    let secret = "correct-horse-battery-staple";
    let hub = Workload {
        replicas: 2,
        read_only: true,
        probe: Some(
            json!({"httpGet": {"path": "/", "port": 3000}, "periodSeconds": 10, "failureThreshold": 3}),
        ),
        sidecar: Some(json!({
            "name": "proxy", "image": lab.images.busybox, "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", "echo proxy runs; sleep 3600"],
            "securityContext": {"runAsUser": 1000},
        })),
        ..Workload::new("hub-backstage", &lab.images)
    };
    let hub = hub
        .env("DB_PASSWORD", secret)
        .env("NODE_AUTH_TOKEN", secret)
        .env("NODE_OPTIONS", "--max-old-space-size=400");
    let second = Workload::new("hub-lightspeed", &lab.images);
    let database = Workload {
        container: "postgresql",
        kind: "StatefulSet",
        ..Workload::new("hub-postgresql", &lab.images)
    };
    let workloads = [hub, second, database].map(|workload| workload.object(&namespace));
    let release =
        manifests::release(&namespace, "hub", "backstage", &workloads.iter().collect::<Vec<_>>())?;
    lab.deploy("helm", &[workloads.as_slice(), &[release]].concat())?;

    kube::apply(&[manifests::definition()])?;
    kube::wait("the definition of Backstage resources", Duration::from_secs(30), || {
        Ok(kube::ask(&["get", "backstages.rhdh.redhat.com", "-A"]).is_ok())
    })?;
    let namespace = lab.namespace("crs");
    let portal = Workload::new("backstage-portal", &lab.images).bare(&lab.images);
    let set = Workload {
        kind: "StatefulSet",
        ..Workload::new("backstage-set", &lab.images).bare(&lab.images)
    };
    lab.deploy(
        "crs",
        &[
            manifests::backstage(&namespace, "portal", "Deployment"),
            manifests::backstage(&namespace, "set", "StatefulSet"),
            portal.object(&namespace),
            set.object(&namespace),
        ],
    )
}

pub(super) fn check_two(lab: &Lab) -> Result<()> {
    let (helm, crs) = (lab.namespace("helm"), lab.namespace("crs"));
    let hub = lab.ready("helm", "hub-backstage", 2)?;
    let second = lab.ready("helm", "hub-lightspeed", 1)?;
    let portal = lab.ready("crs", "backstage-portal", 1)?;
    let set = lab.ready("crs", "backstage-set", 1)?;
    lab.ready("helm", "hub-postgresql", 1)?;
    let namespaces = format!("--namespaces={helm},{crs}");
    let said = lab
        .gather("two", &["--with-heap-dumps", &namespaces, "--strict", "--without-orchestrator"])?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let files = lab.files("two")?;
    let release = format!("helm/releases/ns={helm}/hub");
    for pod in &hub {
        is_as_documented(&files, &release, pod)?;
    }
    one_file(
        &files,
        &format!("{release}/deployment=hub-lightspeed/heap-dumps/pod={}", kube::name(&second[0])),
        ".heapsnapshot",
    )?;
    ensure!(!files.iter().any(|file| file.contains("postgresql")), "the database was dumped");
    let cr = |name: &str, pod: &Value| {
        let directory =
            container(&format!("operator/backstage-crs/ns={crs}/{name}/deployment"), pod);
        one_file(&files, &format!("{directory}/heapdump-"), ".heapsnapshot")
    };
    cr("portal", &portal[0])?;
    cr("set", &set[0])?;
    ensure!(
        files.contains(&format!("operator/backstage-crs/ns={crs}/set/deployment/statefulset.yaml"))
    );
    ensure!(lab.open("two")? == 5, "not five snapshots");
    let index = lab.index("two")?;
    ensure!(
        index["summary"]["collected"] == 5 && index["schema_version"] == 1,
        "{}",
        index["summary"]
    );
    ensure!(index["missing_rights"] == json!([]) && index["errors"] == json!([]), "{index}");
    nothing_is_secret(lab, "two", &files)?;
    for pod in hub.iter().chain(&second) {
        unharmed(pod, "node", &[])?;
    }
    for pod in portal.iter().chain(&set) {
        unharmed(pod, "/usr/bin/node", &[])?;
    }
    // Only one of them, by a part of its name.
    let said = lab.gather(
        "one",
        &["--with-heap-dumps", &namespaces, "--heap-dump-instances", "nobody,porta"],
    )?;
    let index = lab.index("one")?;
    ensure!(said.code == 0 && index["summary"]["collected"] == 1, "{}", index["summary"]);
    Ok(())
}

/// The files of a pod of Backstage have the names that the guide gives them.
fn is_as_documented(files: &BTreeSet<String>, release: &str, pod: &Value) -> Result<()> {
    let directory = container(&format!("{release}/deployment"), pod);
    for file in ["process-info.txt", "heap-dump.log"] {
        ensure!(files.contains(&format!("{directory}/{file}")), "{directory}/{file}: {files:#?}");
    }
    let snapshot = one_file(files, &format!("{directory}/heapdump-"), ".heapsnapshot")?;
    let name = snapshot.rsplit('/').next().unwrap_or_default();
    let as_documented = regex::Regex::new(r"^heapdump-\d{8}-\d{6}\.heapsnapshot$")?;
    ensure!(as_documented.is_match(name), "{name}");
    let name = kube::name(pod);
    for file in [
        format!("heap-dumps/pod={name}/pod-spec.yaml"),
        "deployment.yaml".to_owned(),
        format!("logs/pod={name}/container={BACKEND}/current.txt"),
        format!("logs/pod={name}/container=proxy/current.txt"),
    ] {
        ensure!(files.contains(&format!("{release}/deployment/{file}")), "{file}: {files:#?}");
    }
    Ok(())
}

/// What is secret is nowhere but in the snapshots.
fn nothing_is_secret(lab: &Lab, collection: &str, files: &BTreeSet<String>) -> Result<()> {
    let mut masked = 0;
    for file in files.iter().filter(|file| !file.contains(".heapsnapshot")) {
        let text = lab.text(collection, file)?;
        ensure!(!text.contains("correct-horse"), "{file} has a password in it");
        masked += text.matches("[REDACTED").count();
    }
    ensure!(masked > 4, "only {masked} masks");
    Ok(())
}

// A heap of many megabytes: the collector stays small.

pub(super) fn deploy_big(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("big");
    let big = Workload { limit: "6Gi", ..app("big", &lab.images) }.env("OBJECTS", "900000");
    lab.deploy("big", &[big.object(&namespace)])
}

pub(super) fn check_big(lab: &Lab) -> Result<()> {
    let pods = lab.ready("big", "big", 1)?;
    let namespace = lab.namespace("big");
    let command =
        lab.command("big", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"]);
    let cost = cost_of(&command)?;
    let index = lab.index("big")?;
    let snapshot = index
        .pointer("/workloads/0/pods/0/containers/0/processes/0/snapshots/0")
        .context("no snapshot")?;
    println!(
        "        collector: {} MB at its peak, {:.1} s, {:.1} s of processor; snapshot: {} MB, pause {} ms",
        cost.peak_rss_bytes / 1_000_000,
        cost.wall_s,
        cost.cpu_s(),
        snapshot["bytes"].as_u64().unwrap_or(0) / 1_000_000,
        snapshot["pause_ms"],
    );
    ensure!(snapshot["complete"] == true, "{snapshot}");
    ensure!(cost.peak_rss_bytes < 64 << 20, "the collector took {} bytes", cost.peak_rss_bytes);
    ensure!(lab.open("big")? == 1);
    unharmed(&pods[0], "node", &[])
}

// A snapshot that lies in the pod, from before its restart.

pub(super) fn deploy_leftovers(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("leftovers");
    let left =
        app("left", &lab.images).env("LEAVE", "1").env("NODE_OPTIONS", "--diagnostic-dir=/tmp");
    lab.deploy("leftovers", &[left.object(&namespace)])
}

pub(super) fn check_leftovers(lab: &Lab) -> Result<()> {
    let pods = lab.ready("leftovers", "left", 1)?;
    let namespace = lab.namespace("leftovers");
    let said =
        lab.gather("leftovers", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"])?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("leftovers")?;
    let found = index
        .pointer("/workloads/0/pods/0/containers/0/found_snapshots/0")
        .context("none found")?;
    ensure!(found["complete"] == true && found["method"] == "found", "{found}");
    ensure!(found["remote_path"] == "/tmp/Heap.20260101.120000.1.0.001.heapsnapshot", "{found}");
    ensure!(index["summary"]["collected"] == 1, "{}", index["summary"]);
    let files = lab.files("leftovers")?;
    one_file(&files, "", ".found.heapsnapshot")?;
    let previous = lab
        .text("leftovers", &one_file(&files, "", &format!("container={BACKEND}/previous.txt"))?)?;
    ensure!(previous.contains("leaving"), "{previous}");
    ensure!(lab.open("leftovers")? == 2);
    unharmed(&pods[0], "node", &["left", "Heap.20260101.120000.1.0.001.heapsnapshot"])?;
    let seen = after::look(&pods[0], BACKEND, "node")?;
    ensure!(seen["files"].to_string().contains("heapsnapshot"), "it was taken away: {seen}");
    Ok(())
}

// Several Node.js processes in one container, and worker threads.

pub(super) fn deploy_several(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("several");
    let several = app("several", &lab.images).env("CHILDREN", "1").env("WORKERS", "1");
    lab.deploy("several", &[several.object(&namespace)])
}

pub(super) fn check_several(lab: &Lab) -> Result<()> {
    let pods = lab.ready("several", "several", 1)?;
    let namespace = lab.namespace("several");
    let said = lab.gather(
        "several",
        &["--with-heap-dumps", "--namespaces", &namespace, "--compress", "--strict"],
    )?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("several")?;
    ensure!(index["summary"]["collected"] == 2, "{}", said.stdout);
    ensure!(lab.open("several")? == 2, "not two snapshots: {:?}", lab.files("several")?);
    // And its worker thread. What is asked of it is cut on its way, which Node.js does not always bear.
    let said = lab.gather(
        "workers",
        &["--with-heap-dumps", "--namespaces", &namespace, "--workers", "--strict"],
    )?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    ensure!(lab.open("workers")? == 3, "not three snapshots: {:?}", lab.files("workers")?);
    unharmed(&pods[0], "node", &[])
}

// Two replicas of a workload: one after the other, however many workloads go on beside each other, unless it is asked for.

pub(super) fn deploy_replicas(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("replicas");
    let twice = Workload { replicas: 2, ..app("twice", &lab.images) }.env("OBJECTS", "50000");
    lab.deploy("replicas", &[twice.object(&namespace)])
}

pub(super) fn check_replicas(lab: &Lab) -> Result<()> {
    let pods = lab.ready("replicas", "twice", 2)?;
    let namespace = lab.namespace("replicas");
    for (out, flag, together) in
        [("in-turn", "--strict", false), ("at-once", "--replicas-at-once", true)]
    {
        let args = ["--with-heap-dumps", "--namespaces", &namespace, "--parallel", "4", flag];
        let said = lab.gather(out, &args)?;
        ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
        ensure!(lab.index(out)?["summary"]["collected"] == 2, "{}", said.stdout);
        let files = lab.files(out)?;
        let mut times = Vec::new();
        for file in files.iter().filter(|file| file.ends_with("/heap-dump.log")) {
            let log = lab.text(out, file)?;
            // Each line begins with its time, all in the same form, so that they sort as texts.
            let begins = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
            let first = log.lines().next().map(begins).context("an empty log")?;
            let last = log.lines().last().map(begins).context("an empty log")?;
            times.push((first, last));
        }
        times.sort();
        let [(_, ended), (began, _)] = &times[..] else { bail!("not two logs: {times:?}") };
        ensure!((began < ended) == together, "{flag}: {times:?}");
    }
    pods.iter().try_for_each(|pod| unharmed(pod, "node", &[]))
}

// The inspector is shut for good: the signal.

pub(super) fn deploy_signal(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("signal");
    let options = "--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp";
    let with =
        Workload { read_only: true, ..app("with", &lab.images) }.env("NODE_OPTIONS", options);
    let without = app("without", &lab.images);
    lab.deploy("signal", &[with.object(&namespace), without.object(&namespace)])
}

pub(super) fn check_signal(lab: &Lab) -> Result<()> {
    let with = lab.ready("signal", "with", 1)?;
    let without = lab.ready("signal", "without", 1)?;
    let namespace = lab.namespace("signal");
    let mut command = lab.command(
        "signal",
        &["--with-heap-dumps", "--namespaces", &namespace, "--heap-dump-method=sigusr2"],
    );
    let output = command.env("HEAP_DUMP_SIGUSR2_STABLE_SECONDS", "3").output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(0), "{said}");
    let index = lab.index("signal")?;
    // The signal would kill the one that does not catch it: it must not be sent.
    ensure!(index["summary"]["collected"] == 1, "{said}");
    let (refused, failed) = (&index["summary"]["refused"], &index["summary"]["failed"]);
    ensure!(refused.as_u64().unwrap_or(0) + failed.as_u64().unwrap_or(0) == 1, "{said}");
    let files = lab.files("signal")?;
    let text = lab.text("signal", &one_file(&files, "", "collection-failed.txt")?)?;
    ensure!(text.contains("--heapsnapshot-signal=SIGUSR2"), "{text}");
    ensure!(lab.open("signal")? == 1);
    unharmed(&with[0], "node", &[])?;
    unharmed(&without[0], "node", &[])
}

// No pods, no Node.js, and pods by their labels.

pub(super) fn deploy_nothing(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("nothing");
    let asleep = Workload { replicas: 0, ..app("asleep", &lab.images) };
    let mut shell = app("shell", &lab.images).object(&namespace);
    let container = &mut shell["spec"]["template"]["spec"]["containers"][0];
    container["command"] = json!(["sh", "-c", ": node; sleep 3600"]);
    container["readinessProbe"] = Value::Null;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "alone", "namespace": namespace, "labels": {"role": "worker", "app": "alone"}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
            "name": "app", "image": lab.images.debian, "imagePullPolicy": "IfNotPresent",
            "command": ["node", "-e", "setInterval(() => {}, 1000)"],
        }]},
    });
    lab.deploy("nothing", &[asleep.object(&namespace), shell, pod])
}

pub(super) fn check_nothing(lab: &Lab) -> Result<()> {
    lab.ready("nothing", "shell", 1)?;
    lab.ready("nothing", "alone", 1)?;
    let namespace = lab.namespace("nothing");
    let said = lab.gather("nothing", &["--with-heap-dumps", "--namespaces", &namespace])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let files = lab.files("nothing")?;
    let none =
        lab.text("nothing", &one_file(&files, "", "asleep/deployment/heap-dumps/no-pods.txt")?)?;
    ensure!(none.starts_with("No running pods found"), "{none}");
    let none = lab.text("nothing", &one_file(&files, "", "no-node-process.txt")?)?;
    ensure!(none.contains("No Node.js process found") && none.contains("sleep 3600"), "{none}");
    let said = lab.gather(
        "alone",
        &["--with-heap-dumps", "--namespaces", &namespace, "--selector", "role=worker"],
    )?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let files = lab.files("alone")?;
    one_file(
        &files,
        &format!("workloads/ns={namespace}/alone/pod/heap-dumps/pod=alone/container=app/heapdump-"),
        ".heapsnapshot",
    )?;
    Ok(())
}
