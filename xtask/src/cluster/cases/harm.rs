//! Processes that a snapshot would harm, and collections that are cut off: what is left behind.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::super::after::{look, unharmed};
use super::super::manifests::{BACKEND, Workload};
use super::super::{Lab, kube, one_file};
use super::app;

// A memory limit that the snapshot would break.

pub(super) fn deploy_memory(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("memory");
    let tight = Workload { limit: "180Mi", ..app("tight", &lab.images) }.env("OBJECTS", "250000");
    lab.deploy("memory", &[tight.object(&namespace)])
}

pub(super) fn check_memory(lab: &Lab) -> Result<()> {
    let pods = lab.ready("memory", "tight", 1)?;
    let namespace = lab.namespace("memory");
    let said = lab.gather("memory", &["--with-heap-dumps", "--namespaces", &namespace])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let index = lab.index("memory")?;
    ensure!(index["summary"]["refused"] == 1, "{}", said.stdout);
    let files = lab.files("memory")?;
    let text = lab.text("memory", &one_file(&files, "", "collection-failed.txt")?)?;
    for expected in ["memory limit", "--subresource resize", "--force", "What was checked"] {
        ensure!(text.contains(expected), "{expected}: {text}");
    }
    ensure!(!files.iter().any(|file| file.contains(".heapsnapshot")), "{files:?}");
    unharmed(&pods[0], "node", &[])?;
    let said =
        lab.gather("memory2", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"])?;
    ensure!(said.code == 4, "with --strict: code {}", said.code);
    let said =
        lab.gather("memory3", &["--with-heap-dumps", "--namespaces", &namespace, "--dry-run"])?;
    let judged = said.stdout.contains("caution") || said.stdout.contains("not safe");
    ensure!(said.code == 0 && judged, "dry run: {}", said.stdout);
    unharmed(&pods[0], "node", &[])
}

// The same, and the user insists: the container is killed, and that is what is said.

pub(super) fn deploy_forced(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("forced");
    let tight = Workload { limit: "180Mi", ..app("tight", &lab.images) }.env("OBJECTS", "250000");
    lab.deploy("forced", &[tight.object(&namespace)])
}

pub(super) fn check_forced(lab: &Lab) -> Result<()> {
    lab.ready("forced", "tight", 1)?;
    let namespace = lab.namespace("forced");
    let said =
        lab.gather("forced", &["--with-heap-dumps", "--namespaces", &namespace, "--force"])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let index = lab.index("forced")?;
    ensure!(index["summary"]["collected"] == 0, "{}", said.stdout);
    let files = lab.files("forced")?;
    let text = lab.text("forced", &one_file(&files, "", "collection-failed.txt")?)?;
    for expected in ["OOMKilled", "--subresource resize"] {
        ensure!(text.contains(expected), "{expected}: {text}");
    }
    ensure!(!text.contains("Left behind"), "{text}");
    Ok(())
}

// The same where another process of the container has more memory than the one that is asked: the kernel kills that one,
// the snapshot is whole, and who lost its life is said.

/// Keeps 350 MB, and starts the program once it has them.
const NEIGHBOUR: &str = "{ head -c 350000000 /dev/zero; touch /tmp/full; sleep 100000; } | tail -c 350000000 & \
                         until rm /tmp/full 2>/dev/null; do sleep 0.2; done; exec node /cfg/app.js";

pub(super) fn deploy_neighbour(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("neighbour");
    let tight = Workload { limit: "560Mi", ..app("tight", &lab.images) }.env("OBJECTS", "250000");
    let mut object = tight.object(&namespace);
    object["spec"]["template"]["spec"]["containers"][0]["command"] = json!(["sh", "-c", NEIGHBOUR]);
    lab.deploy("neighbour", &[object])
}

pub(super) fn check_neighbour(lab: &Lab) -> Result<()> {
    let pods = lab.ready("neighbour", "tight", 1)?;
    let processes =
        || -> Result<String> { Ok(look(&pods[0], BACKEND, "node")?["processes"].to_string()) };
    ensure!(processes()?.contains("\"tail -c"), "{}", processes()?);
    let namespace = lab.namespace("neighbour");
    let said = lab.gather(
        "neighbour",
        &["--with-heap-dumps", "--namespaces", &namespace, "--force=memory", "--strict"],
    )?;
    let files = lab.files("neighbour")?;
    let now = kube::ask_json(&["-n", &namespace, "get", "pod", &kube::name(&pods[0])])?;
    if kube::restarts(&now) > 0 {
        // With version 2 of control groups the kubelet has all processes of a container killed together.
        let text = lab.text("neighbour", &one_file(&files, "", "collection-failed.txt")?)?;
        ensure!(text.contains("OOMKilled"), "{text}");
        return Ok(());
    }
    ensure!(!processes()?.contains("\"tail -c"), "it was not killed: {}", said.stderr);
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let log = lab.text("neighbour", &one_file(&files, "", "heap-dump.log")?)?;
    for text in [&said.stderr, &log] {
        let killed = "the kernel killed another process of the control group for memory meanwhile";
        ensure!(text.contains(killed), "{text}");
    }
    ensure!(lab.open("neighbour")? == 1);
    unharmed(&pods[0], "node", &[])
}

// A liveness probe that the pause would fail.

pub(super) fn deploy_liveness(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("liveness");
    let probe = json!({"httpGet": {"path": "/", "port": 3000}, "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 1, "initialDelaySeconds": 20});
    let short = Workload { probe: Some(probe), limit: "3Gi", ..app("short", &lab.images) };
    lab.deploy("liveness", &[short.env("OBJECTS", "400000").object(&namespace)])
}

pub(super) fn check_liveness(lab: &Lab) -> Result<()> {
    let pods = lab.ready("liveness", "short", 1)?;
    let namespace = lab.namespace("liveness");
    let said = lab.gather("liveness", &["--with-heap-dumps", "--namespaces", &namespace])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let index = lab.index("liveness")?;
    ensure!(index["summary"]["refused"] == 1, "{}", said.stdout);
    let files = lab.files("liveness")?;
    let text = lab.text("liveness", &one_file(&files, "", "collection-failed.txt")?)?;
    for expected in ["liveness probe", "failureThreshold", "restarts the pod"] {
        ensure!(text.contains(expected), "{expected}: {text}");
    }
    unharmed(&pods[0], "node", &[])
}

// Ctrl-C in the middle.

pub(super) fn deploy_interrupted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("interrupted");
    let slow = Workload { limit: "3Gi", ..app("slow", &lab.images) }.env("OBJECTS", "300000");
    lab.deploy("interrupted", &[slow.object(&namespace)])
}

/// Starts a collection and waits until it says that it takes the snapshot.
pub(super) fn started(lab: &Lab, out: &str, args: &[&str]) -> Result<std::process::Child> {
    let mut child = lab.command(out, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().context("no standard error")?;
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr));
    let begun = lines.any(|line| line.is_ok_and(|line| line.contains("taking the snapshot")));
    // The rest is read along, so that the program never waits for us.
    std::thread::spawn(move || lines.count());
    ensure!(begun, "no snapshot was begun");
    Ok(child)
}

pub(super) fn check_interrupted(lab: &Lab) -> Result<()> {
    let pods = lab.ready("interrupted", "slow", 1)?;
    let namespace = lab.namespace("interrupted");
    let child = started(lab, "interrupted", &["--with-heap-dumps", "--namespaces", &namespace])?;
    crate::workspace::run(
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]),
    )?;
    let output = child.wait_with_output()?;
    ensure!(output.status.code() == Some(130), "ended with {}", output.status);
    ensure!(lab.index("interrupted")?["interrupted"] == true);
    unharmed(&pods[0], "node", &[])
}

