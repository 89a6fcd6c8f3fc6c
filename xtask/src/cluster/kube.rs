//! The cluster as `kubectl` sees it.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The images that the tests run; on another cluster they come from its registry.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    /// Node with a shell and the usual programs.
    pub(crate) debian: String,
    /// Node and nothing else, not as root.
    pub(crate) distroless: String,
    /// A shell and the usual programs, without Node.
    pub(crate) busybox: String,
}

impl Images {
    pub(crate) fn from_environment() -> Images {
        let image = |name: &str, default: &str| {
            std::env::var(format!("HEAPGLASS_TEST_{name}")).unwrap_or_else(|_| default.to_owned())
        };
        Images {
            debian: image("DEBIAN", "docker.io/local/node-debian:20"),
            distroless: image("DISTROLESS", "docker.io/local/node-distroless:20"),
            busybox: image("BUSYBOX", "docker.io/local/busybox:1"),
        }
    }
}

pub(crate) fn kubectl(args: &[&str]) -> Command {
    let mut command = Command::new("kubectl");
    command.args(args).stdin(Stdio::null());
    command
}

/// What kubectl says; an error if it fails.
pub(crate) fn ask(args: &[&str]) -> Result<String> {
    let output = kubectl(args).output().context("failed to start kubectl")?;
    text(args, output)
}

/// The same as JSON.
pub(crate) fn ask_json(args: &[&str]) -> Result<Value> {
    let args: Vec<&str> = args.iter().copied().chain(["-o", "json"]).collect();
    Ok(serde_json::from_str(&ask(&args)?)?)
}

pub(crate) fn apply(objects: &[Value]) -> Result<()> {
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects});
    apply_text(&list.to_string())
}

/// Applies YAML or JSON.
pub(crate) fn apply_text(objects: &str) -> Result<()> {
    ask_with(&["apply", "--validate=false", "-f", "-"], objects).map(|_| ())
}

/// What kubectl says that reads this.
pub(crate) fn ask_with(args: &[&str], input: &str) -> Result<String> {
    let mut child = Command::new("kubectl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start kubectl")?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    text(args, child.wait_with_output()?)
}

fn text(args: &[&str], output: Output) -> Result<String> {
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("kubectl {}: {}", args.join(" "), said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Waits until something is true, and says what it waited for if it never is.
pub(crate) fn wait(
    what: &str,
    limit: Duration,
    mut ready: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    let (_keep, pause) = std::sync::mpsc::channel::<()>();
    loop {
        if ready()? {
            return Ok(());
        }
        if start.elapsed() > limit {
            bail!("{what}: not within {} s", limit.as_secs());
        }
        let _ = pause.recv_timeout(Duration::from_millis(300));
    }
}

/// The pods of a namespace with these labels.
pub(crate) fn pods(namespace: &str, labels: &str) -> Result<Vec<Value>> {
    let list = ask_json(&["-n", namespace, "get", "pods", "-l", labels])?;
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}

/// Whether every container of a pod is ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    let statuses = pod["status"]["containerStatuses"].as_array();
    statuses.is_some_and(|all| !all.is_empty() && all.iter().all(|it| it["ready"] == true))
}

pub(crate) fn restarts(pod: &Value) -> i64 {
    let statuses = pod["status"]["containerStatuses"].as_array();
    statuses.into_iter().flatten().filter_map(|it| it["restartCount"].as_i64()).sum()
}

pub(crate) fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}
