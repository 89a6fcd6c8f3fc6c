//! What is remembered of a container from one look to the next.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::place::{RawProcess, RawSurroundings};

use crate::script::{Guard, Seen};

/// A look this recent still tells of memory and disks.
pub(crate) const FRESH: Duration = Duration::from_secs(5);
/// The longest that questions are kept apart.
const SELDOM: Duration = Duration::from_secs(1);

/// When a container was asked last, and how often in a row for the same.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) last: Option<Instant>,
    pub(crate) again: u32,
}

impl Asked {
    /// How far apart questions are: the farther, the longer is waited already.
    pub(crate) fn apart(&self, shortest: Duration) -> Duration {
        let doubled = (self.again / 20).min(8);
        shortest.saturating_mul(1 << doubled).min(SELDOM.max(shortest))
    }
}

/// What looks have shown.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// When the Node.js processes started, each as it was seen first.
    births: BTreeMap<u32, u64>,
    /// The processes as they were when all of them were looked at.
    processes: BTreeMap<u32, RawProcess>,
    /// When the surroundings of a process were seen, and what they were.
    around: Option<(Instant, RawSurroundings)>,
}

impl Kept {
    /// What a command has to look at first that is about a process.
    pub(crate) fn guard(&self, process: u32) -> Option<Guard> {
        let started = self.births.get(&process).copied()?;
        Some(Guard { process, started })
    }

    /// Keeps when processes started, and leaves out those that have another one's id: to whoever knows that
    /// one it has ended.
    pub(crate) fn sort_out(&mut self, seen: &mut Seen) {
        let Seen { processes, started, descriptors, .. } = seen;
        processes.retain(|raw| {
            let Some(&started) = started.get(&raw.pid) else { return true };
            let first = match self.births.get(&raw.pid) {
                Some(&first) => first,
                // What is none today will not be signalled, and may be one of many that come and go.
                None if !ProcessFacts::new(raw).runtime.has_v8() => started,
                None => *self.births.entry(raw.pid).or_insert(started),
            };
            if first != started {
                descriptors.remove(&raw.pid);
            }
            first == started
        });
    }

    /// Keeps what a look at everything has shown.
    pub(crate) fn keep(&mut self, seen: &Seen, of_all: bool, around: bool) {
        if of_all {
            self.processes = seen.processes.iter().map(|raw| (raw.pid, raw.clone())).collect();
        }
        if around {
            self.around = Some((Instant::now(), seen.surroundings.clone()));
        }
    }

    /// Adds to the processes of a glance what does not change while they run; false if that is not known of
    /// one of them.
    pub(crate) fn complete(&self, seen: &mut Seen) -> bool {
        !self.processes.is_empty()
            && seen.processes.iter_mut().all(|now| {
                let known = self.processes.get(&now.pid);
                // A program may start another one in its own place, at the same id and the same time.
                let Some(known) =
                    known.filter(|old| old.exe == now.exe && old.cmdline == now.cmdline)
                else {
                    return false;
                };
                let status = std::mem::take(&mut now.status);
                *now = RawProcess { status, ..known.clone() };
                true
            })
    }

    /// Adds to the sockets of a glance what was around them a moment ago; false if that is too long ago.
    pub(crate) fn complete_around(&self, seen: &mut Seen) -> bool {
        let Some((when, around)) = &self.around else { return false };
        let sockets = std::mem::take(&mut seen.surroundings.sockets);
        seen.surroundings = RawSurroundings { sockets, ..around.clone() };
        when.elapsed() < FRESH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(command: &str, started: u64) -> Seen {
        let process = RawProcess {
            pid: 1,
            exe: format!("/usr/bin/{command}"),
            cmdline: command.as_bytes().to_vec(),
            comm: command.to_owned(),
            environ: b"NODE_ENV=x".to_vec(),
            status: format!("VmRSS: {started} kB"),
            ..RawProcess::default()
        };
        Seen {
            processes: vec![process],
            started: BTreeMap::from([(1, started)]),
            descriptors: BTreeMap::from([(1, String::new())]),
            ..Seen::default()
        }
    }

    #[test]
    fn a_process_that_has_the_id_of_one_that_was_known_is_not_seen() {
        let mut kept = Kept::default();
        for (command, started, is_seen) in [
            // What is no Node.js comes and goes.
            ("sh", 5, true),
            ("sh", 6, true),
            ("node", 7, true),
            ("node", 7, true),
            ("node", 8, false),
            ("sh", 9, false),
            ("node", 7, true),
        ] {
            let mut seen = look(command, started);
            kept.sort_out(&mut seen);
            let found = (seen.processes.len() == 1, seen.descriptors.len() == 1);
            assert_eq!(found, (is_seen, is_seen), "{command} {started}");
        }
        assert_eq!(kept.guard(1), Some(Guard { process: 1, started: 7 }));
    }

    #[test]
    fn a_glance_has_the_new_status_and_the_rest_of_before() {
        let mut kept = Kept::default();
        let mut glance = look("node", 2);
        glance.processes[0].environ.clear();
        assert!(!kept.complete(&mut glance.clone()), "nothing is known yet");
        kept.keep(&look("node", 1), true, true);
        assert!(kept.complete(&mut glance));
        let RawProcess { status, environ, .. } = &glance.processes[0];
        assert_eq!((status.as_str(), &environ[..]), ("VmRSS: 2 kB", &b"NODE_ENV=x"[..]));
        assert!(!kept.complete(&mut look("sh", 1)), "another program is looked at anew");
        let mut around = Seen::default();
        around.surroundings.sockets = "new".to_owned();
        assert!(kept.complete_around(&mut around));
        assert_eq!(around.surroundings.sockets, "new");
    }

    #[test]
    fn whoever_waits_long_asks_seldom() {
        let apart =
            |again| Asked { last: None, again }.apart(Duration::from_millis(100)).as_millis();
        assert_eq!([0, 19, 20, 40, 60, 1000].map(apart), [100, 100, 200, 400, 800, 1000]);
    }
}
