//! What a command line and `NODE_OPTIONS` ask of Node.js.

/// The port that Node.js opens its inspector on when nothing else is said.
pub const DEFAULT_PORT: u16 = 9229;

/// The options that matter for taking snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeOptions {
    /// Whether the inspector was asked for at the start.
    pub inspect: bool,
    /// The port that was asked for, also for an inspector that is opened later; 0 for any.
    pub port: Option<u16>,
    /// The host that was asked for.
    pub host: Option<String>,
    /// The signal that writes a snapshot.
    pub snapshot_signal: Option<String>,
    /// The signal that writes a diagnostic report.
    pub report_signal: Option<String>,
    /// Where Node.js writes what it finds.
    pub diagnostic_dir: Option<String>,
    /// SIGUSR1 does not open the inspector.
    pub no_sigusr1: bool,
    /// The permission model is on, which keeps the inspector shut unless allowed.
    pub permission: bool,
    /// What may be written to where the permission model is on, as it was given.
    pub allow_write: Vec<String>,
    /// The inspector does not answer to HTTP (`--inspect-publish-uid` without `http`).
    pub no_http: bool,
}

/// Options of Node.js whose value is an argument of its own.
const WITH_VALUE: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "-e",
    "--eval",
    "-p",
    "--print",
    "-pe",
    "--input-type",
    "--env-file",
    "--title",
    "--icu-data-dir",
    "--openssl-config",
    "--dns-result-order",
    "--stack-trace-limit",
    "--disable-warning",
    "--allow-fs-read",
];

/// Commands of Deno that run a script, and know `--inspect`.
const DENO: &[&str] = &["run", "serve", "test", "bench", "eval", "repl"];

impl NodeOptions {
    /// Options in `NODE_OPTIONS` hold first, those of the command line outweigh them. What stands after
    /// the script is the script's.
    pub fn new(node_options: &str, arguments: &[String]) -> NodeOptions {
        let mut options = NodeOptions::default();
        let words = split_words(node_options);
        options.read(&mut words.iter().map(String::as_str), true);
        options.read(&mut arguments.iter().skip(1).map(String::as_str), false);
        options
    }

    /// The same of Deno, whose options may stand behind its command: `deno run --inspect main.ts`.
    pub fn of_deno(arguments: &[String]) -> NodeOptions {
        let first = arguments.iter().skip(1).position(|word| !word.starts_with('-'));
        let command = first
            .map(|at| at + 1)
            .filter(|&at| arguments.get(at).is_some_and(|word| DENO.contains(&word.as_str())));
        let words = arguments.iter().enumerate().filter(|(at, _)| Some(*at) != command);
        let words: Vec<String> = words.map(|(_, word)| word.clone()).collect();
        NodeOptions::new("", &words)
    }

    /// The port that the inspector is or will be on; 0 where the system chooses one.
    pub fn inspector_port(&self) -> u16 {
        self.port.unwrap_or(DEFAULT_PORT)
    }

    /// Whether SIGUSR2 is known to write a snapshot. That the signal is caught does not say it: programs
    /// catch it for purposes of their own, mostly to end.
    pub fn writes_on_usr2(&self) -> bool {
        self.snapshot_signal.as_deref() == Some("SIGUSR2")
    }

    /// The option that gives SIGUSR1 another meaning than to open the inspector.
    pub fn takes_usr1(&self) -> Option<&'static str> {
        let is_usr1 = |signal: &Option<String>| signal.as_deref() == Some("SIGUSR1");
        if self.no_sigusr1 {
            Some("--disable-sigusr1")
        } else if is_usr1(&self.snapshot_signal) {
            Some("--heapsnapshot-signal=SIGUSR1")
        } else if is_usr1(&self.report_signal) {
            Some("--report-signal=SIGUSR1")
        } else {
            None
        }
    }

    /// Whether the permission model, where it is on, lets the process make files of any name in `directory`. What was
    /// allowed is a directory, a path with `*` at its end, or `*`; it is seen from `cwd`. Links are not followed.
    pub fn allows_writing(&self, directory: &str, cwd: &str) -> bool {
        let whole = |path: &str| match path.trim_start_matches("./") {
            path if path.starts_with('/') => path.trim_end_matches('/').to_owned(),
            "" | "." => cwd.trim_end_matches('/').to_owned(),
            path => format!("{}/{}", cwd.trim_end_matches('/'), path.trim_end_matches('/')),
        };
        let wanted = format!("{}/", whole(directory));
        let covers = |allowed: &String| match allowed.strip_suffix('*') {
            Some("") => true,
            // The sign before it may be the one that ends a directory's name.
            Some(begin) if begin.starts_with('/') => wanted.starts_with(begin),
            Some(begin) => wanted.starts_with(&format!("{}/{begin}", cwd.trim_end_matches('/'))),
            None => wanted.starts_with(&format!("{}/", whole(allowed))),
        };
        !self.permission || self.allow_write.iter().any(covers)
    }

    fn read(&mut self, words: &mut dyn Iterator<Item = &str>, environment: bool) {
        while let Some(word) = words.next() {
            if word == "--" || !word.starts_with('-') {
                // In the environment there is no script.
                if environment {
                    continue;
                }
                break;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let name = name.replace('_', "-");
            match name.as_str() {
                "--inspect" | "--inspect-brk" | "--inspect-wait" | "--inspect-brk-node" => {
                    self.inspect = true;
                    self.address(value.unwrap_or_default());
                }
                "--inspect-port" | "--debug-port" => {
                    let next = if value.is_none() { words.next() } else { value };
                    self.address(next.unwrap_or_default());
                }
                "--heapsnapshot-signal" => {
                    let next = if value.is_none() { words.next() } else { value };
                    self.snapshot_signal = next.map(str::to_owned);
                }
                "--report-signal" | "--diagnostic-report-signal" => {
                    let next = if value.is_none() { words.next() } else { value };
                    self.report_signal = next.map(str::to_owned);
                }
                "--diagnostic-dir" => {
                    let next = if value.is_none() { words.next() } else { value };
                    self.diagnostic_dir = next.map(str::to_owned);
                }
                "--disable-sigusr1" => self.no_sigusr1 = true,
                "--permission" | "--experimental-permission" => self.permission = true,
                "--allow-fs-write" => {
                    let next = if value.is_none() { words.next() } else { value };
                    self.allow_write.extend(next.map(str::to_owned));
                }
                "--inspect-publish-uid" => {
                    self.no_http = value.is_some_and(|value| !value.contains("http"));
                }
                name if WITH_VALUE.contains(&name) && value.is_none() => {
                    words.next();
                }
                _ => {}
            }
        }
    }

    /// `HOST:PORT`, `HOST` or `PORT`.
    fn address(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Ok(port) = text.parse() {
            self.port = Some(port);
            return;
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match text.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        self.host = Some(host.to_owned());
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            self.port = Some(port);
        }
    }
}

/// Words between spaces; double quotes keep spaces, a backslash inside them takes the next sign as it is.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut any) = (String::new(), false, false);
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted => word.extend(signs.next()),
            '"' => {
                quoted = !quoted;
                any = true;
            }
            ' ' | '\n' | '\t' if !quoted => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                    any = false;
                }
            }
            other => word.push(other),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}
