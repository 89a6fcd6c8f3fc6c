//! Process managers that restart a process for the memory it takes.

use super::{Status, split_nul};
use crate::place::RawProcess;

/// The variable in which pm2 tells a process its limit, in bytes.
pub const LIMIT: &str = "max_memory_restart=";

/// Bytes of resident memory above which pm2 restarts a process; `None` unless pm2 itself has started it: what a process
/// starts in turn has the same variables, and is not watched.
pub fn restarts_above(raw: &RawProcess, all: &[RawProcess]) -> Option<u64> {
    let environment = split_nul(&raw.environ);
    let limit = environment.iter().find_map(|line| line.strip_prefix(LIMIT)?.parse().ok())?;
    let parent = Status::new(&raw.status).parent?;
    let parent = all.iter().find(|other| other.pid == parent)?;
    // `PM2 v7.0.4: God Daemon (/root/.pm2)`, `node /usr/local/bin/pm2-runtime app.js`.
    let command = String::from_utf8_lossy(&parent.cmdline).to_lowercase();
    command.contains("pm2").then_some(limit).filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_pm2_started_itself_is_restarted() {
        let process = |pid, parent, command: &str, environ: &str| RawProcess {
            pid,
            cmdline: command.replace(' ', "\0").into_bytes(),
            status: format!("PPid:\t{parent}\n"),
            environ: environ.replace(' ', "\0").into_bytes(),
            ..RawProcess::default()
        };
        let limit = "PATH=/bin max_memory_restart=157286400";
        let all = [
            process(1, 0, "PM2 v7.0.4: God Daemon (/root/.pm2)", ""),
            process(2, 1, "node app.js", limit),
            process(3, 2, "node child.js", limit),
            process(4, 1, "node other.js", "PATH=/bin max_memory_restart=0"),
            process(5, 1, "node third.js", "PATH=/bin"),
        ];
        let found: Vec<Option<u64>> = all.iter().map(|raw| restarts_above(raw, &all)).collect();
        assert_eq!(found, [None, Some(157_286_400), None, None, None]);
    }
}
