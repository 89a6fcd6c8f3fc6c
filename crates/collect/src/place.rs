//! Where a process is and how it is reached: this machine, or a container of a pod.

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::preflight::Probe;

/// A place with processes. It moves bytes and interprets nothing, so that what a capture does is written once.
///
/// Every call may take as long as the network does; callers put a deadline on it.
pub trait Place: Send + Sync {
    /// A byte stream to a port, as [`Place::connect`] gives it.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;
    /// The bytes of a file, as [`Place::open`] gives them.
    type File: AsyncRead + Send + Unpin;

    /// How a person calls this place: `this machine`, `pod shop/web-1, container app`.
    fn name(&self) -> String;

    /// The arguments with which `heapglass capture` finds this process, wherever it is run.
    fn arguments(&self, process: u32) -> String {
        format!("--pid {process}")
    }

    /// The liveness probe of whoever restarts the processes here when they do not answer, if there is one.
    fn probe(&self) -> Option<Probe> {
        None
    }

    /// All processes that can be seen, as the kernel describes them. Those that ended meanwhile are left out.
    fn processes(&self) -> impl Future<Output = Result<Vec<RawProcess>, PlaceError>> + Send;

    /// What surrounds a process: memory limits, sockets, free space where snapshots could be written.
    fn surroundings(
        &self,
        process: u32,
    ) -> impl Future<Output = Result<RawSurroundings, PlaceError>> + Send;

    /// Sends a signal. The caller has made sure that the process catches it; the place looks once more
    /// where it can, so that no other process gets it which has the number by now: one that did not begin at
    /// `started`, in the kernel's ticks since boot, where that is known. Then it is [`PlaceError::Gone`].
    fn signal(
        &self,
        process: u32,
        started: Option<u64>,
        signal: Signal,
    ) -> impl Future<Output = Result<(), PlaceError>> + Send;

    /// Why the inspector of this process could not be opened or not be connected to, where that can be told beforehand.
    fn out_of_reach(&self, _process: u32) -> Option<String> {
        None
    }

    /// The turn to take a snapshot of a process; an error while another capture has it. Always there where captures do
    /// not know of each other.
    fn turn(&self, _process: u32) -> Result<Turn, Busy> {
        Ok(Turn::default())
    }

    /// A stream to a port on the place's loopback interface.
    fn connect(&self, port: u16) -> impl Future<Output = Result<Self::Stream, PlaceError>> + Send;

    /// The files that lie directly in a directory; empty where there is no such directory.
    fn list(
        &self,
        directory: &str,
    ) -> impl Future<Output = Result<Vec<RemoteFile>, PlaceError>> + Send;

    /// Reads a file from `offset` on to its end at the time of the call.
    fn open(
        &self,
        path: &str,
        offset: u64,
    ) -> impl Future<Output = Result<Self::File, PlaceError>> + Send;

    /// Whether this process may make files in a directory; `false` also where there is none.
    fn writable(
        &self,
        process: u32,
        directory: &str,
    ) -> impl Future<Output = Result<bool, PlaceError>> + Send;

    /// The path by which [`Place::list`], [`Place::open`] and [`Place::remove`] reach what this process
    /// calls `path`. Differs where processes of other file system namespaces can be seen.
    fn path_for(&self, _process: u32, path: &str) -> String {
        path.to_owned()
    }

    /// The text that one of the files of [`RawSurroundings::cgroup`] has now; `None` where it cannot be read again. The
    /// process may have ended.
    fn group_file(
        &self,
        _process: u32,
        _path: &str,
    ) -> impl Future<Output = Option<String>> + Send {
        async { None }
    }

    /// What `exe --version` says there; `None` where nobody can be asked.
    fn node_version(&self, _exe: &str) -> impl Future<Output = Option<String>> + Send {
        async { None }
    }

    /// The time by the clock that files are dated with there, in seconds since 1970; `None` where it is
    /// not known.
    fn now(&self) -> impl Future<Output = Option<i64>> + Send {
        async { None }
    }

    /// Removes a file that a capture has made.
    fn remove(&self, path: &str) -> impl Future<Output = Result<(), PlaceError>> + Send;
}