// The pod is deleted in the middle.

pub(super) fn deploy_deleted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("deleted");
    let goes = Workload { limit: "3Gi", ..app("goes", &lab.images) }.env("OBJECTS", "300000");
    lab.deploy("deleted", &[goes.object(&namespace)])
}

pub(super) fn check_deleted(lab: &Lab) -> Result<()> {
    let pods = lab.ready("deleted", "goes", 1)?;
    let namespace = lab.namespace("deleted");
    let child = started(lab, "deleted", &["--with-heap-dumps", "--namespaces", &namespace])?;
    let name = kube::name(&pods[0]);
    kube::ask(&[
        "-n",
        &namespace,
        "delete",
        "pod",
        &name,
        "--grace-period=0",
        "--force",
        "--wait=false",
    ])?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(0), "ended with {}: {said}", output.status);
    let index = lab.index("deleted")?;
    ensure!(index["summary"]["collected"] == 0, "{said}");
    let files = lab.files("deleted")?;
    let text = lab.text("deleted", &one_file(&files, "", "collection-failed.txt")?)?;
    ensure!(text.contains("deleted") || text.contains("restarted"), "{text}");
    ensure!(text.contains("Run the same command again"), "{text}");
    ensure!(!text.contains("Left behind"), "{text}");
    Ok(())
}
