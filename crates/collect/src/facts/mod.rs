//! What is known of a process without asking it: pure functions from raw text to values.

pub mod cgroup;
pub mod disk;
pub mod identity;
mod manager;
pub mod options;
pub mod rlimits;
pub mod sockets;
pub mod status;

use crate::place::{RawProcess, RawSurroundings};

pub use identity::Runtime;
pub use options::NodeOptions;
pub use rlimits::Rlimits;
pub use status::{Status, start_time};

/// What one process says of itself in `/proc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessFacts {
    /// Its id in its place.
    pub pid: u32,
    /// What runs in it.
    pub runtime: Runtime,
    /// Its command line, as a person would type it.
    pub command: String,
    /// Whether its command line is not the one it was started with: `process.title` writes over that, and
    /// its options can be seen no more.
    pub is_titled: bool,
    /// Its name for the kernel.
    pub comm: String,
    /// `/proc/PID/status`.
    pub status: Status,
    /// `/proc/PID/limits`.
    pub rlimits: Rlimits,
    /// When it started, in the kernel's ticks since boot: tells it from a later process with its id.
    pub started: Option<u64>,
    /// What its command line and its environment ask of Node.js.
    pub options: NodeOptions,
    /// Its current directory; empty where that may not be known.
    pub cwd: String,
    /// `NODE_VERSION` of its environment, which the images of Node.js set, or what the program said of its
    /// version when it was asked.
    pub node_version: Option<String>,
    /// The program file; empty where that may not be known.
    pub exe: String,
    /// Bytes of resident memory above which its process manager restarts it, where that was looked for
    /// ([`ProcessFacts::among`]).
    pub restarts_above: Option<u64>,
}

impl ProcessFacts {
    /// Whether its process manager would restart it if it had so many bytes more.
    pub fn is_restarted_for(&self, more: u64) -> bool {
        let limits = self.restarts_above.zip(self.status.resident);
        limits.is_some_and(|(max, resident)| resident.saturating_add(more) > max)
    }

    /// The facts in a process's raw text.
    pub fn new(raw: &RawProcess) -> ProcessFacts {
        let arguments = split_nul(&raw.cmdline);
        let environment = split_nul(&raw.environ);
        let node_options = environment.iter().find_map(|line| line.strip_prefix("NODE_OPTIONS="));
        let runtime = identity::runtime(raw, &arguments);
        ProcessFacts {
            pid: raw.pid,
            runtime,
            is_titled: runtime == Runtime::Node && !identity::is_called_node(&arguments),
            command: arguments.join(" ").trim().to_owned(),
            comm: raw.comm.trim().to_owned(),
            status: Status::new(&raw.status),
            rlimits: Rlimits::new(&raw.limits),
            started: raw.started,
            options: match runtime {
                Runtime::Deno => NodeOptions::of_deno(&arguments),
                _ => NodeOptions::new(node_options.unwrap_or_default(), &arguments),
            },
            cwd: raw.cwd.clone(),
            node_version: environment
                .iter()
                .find_map(|line| line.strip_prefix("NODE_VERSION=").map(str::to_owned)),
            exe: raw.exe.clone(),
            restarts_above: None,
        }
    }

    /// The same, with what another process does to it: `all` are those of its place.
    pub fn among(raw: &RawProcess, all: &[RawProcess]) -> ProcessFacts {
        ProcessFacts { restarts_above: manager::restarts_above(raw, all), ..ProcessFacts::new(raw) }
    }

    /// Its id where it runs, which is what it calls itself: differs from [`ProcessFacts::pid`] for a
    /// container's process that is seen from outside.
    pub fn inner_pid(&self) -> u32 {
        self.status.inner_pid.unwrap_or(self.pid)
    }

    /// The major version, where the program, its path or `NODE_VERSION`, which official images set, tells it.
    pub fn major(&self) -> Option<u32> {
        let version = |text: &str| {
            let digits = text.trim_start_matches('v');
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits[..end].parse().ok().filter(|major| (8..100).contains(major))
        };
        if let Some(major) = self.node_version.as_deref().and_then(version) {
            return Some(major);
        }
        // `/opt/node-v18.20.8/bin/node`, `/usr/lib/node18/node`, `~/.nvm/versions/node/v18.20.8/bin/node`.
        let named = |part: &&str| part.contains("node") || part.starts_with('v');
        self.exe.rsplit('/').filter(named).find_map(|part| {
            part.split(['-', '_', '@']).find_map(|word| version(word.trim_start_matches("node")))
        })
    }
}

/// What surrounds a process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    /// Ports that the process itself listens on; `None` where its sockets may not be seen.
    pub own_ports: Option<Vec<u16>>,
    /// Descriptors that it has open; `None` where they may not be seen.
    pub descriptors: Option<u64>,
    /// Tasks that it may still begin, by its control groups and by its user's limit; `None` where neither limits them.
    pub free_tasks: Option<u64>,
    /// Ports that anybody in the process's network namespace listens on.
    pub all_ports: Vec<u16>,
    /// The limits that would kill it, tightest room first.
    pub limits: Vec<cgroup::Limit>,
    /// Processors that the tightest quota of its control groups or its container's description leaves it; `None` where
    /// there is no quota, or none that can be seen.
    pub cpus: Option<f64>,
    /// How often the kernel has killed for memory in the process's own control group; `None` where it is not told.
    pub oom_kills: Option<cgroup::OomKills>,
    /// What the machine can still give, from `/proc/meminfo`.
    pub available: Option<u64>,
    /// Free space by mount point.
    pub disks: Vec<disk::Disk>,
}

