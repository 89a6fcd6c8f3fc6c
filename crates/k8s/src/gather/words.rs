//! The texts that go beside the snapshots, or in place of one.

use std::fmt::Write;

use heapglass_collect::place::{PlaceError, RawProcess, RawSurroundings};
use heapglass_collect::preflight::Outcome;
use heapglass_secrets::Rules;

/// `process-info.txt`.
pub(crate) fn process_info(
    process: &RawProcess,
    surroundings: &RawSurroundings,
    version: &str,
    with_secrets: bool,
) -> String {
    let or = |text: String, otherwise: &str| {
        let text = text.trim_end().to_owned();
        if text.trim().is_empty() { otherwise.to_owned() } else { text }
    };
    let command = crate::redact::command(&process.cmdline, with_secrets);
    // Each variable as a whole: a value may have several lines.
    let environment: Vec<String> = process
        .environ
        .split(|&byte| byte == 0)
        .map(|variable| String::from_utf8_lossy(variable).into_owned())
        .map(|variable| match variable.split_once('=') {
            Some((name, value)) if !with_secrets => {
                format!("{name}={}", Rules::standard().mask_value(name, value))
            }
            _ => variable,
        })
        .collect();
    let mut text = format!("=== Process Information ===\nPID: {}\n\n", process.pid);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "Process Status (/proc/{pid}/status):\n{}\n\nCommand Line (/proc/{pid}/cmdline):\n{}\n\n\
         Environment (/proc/{pid}/environ):\n{}\n\n=== Memory Usage ===\n{}\n\n",
        or(process.status.clone(), "Could not read process status"),
        or(command, "Could not read command line"),
        or(environment.join("\n"), "Could not read environment"),
        or(surroundings.meminfo.clone(), "Could not get memory info"),
        pid = process.pid,
    );
    let described = &surroundings.described;
    let limit = described.memory.map(|bytes| bytes.to_string());
    let memory = allowed(surroundings, "memory.", limit);
    text += "=== Memory Limit (control group) ===\n";
    text += &or(memory, "Could not get memory limit");
    let quota = described.cpu.map(|thousandths| format!("{thousandths}m"));
    let quota = allowed(surroundings, "cpu.", quota);
    text += "\n\n=== Processor Quota (control group) ===\n";
    text += &or(quota, "No quota found");
    text += "\n";
    let _ = write!(
        text,
        "\n=== Node.js Version ===\n{}\n\n=== Available Disk Space ===\n{}\n\n",
        or(version.to_owned(), "Could not get Node.js version"),
        or(surroundings.disk.clone(), "Could not get disk space"),
    );
    text
}

/// The files of the control groups whose names begin like this, and what the pod's description says, one a line.
fn allowed(surroundings: &RawSurroundings, kind: &str, described: Option<String>) -> String {
    let is_told = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.starts_with(kind) && name != "memory.stat"
    };
    let files = surroundings.cgroup.iter().filter(|(path, _)| is_told(path));
    let files = files.map(|(path, value)| format!("{path}: {}\n", value.trim()));
    let described = described.map(|limit| format!("limit in the pod's description: {limit}\n"));
    files.chain(described).collect()
}

/// `no-node-process.txt` where the container does not run; `left` says what became of the snapshots that it left.
pub(crate) fn container_not_running(why: &str, left: &str) -> String {
    let gap = if left.is_empty() { "" } else { "\n" };
    format!(
        "No Node.js process found: the container does not run.\n\n{why}\n\n{left}{gap}\
         What it said before it ended is in logs/ beside heap-dumps/ (previous.txt).\n\
         A container that is killed at the end of its memory can leave a snapshot behind itself:\n  \
         NODE_OPTIONS=\"--heapsnapshot-near-heap-limit=1 --diagnostic-dir=/tmp\", with an emptyDir at /tmp.\n"
    )
}

