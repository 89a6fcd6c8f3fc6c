//! This machine.

mod groups;
mod turns;

use std::io;
use std::path::Path;

use tokio::net::TcpStream;

use crate::place::{
    Busy, Described, Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal, Turn,
};

/// What is said of a process that may not be sent signals.
const OF_ANOTHER: &str = "it belongs to another user; run as that user or as root";

/// This machine, by its `/proc`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Local;

impl Place for Local {
    type Stream = TcpStream;
    type File = tokio::fs::File;

    fn name(&self) -> String {
        "this machine".to_owned()
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        has_proc("list processes")?;
        let entries =
            std::fs::read_dir("/proc").map_err(|e| error("list the processes of", "/proc", e))?;
        let pid = |entry: io::Result<std::fs::DirEntry>| {
            entry.ok()?.file_name().to_str()?.parse::<u32>().ok()
        };
        let mut pids: Vec<u32> = entries.filter_map(pid).collect();
        pids.sort_unstable();
        Ok(pids.into_iter().filter_map(process).collect())
    }

    async fn surroundings(&self, pid: u32) -> Result<RawSurroundings, PlaceError> {
        has_proc("look at a process's surroundings")?;
        if !Path::new(&format!("/proc/{pid}")).exists() {
            let what = format!("process {pid}");
            return Err(PlaceError::Gone { what, why: "there is no such process".to_owned() });
        }
        let sockets = ["tcp", "tcp6"].map(|name| text(&format!("/proc/{pid}/net/{name}")));
        Ok(RawSurroundings {
            meminfo: text("/proc/meminfo"),
            sockets: sockets.concat(),
            descriptors: descriptors(pid),
            cgroup: groups::files(&text(&format!("/proc/{pid}/cgroup")), "/sys/fs/cgroup"),
            disk: free_space(pid),
            described: Described::default(),
        })
    }

    async fn signal(
        &self,
        pid: u32,
        started: Option<u64>,
        signal: Signal,
    ) -> Result<(), PlaceError> {
        // What it would open could not be reached, and so not be closed either.
        if let (Signal::Usr1, Some(why)) = (signal, self.out_of_reach(pid)) {
            let what = format!("to reach the inspector of process {pid}");
            return Err(PlaceError::Impossible { what, why });
        }
        send(pid, started, signal)
    }

    fn out_of_reach(&self, pid: u32) -> Option<String> {
        if is_elsewhere(pid, "net") {
            return Some(
                "its network is that of a container; use --method sigusr2, `heapglass gather`, or run heapglass inside"
                    .to_owned(),
            );
        }
        is_of_another(pid).then(|| OF_ANOTHER.to_owned())
    }

    fn turn(&self, pid: u32) -> Result<Turn, Busy> {
        turns::of(pid)
    }

    async fn connect(&self, port: u16) -> Result<TcpStream, PlaceError> {
        // Node.js listens on one of the two, depending on its options and the system's.
        let first = TcpStream::connect(("127.0.0.1", port)).await;
        let stream = match first {
            Ok(stream) => Ok(stream),
            Err(refused) => TcpStream::connect(("::1", port)).await.map_err(|_| refused),
        };
        let stream = stream.map_err(|e| error("connect to port", &port.to_string(), e))?;
        // Requests are small, and answers to them are waited for.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn list(&self, directory: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(error("list", directory, e)),
        };
        let file = |entry: io::Result<std::fs::DirEntry>| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            let age = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(RemoteFile {
                path: entry.path().to_str()?.to_owned(),
                size: metadata.len(),
                modified: i64::try_from(age.as_secs()).unwrap_or(i64::MAX),
            })
        };
        Ok(entries.filter_map(file).collect())
    }

    async fn open(&self, path: &str, offset: u64) -> Result<tokio::fs::File, PlaceError> {
        use tokio::io::AsyncSeekExt;
        let mut file = tokio::fs::File::open(path).await.map_err(|e| error("open", path, e))?;
        file.seek(io::SeekFrom::Start(offset)).await.map_err(|e| error("read", path, e))?;
        Ok(file)
    }

    async fn writable(&self, pid: u32, directory: &str) -> Result<bool, PlaceError> {
        Ok(may_write(pid, directory))
    }

    fn path_for(&self, pid: u32, path: &str) -> String {
        // A container's process names files by its own root.
        if is_elsewhere(pid, "mnt") { format!("/proc/{pid}/root{path}") } else { path.to_owned() }
    }

    async fn group_file(&self, _: u32, path: &str) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    async fn now(&self) -> Option<i64> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(now.as_secs()).ok()
    }

    async fn remove(&self, path: &str) -> Result<(), PlaceError> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(error("remove", path, e)),
            _ => Ok(()),
        }
    }
}

/// Whether a process is in another namespace of this kind than we are.
fn is_elsewhere(pid: u32, kind: &str) -> bool {
    let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok();
    match (namespace("self"), namespace(&pid.to_string())) {
        (Some(own), Some(other)) => own != other,
        _ => false,
    }
}

