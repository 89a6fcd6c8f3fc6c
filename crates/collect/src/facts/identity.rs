//! What runs in a process.

use crate::place::RawProcess;

/// What runs in a process, as far as can be told from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// Node.js.
    Node,
    /// Deno: V8 with an inspector of its own, without Node's signals.
    Deno,
    /// Bun: JavaScriptCore, whose snapshots are others.
    Bun,
    /// A program of unknown name whose main thread is called as Node.js calls it.
    Perhaps,
    /// Something else.
    Other,
}

impl Runtime {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Node => "Node.js",
            Runtime::Deno => "Deno",
            Runtime::Bun => "Bun",
            Runtime::Perhaps => "perhaps Node.js",
            Runtime::Other => "another program",
        }
    }

    /// Whether V8's inspector can be in it.
    pub fn has_v8(self) -> bool {
        matches!(self, Runtime::Node | Runtime::Deno | Runtime::Perhaps)
    }
}

/// The name that newer versions of Node.js give their main thread.
const MAIN_THREAD: [&str; 2] = ["MainThread", "node-MainThread"];

/// Goes by the program file where it can be seen, since names and command lines can be anything: a shell
/// that starts Node has "node" in its command line, and `process.title` renames a Node.
pub(super) fn runtime(raw: &RawProcess, arguments: &[String]) -> Runtime {
    let comm = raw.comm.trim();
    if !raw.exe.is_empty() {
        let exe = raw.exe.strip_suffix(" (deleted)").unwrap_or(&raw.exe);
        return match by_name(base_name(exe)) {
            // A program made of Node.js and a script in one file has a name of its own.
            Runtime::Other if MAIN_THREAD.contains(&comm) => Runtime::Perhaps,
            found => found,
        };
    }
    let started = arguments.first().map_or("", String::as_str);
    // A login shell's name begins with a dash.
    match by_name(base_name(started.trim_start_matches('-'))) {
        Runtime::Other => match by_name(comm) {
            Runtime::Other if MAIN_THREAD.contains(&comm) => Runtime::Perhaps,
            // The name of a thread, cut at 15 bytes: a script called `node` is run by something.
            found @ (Runtime::Node | Runtime::Deno | Runtime::Bun) if !is_shell(started) => found,
            _ => Runtime::Other,
        },
        found => found,
    }
}

/// Whether a command line begins with Node's name.
pub(super) fn is_called_node(arguments: &[String]) -> bool {
    arguments.first().is_some_and(|first| by_name(base_name(first)) == Runtime::Node)
}

fn by_name(name: &str) -> Runtime {
    // `node-20`, `node22`, `nodejs`, `node.exe`.
    let stem = name
        .trim_end_matches(".exe")
        .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | 'v'));
    match stem {
        "node" | "nodejs" | "iojs" => Runtime::Node,
        "deno" => Runtime::Deno,
        "bun" => Runtime::Bun,
        _ => Runtime::Other,
    }
}

fn is_shell(started: &str) -> bool {
    let name = base_name(started.trim_start_matches('-'));
    matches!(
        name,
        "sh" | "bash"
            | "dash"
            | "ash"
            | "zsh"
            | "ksh"
            | "busybox"
            | "tini"
            | "dumb-init"
            | "npm"
            | "env"
            | "su"
            | "sudo"
            | "timeout"
            | "strace"
    )
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