/// The turn of one capture of a process: others wait until it is dropped.
#[derive(Debug, Default)]
pub struct Turn {
    _lock: Option<std::fs::File>,
}

impl Turn {
    /// One that lasts as long as the lock on an open file, which ends with it.
    pub fn holding(lock: std::fs::File) -> Turn {
        Turn { _lock: Some(lock) }
    }
}

/// Another capture of the process is under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Busy {
    /// The process that does it, with its command line; `None` where that cannot be seen.
    pub by: Option<String>,
}

/// The two signals that Node.js gives a meaning to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Opens the inspector, unless Node runs with `--disable-sigusr1`.
    Usr1,
    /// Writes a snapshot, if Node runs with `--heapsnapshot-signal=SIGUSR2`; kills it otherwise.
    Usr2,
}

/// One process as `/proc` tells it; a file that could not be read is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawProcess {
    /// The process id inside the place (in a container: inside its process namespace).
    pub pid: u32,
    /// `/proc/PID/comm`.
    pub comm: String,
    /// Where `/proc/PID/exe` leads; empty where it may not be read.
    pub exe: String,
    /// `/proc/PID/cmdline`, with its NULs.
    pub cmdline: Vec<u8>,
    /// `/proc/PID/status`.
    pub status: String,
    /// `/proc/PID/limits`.
    pub limits: String,
    /// When it started, in the kernel's ticks since boot; `None` where that cannot be seen.
    pub started: Option<u64>,
    /// What [`variables`](crate::facts::variables) keeps of `/proc/PID/environ`.
    pub environ: Vec<u8>,
    /// `/proc/PID/cgroup`.
    pub cgroup: String,
    /// Where `/proc/PID/cwd` leads; empty where it may not be read.
    pub cwd: String,
}

/// What surrounds a process, as raw text; a file that could not be read is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawSurroundings {
    /// `/proc/meminfo`.
    pub meminfo: String,
    /// `/proc/PID/net/tcp` and `/proc/PID/net/tcp6`, one after the other.
    pub sockets: String,
    /// Where the links in `/proc/PID/fd` lead, one a line (`socket:[4242]`); empty where they may not
    /// be read.
    pub descriptors: String,
    /// Whole paths and contents of the files of the memory cgroup that decide when the process is killed:
    /// `memory.max`, `memory.high`, `memory.current`, `memory.peak`, `memory.stat`, `memory.events` or, of version 1,
    /// `memory.limit_in_bytes`, `memory.usage_in_bytes`, `memory.max_usage_in_bytes`, `memory.stat`, `memory.oom_control`,
    /// those of the parents after those of the process's own group. And those of its processor time, where the place
    /// shows them: `cpu.max` or, of version 1, `cpu.cfs_quota_us` and `cpu.cfs_period_us`. And of its tasks: `pids.max`
    /// and `pids.current`.
    pub cgroup: Vec<(String, String)>,
    /// `df -kP` or its like: free space by mount point, empty where it cannot be asked.
    pub disk: String,
    /// What the description of its container says beside the control groups.
    pub described: Described,
}

/// What the description of a container allows it; `None` for what it does not bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Described {
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// Thousandths of a processor.
    pub cpu: Option<u64>,
}

/// A file in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its whole path.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was changed last, in seconds since 1970.
    pub modified: i64,
}

/// Why a place could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It may be possible for somebody with more rights.
    #[error("{what} is not allowed: {why}")]
    Forbidden {
        /// What was tried.
        what: String,
        /// What was answered, and which right is missing.
        why: String,
    },
    /// It is not possible in this place: no shell in the image, no such program, no such file.
    #[error("{what} is not possible here: {why}")]
    Impossible {
        /// What was tried.
        what: String,
        /// Why not.
        why: String,
    },
    /// The process, the container or the pod is not there any more.
    #[error("{what} is gone: {why}")]
    Gone {
        /// What is gone.
        what: String,
        /// How that was noticed.
        why: String,
    },
    /// The connection failed on the way.
    #[error("{what} failed: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system or the network said.
        source: io::Error,
    },
}
