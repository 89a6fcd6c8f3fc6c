//! The small programs that run inside a container, and what they print.
//!
//! Each exists twice: for a POSIX shell, and for Node, which an image that runs Node always has. Their output
//! is cut into frames by a line with a mark that nothing else prints.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use heapglass_collect::place::{RawProcess, RawSurroundings, RemoteFile};

const LOOK_SH: &str = include_str!("script/look.sh");
const LOOK_JS: &str = include_str!("script/look.js");
const LIST_SH: &str = include_str!("script/list.sh");
const LIST_JS: &str = include_str!("script/list.js");
const READ_JS: &str = include_str!("script/read.js");

/// What runs the programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tool {
    /// `sh` and what an image with a shell has beside it.
    Shell,
    /// A Node binary.
    Node(String),
}

/// Everything that one look gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) processes: Vec<RawProcess>,
    /// Without descriptors, which each process has its own of.
    pub(crate) surroundings: RawSurroundings,
    /// Where the descriptors of each process lead.
    pub(crate) descriptors: BTreeMap<u32, String>,
}

/// A mark that no file contains by chance.
pub(crate) fn mark() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("heapglass-{random:016x}")
}

impl Tool {
    fn command(&self, shell: &str, node: &str, arguments: &[&str]) -> Vec<String> {
        let mut command = match self {
            Tool::Shell => {
                vec!["sh".to_owned(), "-c".to_owned(), shell.to_owned(), "sh".to_owned()]
            }
            // As little memory and as few threads as Node can do with: it runs within the container's limit.
            Tool::Node(node_path) => [
                node_path,
                "--max-old-space-size=32",
                "--max-semi-space-size=1",
                "--v8-pool-size=0",
                "-e",
                node,
            ]
            .map(str::to_owned)
            .to_vec(),
        };
        if let (Tool::Node(_), true) = (self, arguments.first().is_some_and(|a| a.starts_with('-')))
        {
            command.push("--".to_owned());
        }
        command.extend(arguments.iter().map(|&argument| argument.to_owned()));
        command
    }

    /// Everything about all processes, or about one; `through_root` if files lie behind its root.
    pub(crate) fn look(&self, mark: &str, process: Option<u32>, through_root: bool) -> Vec<String> {
        let which = process.map_or_else(|| "all".to_owned(), |pid| pid.to_string());
        let root = if through_root { "root" } else { "" };
        self.command(LOOK_SH, LOOK_JS, &[mark, &which, root])
    }

    pub(crate) fn list(&self, mark: &str, directory: &str) -> Vec<String> {
        self.command(LIST_SH, LIST_JS, &[mark, directory])
    }

    /// Prints a file from a byte on.
    pub(crate) fn read(&self, path: &str, offset: u64) -> Vec<String> {
        let offset_text = offset.to_string();
        let shell =
            if offset == 0 { "exec cat -- \"$1\"" } else { "exec tail -c +$(($2 + 1)) -- \"$1\"" };
        self.command(shell, READ_JS, &[path, &offset_text])
    }

    pub(crate) fn remove(&self, path: &str) -> Vec<String> {
        let node = "require('fs').unlinkSync(process.argv[1])";
        self.command("rm -f -- \"$1\" && [ ! -e \"$1\" ]", node, &[path])
    }

    /// Sends a signal, if the process catches it at that moment: else it would be killed. The shell has `kill`
    /// built in, with or without the program.
    pub(crate) fn signal(&self, process: u32, signal: &str) -> Vec<String> {
        // Signals 10 and 12 are bits 9 and 11 of the mask, both in its third digit from the right.
        let bit = if signal == "USR2" { "8" } else { "2" };
        let shell = r#"d=
while read -r k v; do [ "$k" = SigCgt: ] && d=$v; done < "/proc/$1/status"
[ -n "$d" ] || exit 1
d=${d%??}; d=${d#"${d%?}"}
[ $((0x$d & $3)) -ne 0 ] || { echo "it does not catch SIG$2" >&2; exit 1; }
kill -"$2" "$1""#;
        let node = "const [pid, name, bit] = process.argv.slice(1); \
            const m = /^SigCgt:\\s*([0-9a-f]+)/m.exec(require('fs').readFileSync('/proc/' + pid + '/status', 'utf8')); \
            if (!m || !(parseInt(m[1].slice(-3, -2), 16) & Number(bit))) throw new Error('it does not catch SIG' + name); \
            process.kill(Number(pid), 'SIG' + name)";
        self.command(shell, node, &[&process.to_string(), signal, bit])
    }

    /// Ends well if a directory can be written to.
    pub(crate) fn writable(&self, directory: &str) -> Vec<String> {
        let node =
            "const fs = require('fs'); fs.accessSync(process.argv[1] + '/.', fs.constants.W_OK)";
        self.command("[ -d \"$1\" ] && [ -w \"$1\" ]", node, &[directory])
    }

    /// What a Node binary says of its version.
    pub(crate) fn version(&self, node: &str) -> Vec<String> {
        match self {
            Tool::Shell => self.command("exec \"$1\" --version", "", &[node]),
            Tool::Node(node) => vec![node.clone(), "--version".to_owned()],
        }
    }
}

/// A frame: kind, name and bytes.
struct Frame<'a> {
    kind: &'a str,
    name: &'a str,
    bytes: &'a [u8],
}