/// One process of this machine; `None` if there is no such process.
fn process(pid: u32) -> Option<RawProcess> {
    let folder = format!("/proc/{pid}");
    let comm = std::fs::read_to_string(format!("{folder}/comm")).ok()?;
    let link = |name: &str| {
        let target = std::fs::read_link(format!("{folder}/{name}")).ok();
        target.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let environ = std::fs::read(format!("{folder}/environ")).unwrap_or_default();
    Some(RawProcess {
        pid,
        comm,
        exe: link("exe"),
        cmdline: std::fs::read(format!("{folder}/cmdline")).unwrap_or_default(),
        status: text(&format!("{folder}/status")),
        limits: text(&format!("{folder}/limits")),
        started: crate::facts::start_time(&text(&format!("{folder}/stat"))),
        environ: crate::facts::variables(&environ),
        cgroup: text(&format!("{folder}/cgroup")),
        cwd: link("cwd"),
    })
}

/// A file's text, or nothing.
fn text(path: &str) -> String {
    std::fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// Where a process's descriptors lead, one a line.
fn descriptors(pid: u32) -> String {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return String::new() };
    let links = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    links.map(|link| format!("{}\n", link.display())).collect()
}

fn has_proc(what: &str) -> Result<(), PlaceError> {
    if cfg!(target_os = "linux") {
        return Ok(());
    }
    Err(PlaceError::Impossible {
        what: what.to_owned(),
        why:
            "it is done by Linux's /proc; start Node.js with --inspect and give --inspect HOST:PORT"
                .to_owned(),
    })
}

/// Whether the system lets us send no signals to a process.
#[cfg(unix)]
fn is_of_another(pid: u32) -> bool {
    let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::PERM))
}

#[cfg(not(unix))]
fn is_of_another(_: u32) -> bool {
    false
}

#[cfg(unix)]
fn send(pid: u32, started: Option<u64>, signal: Signal) -> Result<(), PlaceError> {
    let what = format!("send a signal to process {pid}");
    let number = match signal {
        Signal::Usr1 => rustix::process::Signal::USR1,
        Signal::Usr2 => rustix::process::Signal::USR2,
    };
    let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let Some(id) = id else {
        return Err(PlaceError::Gone { what, why: "no such process id".to_owned() });
    };
    send_checked((pid, started), id, signal, number)?.map_err(|e| match e {
        rustix::io::Errno::SRCH => {
            PlaceError::Gone { what: format!("process {pid}"), why: "it has ended".to_owned() }
        }
        rustix::io::Errno::PERM => PlaceError::Forbidden { what, why: OF_ANOTHER.to_owned() },
        other => PlaceError::Io { what, source: other.into() },
    })
}

