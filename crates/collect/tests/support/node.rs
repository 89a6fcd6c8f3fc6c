//! Real Node processes for tests.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A Node process that ends with the test.
pub(crate) struct Node {
    pub(crate) child: Child,
    pub(crate) directory: tempfile::TempDir,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Node {
    /// Runs a script with these options, and waits until it says that it is ready. It may take a port of
    /// its own for the inspector, so that tests can run side by side.
    pub(crate) fn start(node: &Path, options: &[&str], script: &str) -> Node {
        Node::start_with(node, options, script, &[])
    }

    pub(crate) fn start_with(
        node: &Path,
        options: &[&str],
        script: &str,
        env: &[(&str, &str)],
    ) -> Node {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("script.js");
        std::fs::write(&file, script).unwrap();
        let mut command = Command::new(node);
        command.args(options).arg(&file).current_dir(directory.path());
        command.env_remove("NODE_OPTIONS").envs(env.iter().copied());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("node starts");
        let out = child.stdout.take().unwrap();
        let (tell, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let node = Node { child, directory, lines };
        node.wait_for("ready");
        node
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that begins so; the lines before it are dropped.
    pub(crate) fn wait_for(&self, word: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(std::time::Duration::from_secs(60)).expect(word);
            if line.starts_with(word) {
                return line;
            }
        }
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// A file that the capture may write.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Names of the files in its directory, without its script.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "script.js");
        names.sort();
        names
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The system's Node.
pub(crate) fn node() -> PathBuf {
    PathBuf::from("node")
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Keeps some objects and then lives.
pub(crate) const IDLE: &str =
    "const keep = []; for (let i = 0; i < 20000; i++) keep.push({ i, s: 's' + i });
setInterval(() => keep.length, 1000); console.log('ready');";