impl Surroundings {
    /// The values in raw text. The status of the process stands for what its control group uses where that is not known.
    pub fn new(raw: &RawSurroundings, process: Option<&Status>) -> Surroundings {
        let sockets = sockets::listening(&raw.sockets);
        let inodes = sockets::owned_inodes(&raw.descriptors);
        let own = |inodes: &Vec<u64>| {
            let own = sockets.iter().filter(|socket| inodes.contains(&socket.inode));
            ports(own.map(|socket| socket.port))
        };
        let described = raw.described.memory;
        let described = described.and_then(|max| cgroup::described(max, &raw.cgroup, process));
        let mut limits = cgroup::limits(&raw.cgroup);
        limits.extend(described);
        limits.sort_by_key(cgroup::Limit::room);
        let described = raw.described.cpu.map(|thousandths| thousandths as f64 / 1000.0);
        let quotas = cgroup::cpus(&raw.cgroup).into_iter().chain(described);
        Surroundings {
            own_ports: inodes.as_ref().map(own),
            descriptors: rlimits::open_descriptors(&raw.descriptors),
            free_tasks: cgroup::free_tasks(&raw.cgroup),
            all_ports: ports(sockets.iter().map(|socket| socket.port)),
            limits,
            cpus: quotas.min_by(f64::total_cmp),
            oom_kills: cgroup::oom_kills(&raw.cgroup),
            available: meminfo(&raw.meminfo, "MemAvailable"),
            disks: disk::disks(&raw.disk),
        }
    }

    /// Counts the tasks of a process's user, which its limit is for, among all processes that can be seen.
    pub fn count_tasks(&mut self, process: &ProcessFacts, all: impl Iterator<Item = Status>) {
        let (Some(most), Some(user)) = (process.rlimits.tasks, process.status.real_uid) else {
            return;
        };
        if process.status.is_beyond_tasks() {
            return;
        }
        let own = all.filter(|status| status.real_uid == Some(user));
        let used: u64 = own.map(|status| status.threads.unwrap_or(1)).sum();
        let free = most.saturating_sub(used);
        self.free_tasks = Some(self.free_tasks.map_or(free, |tasks| tasks.min(free)));
    }

    /// The limit that leaves least room, the machine's memory among them.
    pub fn room(&self) -> Option<(u64, String)> {
        let limits = self.limits.iter().map(|limit| (limit.room(), limit.in_words()));
        let machine = self.available.map(|bytes| (bytes, "the machine's free memory".to_owned()));
        limits.chain(machine).min_by_key(|(room, _)| *room)
    }

    /// The most that the process may use: the lowest limit above which the kernel kills, else the lowest one at all.
    pub fn most_memory(&self) -> Option<u64> {
        let hard = self.hard_limits().map(|limit| limit.max).min();
        hard.or_else(|| self.limits.iter().map(|limit| limit.max).min())
    }

    fn hard_limits(&self) -> impl Iterator<Item = &cgroup::Limit> {
        self.limits.iter().filter(|limit| !limit.is_soft)
    }

    /// The limit that leaves least room of those above which the kernel kills at once.
    pub fn room_until_killed(&self) -> Option<(u64, String)> {
        let hard = self.hard_limits();
        hard.map(|limit| (limit.room(), limit.in_words())).min_by_key(|(room, _)| *room)
    }
}

fn ports(ports: impl Iterator<Item = u16>) -> Vec<u16> {
    let mut ports: Vec<u16> = ports.collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// A line of `/proc/meminfo`, in bytes.
fn meminfo(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.strip_prefix(':')?;
        status::kilobytes(rest)
    })
}

/// Those variables of `/proc/PID/environ` that are looked at, with NULs between: `NODE_…`, `PATH` and pm2's limit. Nothing else
/// leaves this function: the others may be secrets.
pub fn variables(environ: &[u8]) -> Vec<u8> {
    let kept = |variable: &[u8]| -> Option<Vec<u8>> {
        if let Some(settings) = variable.strip_prefix(manager::SETTINGS.as_bytes()) {
            return manager::limit_in(settings);
        }
        let begins = |with: &str| variable.starts_with(with.as_bytes());
        let is_kept = begins("NODE_") || begins("PATH=") || begins(manager::LIMIT);
        is_kept.then(|| variable.to_vec())
    };
    let kept: Vec<Vec<u8>> = environ.split(|&byte| byte == 0).filter_map(kept).collect();
    kept.join(&0)
}

/// Texts that end in NULs, or stand between them.
fn split_nul(bytes: &[u8]) -> Vec<String> {
    let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|&byte| byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

#[cfg(test)]
mod tests;