/// Cuts output into frames; `None` if the program did not run to its end.
fn frames<'a>(output: &'a [u8], mark: &str) -> Option<Vec<Frame<'a>>> {
    let edge = format!("\n{mark} ");
    let finder = |from: usize| {
        let rest = output.get(from..)?;
        rest.windows(edge.len()).position(|window| window == edge.as_bytes()).map(|at| from + at)
    };
    let mut frames = Vec::new();
    let mut at = finder(0)?;
    loop {
        let head = at + edge.len();
        let line_end = head + output[head..].iter().position(|&byte| byte == b'\n')?;
        let line = std::str::from_utf8(&output[head..line_end]).ok()?;
        let (kind, name) = line.split_once(' ').unwrap_or((line, ""));
        let next = finder(line_end);
        let bytes_end = next.unwrap_or(output.len());
        frames.push(Frame {
            kind,
            name,
            bytes: output.get(line_end + 1..bytes_end).unwrap_or(&[]),
        });
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    (frames.last()?.kind == "end").then_some(frames)
}

/// Reads what `look` printed. The processes that did the looking are left out.
pub(crate) fn seen(output: &[u8], mark: &str) -> Option<Seen> {
    let mut seen = Seen::default();
    let mut own = 0;
    for frame in frames(output, mark)? {
        let text = || String::from_utf8_lossy(frame.bytes).into_owned();
        let surroundings = &mut seen.surroundings;
        match frame.kind {
            "self" => own = frame.name.trim().parse().unwrap_or(0),
            "process" => {
                let pid = frame.name.trim().parse().unwrap_or(0);
                seen.processes.push(RawProcess { pid, ..RawProcess::default() });
            }
            "meminfo" => surroundings.meminfo = text(),
            "sockets" => surroundings.sockets += &text(),
            "disk" => surroundings.disk = text(),
            "group" => surroundings.cgroup.push((frame.name.trim().to_owned(), text())),
            kind => {
                let Some(process) = seen.processes.last_mut() else { continue };
                match kind {
                    "comm" => process.comm = text().trim_end().to_owned(),
                    "exe" => process.exe = link(&text()),
                    "cwd" => process.cwd = link(&text()),
                    "descriptors" => {
                        let links: String =
                            text().lines().map(|line| format!("{}\n", link(line))).collect();
                        seen.descriptors.insert(process.pid, links);
                    }
                    "cmdline" => process.cmdline = frame.bytes.to_vec(),
                    "status" => process.status = text(),
                    "environ" => process.environ = node_variables(frame.bytes),
                    "cgroup" => process.cgroup = text(),
                    _ => {}
                }
            }
        }
    }
    // Children of the shell that looked are `cat` and its like, gone by now.
    seen.processes.retain(|process| {
        process.pid != own && parent(&process.status) != Some(own) && !process.status.is_empty()
    });
    Some(seen)
}

/// Where a link leads, as `readlink` or as `ls -l` prints it.
fn link(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    text.rsplit_once(" -> ").map_or(text, |(_, target)| target).to_owned()
}

