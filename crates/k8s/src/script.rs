//! The small programs that run inside a container, and what they print.
//!
//! Each exists twice: for a POSIX shell, and for Node, which an image that runs Node always has. Their output
//! is cut into frames by a line with a mark that nothing else prints.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use heapglass_collect::facts::{Status, start_time, variables};
use heapglass_collect::place::{RawProcess, RawSurroundings, RemoteFile};
use memchr::memmem;

use crate::ephemeral::User;

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

/// How a command ends that found another process than the one that was meant.
pub(crate) const REPLACED: i32 = 43;
/// What a command says that would open an inspector which cannot be reached.
pub(crate) const OUT_OF_REACH: &str = "its network is not that of its container";

/// A process that has to be the one that was seen: its id may be another one's by now, above all after a
/// restart of its container, which gives the same small numbers again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) process: u32,
    /// When it started, in the kernel's ticks since boot.
    pub(crate) started: u64,
}

impl Guard {
    /// What a person is told.
    pub(crate) fn broken(self) -> String {
        format!(
            "process {} is another one than it was: it ended, or its container was restarted",
            self.process
        )
    }

    /// Ends a shell's program unless the process is that one.
    fn shell(self) -> String {
        let Guard { process, started } = self;
        format!(
            "was() {{\n  x=\n  while read -r l || [ -n \"$l\" ]; do x=$l; done < /proc/{process}/stat\n  \
             set -- ${{x##*) }}\n  [ \"${{20}}\" = {started} ]\n}}\n\
             was 2>/dev/null || {{ echo '{}' >&2; exit {REPLACED}; }}\n",
            self.broken()
        )
    }

    /// The same for Node.
    fn node(self) -> String {
        let Guard { process, started } = self;
        format!(
            "{{ let s = ''; try {{ s = require('fs').readFileSync('/proc/{process}/stat', 'latin1'); }} catch (e) {{ /* gone */ }} \
             if (s.slice(s.lastIndexOf(')') + 2).split(' ')[19] !== '{started}') \
             {{ console.error('{}'); process.exit({REPLACED}); }} }}\n",
            self.broken()
        )
    }
}

/// Everything that one look gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) processes: Vec<RawProcess>,
    /// Who looked, if all processes were looked at.
    pub(crate) own: Option<User>,
    /// When each process started, in the kernel's ticks since boot.
    pub(crate) started: BTreeMap<u32, u64>,
    /// Without descriptors, which each process has its own of.
    pub(crate) surroundings: RawSurroundings,
    /// Where the descriptors of each process lead.
    pub(crate) descriptors: BTreeMap<u32, String>,
}

/// A mark that no file contains by chance.
pub(crate) fn mark() -> String {
    format!("heapglass-{:016x}", random())
}

