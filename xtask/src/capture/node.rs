//! A Node process, and the program that captures it.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::Bench;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running process; ends with its value.
pub(crate) struct Node {
    child: Child,
    folder: tempfile::TempDir,
    lines: Receiver<String>,
    /// The port of its inspector, open or not.
    pub(crate) port: u16,
}

impl Node {
    /// Runs a script. `PORT` in an option stands for a port that is free.
    pub(crate) fn start(bench: &Bench, options: &[&str], script: &str) -> Result<Node> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("script.js");
        std::fs::write(&file, script)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut child = Command::new(&bench.node)
            .args(options.iter().map(|option| option.replace("PORT", &port.to_string())))
            .arg(&file)
            .current_dir(folder.path())
            .env_remove("NODE_OPTIONS")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().context("no output")?;
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let node = Node { child, folder, lines, port };
        node.wait_for("ready")?;
        Ok(node)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that begins so.
    pub(crate) fn wait_for(&self, word: &str) -> Result<String> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).with_context(|| format!("no {word}"))?;
            if line.starts_with(word) {
                return Ok(line);
            }
        }
    }

    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Names of the files that were made.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.folder.path())? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| name != "script.js");
        names.sort();
        Ok(names)
    }

    /// It is alive, its inspector is shut, and these files were made.
    pub(crate) fn unharmed(&mut self, files: &[&str]) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "the process has ended");
        ensure!(!self.listens(), "the inspector is still open");
        let found = self.files()?;
        ensure!(found == files, "files: {found:?}");
        Ok(())
    }

    pub(crate) fn is_alive(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Whether its inspector is open.
    pub(crate) fn listens(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Waits until its inspector is shut.
    pub(crate) fn wait_until_shut(&self) -> Result<()> {
        let give_up = Instant::now() + PATIENCE;
        while self.listens() {
            ensure!(Instant::now() < give_up, "the inspector is still open");
            rest(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) document: Value,
    pub(crate) stderr: String,
}

impl Said {
    fn new(output: &Output, code: i32) -> Said {
        let stdout = String::from_utf8_lossy(&output.stdout);
        Said {
            code,
            document: serde_json::from_str(&stdout).unwrap_or_default(),
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }
    }

    /// It ended with this code.
    pub(crate) fn ended(self, code: i32) -> Result<Said> {
        ensure!(
            self.code == code,
            "ended with {} instead of {code}: {} {}",
            self.code,
            self.stderr,
            self.document
        );
        Ok(self)
    }

    /// The first snapshot.
    pub(crate) fn snapshot(&self) -> &Value {
        &self.document["snapshots"][0]
    }

    pub(crate) fn says(&self, text: &str) -> Result<()> {
        ensure!(self.stderr.contains(text), "said {:?} without {text:?}", self.stderr);
        Ok(())
    }
}

/// The program at work.
pub(crate) struct Capture {
    child: Child,
}

impl Capture {
    /// Starts a capture of a process into `a.heapsnapshot` in its folder.
    pub(crate) fn start(bench: &Bench, node: &Node, options: &[&str]) -> Result<Capture> {
        Capture::start_into(bench, node.pid(), &node.out("a.heapsnapshot"), options)
    }

    pub(crate) fn start_into(
        bench: &Bench,
        pid: u32,
        out: &Path,
        options: &[&str],
    ) -> Result<Capture> {
        let child = Command::new(&bench.program)
            .args(["capture", "--json", "--pid", &pid.to_string(), "--out"])
            .arg(out)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Capture { child })
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }

    /// The largest that its resident memory ever was, in bytes.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
    }

    /// Waits until the file that is written has some bytes.
    pub(crate) fn wait_for_bytes(&mut self, out: &Path) -> Result<()> {
        self.wait_for_part(out, 1)
    }

    /// Waits until the file that is written is there and has so many bytes.
    pub(crate) fn wait_for_part(&mut self, out: &Path, least: u64) -> Result<()> {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let file = out.with_file_name(format!(".{name}.{}.part", self.child.id()));
        let give_up = Instant::now() + PATIENCE;
        while !file.metadata().is_ok_and(|metadata| metadata.len() >= least) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the capture ended before it was disturbed: {status}");
            }
            ensure!(Instant::now() < give_up, "no bytes");
            rest(Duration::from_millis(2));
        }
        Ok(())
    }

    pub(crate) fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Result<Said> {
        let output = self.child.wait_with_output()?;
        let code = output.status.code().with_context(|| format!("{}", output.status))?;
        Ok(Said::new(&output, code))
    }
}

/// Captures a process into `a.heapsnapshot` in its folder.
pub(crate) fn capture(bench: &Bench, node: &Node, options: &[&str]) -> Result<Said> {
    Capture::start(bench, node, options)?.end()
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, signal: Signal) -> Result<()> {
    Ok(kill(Pid::from_raw(i32::try_from(pid)?), signal)?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "what other processes do can only be looked at again"
)]
pub(crate) fn rest(time: Duration) {
    std::thread::sleep(time);
}