fn parent(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

/// Those variables that a capture looks at; nothing else leaves this function.
fn node_variables(environ: &[u8]) -> Vec<u8> {
    let wanted =
        |variable: &&[u8]| variable.starts_with(b"NODE_") || variable.starts_with(b"PATH=");
    environ.split(|&byte| byte == 0).filter(wanted).collect::<Vec<_>>().join(&0)
}

/// Reads what `list` printed.
pub(crate) fn listed(output: &[u8], mark: &str) -> Option<Vec<RemoteFile>> {
    let frames = frames(output, mark)?;
    if frames.iter().any(|frame| frame.kind == "broken") {
        return None;
    }
    let list = frames.iter().find(|frame| frame.kind == "begin")?;
    let lines = String::from_utf8_lossy(list.bytes).into_owned();
    let file = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let size = parts.next()?.parse().ok()?;
        let modified = parts.next()?.parse().ok()?;
        Some(RemoteFile { path: parts.next()?.to_owned(), size, modified })
    };
    Some(lines.lines().filter_map(file).collect())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn run(command: &[String]) -> Vec<u8> {
        let output = Command::new(&command[0]).args(&command[1..]).output().expect("runs");
        output.stdout
    }

    fn tools() -> Vec<Tool> {
        let node = Command::new("node").arg("--version").output().is_ok();
        let mut tools = vec![Tool::Shell];
        tools.extend(node.then(|| Tool::Node("node".to_owned())));
        tools
    }

    #[test]
    fn every_tool_sees_this_process() {
        for tool in tools() {
            let mark = mark();
            let pid = std::process::id();
            let seen = seen(&run(&tool.look(&mark, Some(pid), false)), &mark).expect("whole");
            let [process] = &seen.processes[..] else { panic!("{tool:?}: {seen:?}") };
            assert_eq!(process.pid, pid, "{tool:?}");
            let exe = std::env::current_exe().expect("a path");
            assert_eq!(process.exe, exe.display().to_string(), "{tool:?}");
            assert!(process.status.contains("SigCgt:"), "{tool:?}");
            assert!(process.cmdline.contains(&0) || !process.cmdline.is_empty(), "{tool:?}");
            assert!(seen.surroundings.meminfo.contains("MemTotal"), "{tool:?}");
            assert!(seen.surroundings.sockets.contains("local_address"), "{tool:?}");
            assert!(seen.surroundings.disk.contains("1024-blocks"), "{tool:?}");
            let environ = String::from_utf8_lossy(&process.environ).into_owned();
            assert!(environ.contains("PATH=") && !environ.contains("CARGO_"), "{tool:?}");
            assert!(seen.descriptors[&pid].contains("pipe:["), "{tool:?}: {:?}", seen.descriptors);
            assert_eq!(
                seen.surroundings.disk.lines().filter(|line| line.ends_with(" /")).count(),
                1
            );
            let is_limit = |(name, _): &(String, String)| name.starts_with("/sys/fs/cgroup/");
            assert!(seen.surroundings.cgroup.iter().all(is_limit), "{tool:?}");
        }
    }

    #[test]
    fn those_who_look_are_not_seen() {
        for tool in tools() {
            let mark = mark();
            let seen = seen(&run(&tool.look(&mark, None, false)), &mark).expect("whole");
            assert!(seen.processes.iter().any(|p| p.pid == std::process::id()), "{tool:?}");
            let looks = |p: &RawProcess| String::from_utf8_lossy(&p.cmdline).contains(&mark);
            assert!(!seen.processes.iter().any(looks), "{tool:?}");
        }
    }

    #[test]
    fn files_are_listed_read_and_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a b.heapsnapshot");
        std::fs::write(&path, b"0123456789").expect("written");
        let (dir, path) = (dir.path().display().to_string(), path.display().to_string());
        for tool in tools() {
            let mark = mark();
            let files = listed(&run(&tool.list(&mark, &dir)), &mark).expect("whole");
            assert_eq!(files.len(), 1, "{tool:?}");
            assert_eq!((files[0].path.as_str(), files[0].size), (path.as_str(), 10), "{tool:?}");
            assert!(files[0].modified > 1_600_000_000, "{tool:?}");
            assert_eq!(run(&tool.read(&path, 0)), b"0123456789", "{tool:?}");
            assert_eq!(run(&tool.read(&path, 4)), b"456789", "{tool:?}");
            let missing = listed(&run(&tool.list(&mark, "/no/such")), &mark).expect("whole");
            assert!(missing.is_empty(), "{tool:?}");
            let ends_well = |command: Vec<String>| {
                let status = Command::new(&command[0]).args(&command[1..]).output();
                status.expect("runs").status.success()
            };
            assert!(ends_well(tool.writable(&dir)), "{tool:?}");
            assert!(!ends_well(tool.writable("/no")), "{tool:?}");
            run(&tool.remove(&path));
            assert!(!std::path::Path::new(&path).exists(), "{tool:?}");
            std::fs::write(&path, b"0123456789").expect("written again");
        }
    }

    #[test]
    fn a_process_that_does_not_catch_a_signal_is_not_sent_it() {
        for tool in tools() {
            for (trap, name, ends) in [
                ("", "USR2", false),
                ("trap 'exit 7' USR2;", "USR2", true),
                ("trap 'exit 7' USR2;", "USR1", false),
            ] {
                let script = format!("{trap} echo; while :; do sleep 0.05; done");
                let mut child = Command::new("sh")
                    .args(["-c", &script])
                    .stdout(std::process::Stdio::piped())
                    .spawn()
                    .expect("starts");
                let mut ready = [0];
                let out = child.stdout.as_mut().expect("piped");
                std::io::Read::read_exact(out, &mut ready).expect("ready");
                let command = tool.signal(child.id(), name);
                let sent = Command::new(&command[0]).args(&command[1..]).output().expect("runs");
                assert_eq!(sent.status.success(), ends, "{tool:?} {trap} {sent:?}");
                if ends {
                    assert_eq!(child.wait().expect("ended").code(), Some(7), "{tool:?}");
                } else {
                    assert!(child.try_wait().expect("asked").is_none(), "{tool:?} {trap}");
                    child.kill().expect("ended");
                    child.wait().expect("ended");
                }
            }
        }
    }

    #[test]
    fn output_that_is_cut_off_is_not_believed() {
        let mark = mark();
        let mut output = run(&Tool::Shell.look(&mark, Some(1), false));
        output.truncate(output.len() - 10);
        assert!(seen(&output, &mark).is_none());
        assert!(seen(b"sh: not found", &mark).is_none());
    }

    #[test]
    fn links_are_read_in_both_forms() {
        assert_eq!(link("/usr/bin/node\n"), "/usr/bin/node");
        assert_eq!(
            link("lrwxrwxrwx 1 0 0 0 Jan 1 00:00 /proc/1/exe -> /usr/bin/node\n"),
            "/usr/bin/node"
        );
    }
}