/// A number that is another one each time.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Tool {
    /// A program that does nothing unless a process is still the one that it was.
    fn guarded(
        &self,
        guard: Option<Guard>,
        shell: &str,
        node: &str,
        arguments: &[&str],
    ) -> Vec<String> {
        let Some(guard) = guard else { return self.command(shell, node, arguments) };
        let (shell, node) = (guard.shell() + shell, guard.node() + node);
        self.command(&shell, &node, arguments)
    }

    fn command(&self, shell: &str, node: &str, arguments: &[&str]) -> Vec<String> {
        let mut command = match self {
            Tool::Shell => {
                vec!["sh".to_owned(), "-c".to_owned(), shell.to_owned(), "sh".to_owned()]
            }
            // As little memory and as few threads as Node can do with: it runs within the container's limit. Without
            // any thread for V8 version 14 never ends.
            Tool::Node(node_path) => [
                node_path,
                "--max-old-space-size=32",
                "--max-semi-space-size=1",
                "--v8-pool-size=1",
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

    /// What changes from moment to moment: of all processes their status and who they are, of one its sockets
    /// besides.
    pub(crate) fn glance(&self, mark: &str, process: Option<u32>) -> Vec<String> {
        let which = process.map_or_else(|| "all".to_owned(), |pid| pid.to_string());
        self.command(LOOK_SH, LOOK_JS, &[mark, &which, "", "brief"])
    }

    /// The time there, in seconds since 1970.
    pub(crate) fn now(&self) -> Vec<String> {
        self.command("date +%s", "console.log(Math.floor(Date.now() / 1000))", &[])
    }

    /// Everything about all processes, or about one; `through_root` if files lie behind its root.
    pub(crate) fn look(&self, mark: &str, process: Option<u32>, through_root: bool) -> Vec<String> {
        let which = process.map_or_else(|| "all".to_owned(), |pid| pid.to_string());
        let root = if through_root { "root" } else { "" };
        self.command(LOOK_SH, LOOK_JS, &[mark, &which, root])
    }

    pub(crate) fn list(&self, mark: &str, directory: &str, guard: Option<Guard>) -> Vec<String> {
        self.guarded(guard, LIST_SH, LIST_JS, &[mark, directory])
    }

    /// Prints a file from a byte on.
    pub(crate) fn read(&self, path: &str, offset: u64, guard: Option<Guard>) -> Vec<String> {
        let offset_text = offset.to_string();
        let shell =
            if offset == 0 { "exec cat -- \"$1\"" } else { "exec tail -c +$(($2 + 1)) -- \"$1\"" };
        self.guarded(guard, shell, READ_JS, &[path, &offset_text])
    }

    pub(crate) fn remove(&self, path: &str, guard: Option<Guard>) -> Vec<String> {
        let node = "require('fs').unlinkSync(process.argv[1])";
        self.guarded(guard, "rm -f -- \"$1\" && [ ! -e \"$1\" ]", node, &[path])
    }

    /// Sends a signal, if the process is the one that was seen and catches it at that moment: else it would be
    /// killed. The shell has `kill` built in, with or without the program. What SIGUSR1 opens in a network that is not the
    /// container's could not be reached, and so not be closed either.
    pub(crate) fn signal(&self, process: u32, signal: &str, guard: Option<Guard>) -> Vec<String> {
        // Signals 10 and 12 are bits 9 and 11 of the mask, both in its third digit from the right.
        let bit = if signal == "USR2" { "8" } else { "2" };
        let shell = r#"d=
while read -r k v; do [ "$k" = SigCgt: ] && d=$v; done < "/proc/$1/status"
[ -n "$d" ] || exit 1
d=${d%??}; d=${d#"${d%?}"}
[ $((0x$d & $3)) -ne 0 ] || { echo "it does not catch SIG$2" >&2; exit 1; }
n=/proc/$1/ns/net
[ "$2" = USR1 ] && [ / -ef / ] && [ -e "$n" ] && ! [ "$n" -ef /proc/self/ns/net ] &&
  { echo "its network is not that of its container" >&2; exit 1; }
kill -"$2" "$1""#;
        // What is thrown is told behind the line of the program that threw it, which is all of it.
        let node = "const [pid, name, bit] = process.argv.slice(1); \
            const no = (why) => { console.error(why); process.exit(1); }; \
            const m = /^SigCgt:\\s*([0-9a-f]+)/m.exec(require('fs').readFileSync('/proc/' + pid + '/status', 'utf8')); \
            if (!m || !(parseInt(m[1].slice(-3, -2), 16) & Number(bit))) no('it does not catch SIG' + name); \
            const net = (who) => { try { return require('fs').readlinkSync('/proc/' + who + '/ns/net'); } catch (e) { return ''; } }; \
            if (name === 'USR1' && net(pid) && net(pid) !== net('self')) no('its network is not that of its container'); \
            try { process.kill(Number(pid), 'SIG' + name); } catch (e) { no(e.message); }";
        self.guarded(guard, shell, node, &[&process.to_string(), signal, bit])
    }

    /// Says whether whoever asks may write to a directory (`never` where nobody can: it is mounted to be read alone, or its file
    /// system has no number for another file), the directory's mode and owners, and the status of the process and of whoever
    /// asks. By busybox's `-w` it may be written to where it is mounted to be read alone; the kernel answers with that before it
    /// looks for what should be removed.
    pub(crate) fn writable(
        &self,
        process: u32,
        directory: &str,
        guard: Option<Guard>,
    ) -> Vec<String> {
        let node = "const fs = require('fs'), [dir, pid] = process.argv.slice(1); let may = 'no', s; \
            try { s = fs.statSync(dir); if (!s.isDirectory()) throw 0; } catch (e) { console.log('none - - -'); process.exit(0); } \
            try { fs.accessSync(dir + '/.', fs.constants.W_OK); may = 'yes'; } catch (e) { if (e.code === 'EROFS') may = 'never'; } \
            try { const f = fs.statfsSync(dir); if (f.files > 0 && f.ffree === 0) may = 'never'; } catch (e) { /* before 18.15 */ } \
            console.log(may, (s.mode & 4095).toString(8), s.uid, s.gid); \
            for (const who of ['self', pid]) console.log(fs.readFileSync('/proc/' + who + '/status', 'utf8').match(/^(Uid|Gid|Groups|CapEff):.*$/mg).join('\\n'))";
        let shell = r#"[ -d "$1" ] || { echo 'none - - -'; exit 0; }
m=no; [ -w "$1" ] && [ -x "$1" ] && m=yes
case $(LC_ALL=C rmdir "$1/.heapglass-is-not-there" 2>&1) in *'Read-only file system'*) m=never ;; esac
case $(stat -f -c '%c %d' "$1" 2>/dev/null) in '0 '*) ;; *' 0') m=never ;; esac
echo "$m $(stat -L -c '%a %u %g' "$1" 2>/dev/null || echo '- - -')"
for p in $$ "$2"; do
  while read -r k v; do case $k in Uid:|Gid:|Groups:|CapEff:) echo "$k $v" ;; esac; done < "/proc/$p/status"
done"#;
        self.guarded(guard, shell, node, &[directory, &process.to_string()])
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
    let edge = memmem::Finder::new(edge.as_bytes());
    let finder = |from: usize| edge.find(output.get(from..)?).map(|at| from + at);
    let mut frames = Vec::new();
    let mut at = finder(0)?;
    loop {
        let head = at + edge.needle().len();
        let line_end = head + memchr::memchr(b'\n', output.get(head..)?)?;
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
                    "limits" => process.limits = text(),
                    "stat" => {
                        process.started = start_time(&text());
                        seen.started.extend(process.started.map(|time| (process.pid, time)));
                    }
                    "environ" => process.environ = variables(frame.bytes),
                    "cgroup" => process.cgroup = text(),
                    _ => {}
                }
            }
        }
    }
    let looked = seen.processes.iter().find(|process| process.pid == own);
    seen.own = looked.and_then(|process| User::of(&Status::new(&process.status)));
    // Children of the shell that looked are `cat` and its like, gone by now.
    seen.processes.retain(|process| {
        process.pid != own && parent(&process.status) != Some(own) && !process.status.is_empty()
    });
    Some(seen)
}