/// `no-node-process.txt` where no way led into the container.
pub(crate) fn no_way_in(error: &PlaceError, tried: &[String]) -> String {
    let mut text = format!("Failed to exec into container to find Node.js process\n\n{error}\n");
    if !tried.is_empty() {
        text += "\nWhat was tried:\n";
        for (number, line) in tried.iter().enumerate() {
            let _ = writeln!(text, "  {}. {line}", number + 1);
        }
    }
    text += "\nHow to fix it:\n";
    text += match error {
        PlaceError::Forbidden { .. } => {
            "  Add the rule above to the role of whoever runs this, for example with `kubectl edit role`.\n  \
             deploy/ of heapglass has the whole manifest.\n"
        }
        PlaceError::Impossible { .. } => {
            "  The image has neither a shell nor node where it usually is. Name an image with a shell for an\n  \
             ephemeral container that shares the processes: --debug-image IMAGE (it has to be one that the\n  \
             cluster can pull), and allow patch on pods/ephemeralcontainers.\n"
        }
        PlaceError::Gone { .. } => {
            "  The pod or its container is gone: run the same command again.\n"
        }
        PlaceError::Io { .. } => {
            "  The API server or the kubelet did not answer as it should. If it was slow, give it more time:\n  \
             CMD_TIMEOUT=300.\n"
        }
    };
    text
}

/// `no-node-process.txt` where the pod went away before it was its turn.
pub(crate) fn gone(why: &str) -> String {
    format!(
        "No Node.js process found: the pod went away before it was its turn.\n\n{why}\n\n\
         Pods that took its place are asked too, if they run already. Else run the same command again: a leak has to\n\
         grow there again first.\n"
    )
}

/// `no-node-process.txt` where the container runs other things.
pub(crate) fn no_node(processes: &[RawProcess]) -> String {
    let mut text = "No Node.js process found in the container. Its processes:\n\n".to_owned();
    for process in processes {
        let command = crate::redact::command(&process.cmdline, false);
        let _ = writeln!(text, "{:>7}  {:<20} {command}", process.pid, process.comm.trim());
    }
    if processes.is_empty() {
        text += "None of those that are seen is known to be its own. With hostPID the control groups have to tell.\n";
    }
    text += "\nIf Node.js runs in another container of the pod, name it with --container.\n";
    text
}

/// What a check came to.
pub(crate) fn verdict_in_words(verdict: Outcome) -> &'static str {
    match verdict {
        Outcome::Fine => "fine",
        Outcome::Unknown => "not known",
        Outcome::Caution => "caution",
        Outcome::Unsafe => "not safe",
    }
}

#[cfg(test)]
mod tests {
    use heapglass_collect::place::Described;

    use super::*;

    #[test]
    fn process_info_has_its_sections_and_no_credentials() {
        let process = RawProcess {
            pid: 7,
            cmdline: b"node\0app.js\0--token=abcdef123456\0".to_vec(),
            environ: b"NODE_OPTIONS=--inspect\0NODE_AUTH_TOKEN=abcdef\nsecond line".to_vec(),
            ..RawProcess::default()
        };
        let text = process_info(&process, &RawSurroundings::default(), "v20.1.0", false);
        for expected in [
            "=== Process Information ===\nPID: 7\n",
            "Could not read process status",
            "node app.js --token=[REDACTED:named]",
            "NODE_OPTIONS=--inspect\nNODE_AUTH_TOKEN=[REDACTED:named]\n",
            "=== Memory Limit (control group) ===\nCould not get memory limit\n\n",
            "=== Processor Quota (control group) ===\nNo quota found\n\n",
            "=== Node.js Version ===\nv20.1.0\n",
            "=== Available Disk Space ===\nCould not get disk space\n",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("second line"), "{text}");
    }

    #[test]
    fn process_info_has_the_limits_of_group_and_description() {
        let files =
            [("/g/memory.max", "900\n"), ("/g/memory.stat", "a 1\n"), ("/g/cpu.max", "5 10\n")];
        let surroundings = RawSurroundings {
            cgroup: files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec(),
            described: Described { memory: Some(800), cpu: Some(500) },
            ..RawSurroundings::default()
        };
        let text = process_info(&RawProcess::default(), &surroundings, "v20.1.0", false);
        let expected = "=== Memory Limit (control group) ===\n/g/memory.max: 900\n\
            limit in the pod's description: 800\n\n\
            === Processor Quota (control group) ===\n/g/cpu.max: 5 10\n\
            limit in the pod's description: 500m\n\n=== Node.js Version ===\n";
        assert!(text.contains(expected), "{text}");
    }
}