/// Looks once more and sends; between the two the number cannot become another process's.
#[cfg(target_os = "linux")]
fn send_checked(
    meant: (u32, Option<u64>),
    id: rustix::process::Pid,
    signal: Signal,
    number: rustix::process::Signal,
) -> Result<rustix::io::Result<()>, PlaceError> {
    use rustix::io::Errno;
    use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
    match pidfd_open(id, PidfdFlags::empty()) {
        Ok(descriptor) => {
            still_catches(meant, signal)?;
            Ok(pidfd_send_signal(&descriptor, number))
        }
        // Kernels before 5.3, and sandboxes that do not know the call.
        Err(Errno::NOSYS | Errno::PERM) => {
            still_catches(meant, signal)?;
            Ok(kill_process(id, number))
        }
        Err(error) => Ok(Err(error)),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn send_checked(
    (pid, _): (u32, Option<u64>),
    _: rustix::process::Pid,
    _: Signal,
    _: rustix::process::Signal,
) -> Result<rustix::io::Result<()>, PlaceError> {
    has_proc("send a signal")?;
    Err(PlaceError::Gone { what: format!("process {pid}"), why: "it cannot be seen".to_owned() })
}

/// An error unless the process is the one that began then, is Node.js and catches the signal now.
#[cfg(target_os = "linux")]
fn still_catches((pid, started): (u32, Option<u64>), signal: Signal) -> Result<(), PlaceError> {
    let gone = |why: &str| PlaceError::Gone { what: format!("process {pid}"), why: why.to_owned() };
    let raw = process(pid).ok_or_else(|| gone("it has ended"))?;
    if raw.started.zip(started).is_some_and(|(one, other)| one != other) {
        return Err(gone("it has ended, and another one has its number"));
    }
    let facts = crate::facts::ProcessFacts::new(&raw);
    let (name, catches) = match signal {
        Signal::Usr1 => ("SIGUSR1", facts.status.catches_usr1()),
        Signal::Usr2 => ("SIGUSR2", facts.status.catches_usr2()),
    };
    let impossible = |why: String| PlaceError::Impossible {
        what: format!("to send {name} to process {pid}"),
        why,
    };
    if facts.runtime != crate::facts::Runtime::Node || catches != Some(true) {
        return Err(impossible("it is no Node.js that catches it".to_owned()));
    }
    let open = crate::facts::rlimits::open_descriptors(&descriptors(pid));
    crate::preflight::why_harmful(&facts, open, None).map_or(Ok(()), |why| Err(impossible(why)))
}

#[cfg(not(unix))]
fn send(pid: u32, _: Option<u64>, _: Signal) -> Result<(), PlaceError> {
    let why = "this system has no such signals; start Node.js with --inspect".to_owned();
    Err(PlaceError::Impossible { what: format!("send a signal to process {pid}"), why })
}

/// Free space of the file systems on disks and in memory that the process sees, like `df -kP`.
#[cfg(unix)]
fn free_space(pid: u32) -> String {
    use std::fmt::Write;
    // A network file system that does not answer would hold everything up.
    const ASKED: [&str; 7] = ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "ext3"];
    let mut out = String::new();
    for line in text(&format!("/proc/{pid}/mounts")).lines() {
        let mut words = line.split(' ');
        let (Some(device), Some(mount), Some(kind)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let mount = mount.replace("\\040", " ");
        if !ASKED.contains(&kind) {
            continue;
        }
        let Ok(space) = rustix::fs::statvfs(Local.path_for(pid, &mount)) else { continue };
        let kilobytes = |blocks: u64| blocks.saturating_mul(space.f_frsize) / 1024;
        let (total, free) = (kilobytes(space.f_blocks), kilobytes(space.f_bavail));
        // Writing to a String cannot fail.
        let used = total.saturating_sub(free);
        let _ = writeln!(out, "{device} {total} {used} {free} 0% {mount}");
    }
    out
}

#[cfg(not(unix))]
fn free_space(_: u32) -> String {
    String::new()
}

/// Whether the user and the groups of a process may make files in a directory, and its file system can take one more.
#[cfg(unix)]
fn may_write(pid: u32, directory: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let path = Local.path_for(pid, directory);
    let Ok(metadata) = std::fs::metadata(&path) else { return false };
    // A file system may have room, and no number for another file. Where numbers do not run out there are 0 in all.
    let takes_no_file = rustix::fs::statvfs(&path).is_ok_and(|space| {
        space.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY)
            || space.f_files > 0 && space.f_favail == 0
    });
    if takes_no_file || !metadata.is_dir() {
        return false;
    }
    let status = crate::facts::Status::new(&text(&format!("/proc/{pid}/status")));
    let mode = metadata.mode();
    let needed = |shift: u32| (mode >> shift) & 0o3 == 0o3;
    // In a user namespace of its own root has capabilities only over files of users that the namespace has.
    let is_root = status.overrides_modes() != Some(false) && !is_elsewhere(pid, "user");
    match status.uid {
        None => false,
        Some(0) if is_root => true,
        Some(uid) if uid == metadata.uid() => needed(6),
        Some(_) if status.groups.contains(&metadata.gid()) => needed(3),
        Some(_) => needed(0),
    }
}

#[cfg(not(unix))]
fn may_write(_: u32, directory: &str) -> bool {
    Path::new(directory).is_dir()
}

fn error(action: &str, on: &str, source: io::Error) -> PlaceError {
    let what = format!("{action} {on}");
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            PlaceError::Forbidden { what, why: "run as the process's user or as root".to_owned() }
        }
        io::ErrorKind::NotFound => PlaceError::Gone { what, why: source.to_string() },
        _ => PlaceError::Io { what, source },
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn processes_of_others_are_out_of_reach() {
        assert_eq!(Local.out_of_reach(std::process::id()), None);
        let Ok(first) = std::fs::metadata("/proc/1") else { return };
        let own = rustix::process::geteuid();
        if !own.is_root() && first.uid() != own.as_raw() {
            assert!(Local.out_of_reach(1).is_some());
        }
    }

    #[test]
    fn root_of_a_user_namespace_may_not_write_what_is_another_user_s() {
        let Ok(directory) = tempfile::tempdir() else { return };
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), mode).expect("its mode");
        // Only root may give it to another user.
        let given = std::os::unix::fs::chown(directory.path(), Some(1000), Some(1000));
        if given.is_err() || !rustix::process::geteuid().is_root() {
            return;
        }
        let started = std::process::Command::new("unshare")
            .args(["--user", "--map-root-user", "sh", "-c", "echo ready; read line"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        let Ok(mut child) = started else { return };
        let mut line = String::new();
        let mut output = std::io::BufReader::new(child.stdout.take().expect("its output"));
        let _ = std::io::BufRead::read_line(&mut output, &mut line);
        let path = directory.path().display().to_string();
        // Not every system lets namespaces be made.
        let is_made = line == "ready\n" && is_elsewhere(child.id(), "user");
        let may = may_write(child.id(), &path);
        drop(child.stdin.take());
        let _ = child.wait();
        assert!(!may || !is_made, "root of a namespace that does not have the directory's owner");
    }
}
