//! What pods look like when a collection is over: as before.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::kube;
use super::manifests::BACKEND;

/// A program for the container's own Node: answers with JSON what there is to see.
const LOOK: &str = "const fs = require('fs');\
    const sockets = ['tcp', 'tcp6'].map((f) => fs.readFileSync('/proc/net/' + f, 'utf8')).join('');\
    console.log(JSON.stringify({\
      inspector: sockets.split('\\n').some((l) => /:240D [0-9A-F]+:0000 0A/.test(l)),\
      files: fs.readdirSync('/tmp'),\
      processes: fs.readdirSync('/proc').filter((p) => /^[0-9]+$/.test(p) && p != process.pid).map((p) => {\
        try { return fs.readFileSync('/proc/' + p + '/cmdline', 'utf8').replace(/\\0/g, ' ').trim() } catch (e) { return '' } }),\
    }))";

/// Looks into a container by its own Node.
pub(crate) fn look(pod: &Value, container: &str, node: &str) -> Result<Value> {
    let (namespace, name) = (namespace(pod), kube::name(pod));
    let said =
        kube::ask(&["-n", &namespace, "exec", &name, "-c", container, "--", node, "-e", LOOK])?;
    Ok(serde_json::from_str(said.lines().last().unwrap_or_default())?)
}

/// The pod is the same, was not restarted, has no inspector open and no file left in it.
pub(crate) fn unharmed(pod: &Value, node: &str, kept: &[&str]) -> Result<()> {
    let (namespace, name) = (namespace(pod), kube::name(pod));
    let now = kube::ask_json(&["-n", &namespace, "get", "pod", &name])?;
    ensure!(now["metadata"]["uid"] == pod["metadata"]["uid"], "pod {name} is another one");
    ensure!(kube::restarts(&now) == kube::restarts(pod), "pod {name} was restarted");
    let seen = look(pod, BACKEND, node)?;
    ensure!(seen["inspector"] == false, "the inspector of {name} is open: {seen}");
    let files: Vec<&str> =
        seen["files"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ensure!(files.iter().all(|file| kept.contains(file)), "files left in {name}: {files:?}");
    Ok(())
}

pub(crate) fn namespace(pod: &Value) -> String {
    pod["metadata"]["namespace"].as_str().unwrap_or_default().to_owned()
}