/// Where a link leads, as `readlink` or as `ls -l` prints it; nothing where that may not be seen, which `ls -l` leaves
/// out behind the link's own name.
fn link(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    match text.rsplit_once(" -> ") {
        Some((_, target)) => target.to_owned(),
        None if is_listed(text) => String::new(),
        None => text.to_owned(),
    }
}

/// Whether it is a line of `ls -l`: of a link, or the one above all.
fn is_listed(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    let is_mode = first.len() == 10
        && first.strip_prefix('l').is_some_and(|rest| {
            rest.chars().all(|char| matches!(char, 'r' | 'w' | 'x' | 's' | 't' | '-'))
        });
    is_mode || first == "total"
}

fn parent(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

/// Whether a process may write to a directory, by what `writable` printed; an error says why that is not known.
pub(crate) fn may_write(output: &str) -> Result<bool, String> {
    let (first, rest) = output.split_once('\n').unwrap_or((output, ""));
    let words: Vec<&str> = first.split_whitespace().collect();
    let &[may, mode, owner, group] = &words[..] else {
        return Err("the answer cannot be read".to_owned());
    };
    if may == "none" || may == "never" {
        return Ok(false);
    }
    // Two times the same lines: whoever asked, then the process.
    let second = rest.rfind("Uid:").unwrap_or(0);
    let (own, process) = (Status::new(&rest[..second]), Status::new(&rest[second..]));
    let (Some(own_uid), Some(uid)) = (own.uid, process.uid) else {
        return Err("the process's user cannot be seen".to_owned());
    };
    let is_alike = own.groups.first() == process.groups.first()
        && own.overrides_modes() == process.overrides_modes();
    if own_uid == uid && is_alike {
        return Ok(may == "yes");
    }
    // Root may write anywhere but in what is mounted to be read alone, unless it lacks the capability.
    if own_uid == 0 && own.overrides_modes() != Some(false) && may == "no" {
        return Ok(false);
    }
    let whose = format!("the process is user {uid}, and whoever looks is user {own_uid}");
    let (Ok(mode), Ok(owner), Ok(group)) =
        (u32::from_str_radix(mode, 8), owner.parse::<u32>(), group.parse::<u32>())
    else {
        return Err(whose);
    };
    let all = |shift: u32| (mode >> shift) & 0o3 == 0o3;
    let allowed = match uid {
        0 if process.overrides_modes() != Some(false) => true,
        uid if uid == owner => all(6),
        _ if process.groups.contains(&group) => all(3),
        _ => all(0),
    };
    // What only may be read is seen by root and by whoever may write.
    let sees = own_uid == 0 && own.overrides_modes() != Some(false);
    if allowed && !sees && may == "no" {
        return Err(whose);
    }
    Ok(allowed)
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
mod tests;
