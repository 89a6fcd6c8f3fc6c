//! Process managers that restart a process for the memory it takes.

use super::{Status, split_nul};
use crate::place::RawProcess;

/// The variable in which pm2 tells a process its limit, in bytes.
pub(super) const LIMIT: &str = "max_memory_restart=";
/// The one in which its cluster mode tells all that it knows of a process, in JSON.
pub(super) const SETTINGS: &str = "pm2_env=";

/// Bytes of resident memory above which pm2 restarts a process; `None` unless pm2 itself has started it: what a process
/// starts in turn has the same variables, and is not watched.
pub(super) fn restarts_above(raw: &RawProcess, all: &[RawProcess]) -> Option<u64> {
    let environment = split_nul(&raw.environ);
    let limit = environment.iter().find_map(|line| line.strip_prefix(LIMIT)?.parse().ok())?;
    let parent = Status::new(&raw.status).parent?;
    let parent = all.iter().find(|other| other.pid == parent)?;
    // `PM2 v7.0.4: God Daemon (/root/.pm2)`, `node /usr/local/bin/pm2-runtime app.js`.
    let command = String::from_utf8_lossy(&parent.cmdline).to_lowercase();
    command.contains("pm2").then_some(limit).filter(|limit| *limit > 0)
}

/// The limit among those settings, as the variable that holds it otherwise.
pub(super) fn limit_in(settings: &[u8]) -> Option<Vec<u8>> {
    let settings: serde_json::Value = serde_json::from_slice(settings).ok()?;
    let limit = settings.get(LIMIT.trim_end_matches('='))?.as_u64()?;
    Some(format!("{LIMIT}{limit}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::variables;
    use super::*;

    #[test]
    fn its_limit_is_told_in_two_ways_and_nothing_else_of_its_settings_is_kept() {
        for (environ, expected) in [
            (
                "A=b\0PATH=/bin\0max_memory_restart=9\0NODE_ENV=x",
                "PATH=/bin\0max_memory_restart=9\0NODE_ENV=x",
            ),
            (
                r#"pm2_env={"env":{"PASSWORD":"x"},"max_memory_restart":157286400}"#,
                "max_memory_restart=157286400",
            ),
            (r#"pm2_env={"env":{"max_memory_restart":7}}"#, ""),
            (r#"pm2_env={"max_memory_restart":"#, ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&variables(environ.as_bytes())), expected);
        }
    }

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
