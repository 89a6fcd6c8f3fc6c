//! `/proc/PID/status`.

/// Those lines that matter; `None` for what is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The parent's id.
    pub parent: Option<u32>,
    /// The id in the innermost process namespace.
    pub inner_pid: Option<u32>,
    /// The user whose tasks are counted.
    pub real_uid: Option<u32>,
    /// The effective user.
    pub uid: Option<u32>,
    /// The effective group and the other groups.
    pub groups: Vec<u32>,
    /// The capabilities that hold, as a mask.
    pub capabilities: Option<u64>,
    /// How many tasks it has.
    pub threads: Option<u64>,
    /// Signals that the process catches, as a mask.
    pub caught: Option<u64>,
    /// Resident memory, in bytes.
    pub resident: Option<u64>,
    /// The largest it ever was, in bytes.
    pub peak_resident: Option<u64>,
    /// Resident memory that is no file's, in bytes.
    pub anonymous: Option<u64>,
    /// Whether it is stopped, by a signal or by who traces it: what it is sent it heeds only later.
    pub is_stopped: bool,
    /// Whether it is a zombie or dead.
    pub is_dead: bool,
}

/// SIGUSR1 in a mask of signals.
const USR1: u64 = 1 << 9;
/// SIGUSR2 in a mask of signals.
const USR2: u64 = 1 << 11;
/// `CAP_DAC_OVERRIDE` in a mask of capabilities.
const OVERRIDES_MODES: u64 = 1 << 1;
/// `CAP_SYS_ADMIN` and `CAP_SYS_RESOURCE`: either lifts the limit on tasks.
const BEYOND_TASKS: u64 = (1 << 21) | (1 << 24);

impl Status {
    /// The values in the text.
    pub fn new(text: &str) -> Status {
        let line = |name: &str| {
            text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
        };
        let mask = |name: &str| u64::from_str_radix(line(name)?, 16).ok();
        let bytes = |name: &str| kilobytes(line(name)?);
        let words = |name: &str| line(name).map(str::split_whitespace);
        let second = |name: &str| words(name)?.nth(1)?.parse::<u32>().ok();
        let mut groups: Vec<u32> = second("Gid").into_iter().collect();
        groups.extend(words("Groups").into_iter().flatten().filter_map(|w| w.parse::<u32>().ok()));
        Status {
            parent: line("PPid").and_then(|pid| pid.parse().ok()),
            inner_pid: words("NSpid").and_then(|mut pids| pids.next_back()?.parse().ok()),
            real_uid: words("Uid").and_then(|mut ids| ids.next()?.parse().ok()),
            uid: second("Uid"),
            groups,
            capabilities: mask("CapEff"),
            threads: line("Threads").and_then(|tasks| tasks.parse().ok()),
            caught: mask("SigCgt"),
            resident: bytes("VmRSS"),
            peak_resident: bytes("VmHWM"),
            anonymous: bytes("RssAnon"),
            is_stopped: line("State").is_some_and(|state| state.starts_with(['T', 't'])),
            is_dead: line("State").is_some_and(|state| state.starts_with(['Z', 'X', 'x'])),
        }
    }

    /// Whether it is root and not held up by the modes of files; `None` where that cannot be known. Root without
    /// `CAP_DAC_OVERRIDE` may write what its user and groups may.
    pub fn overrides_modes(&self) -> Option<bool> {
        match (self.uid?, self.capabilities) {
            (0, Some(mask)) => Some(mask & OVERRIDES_MODES != 0),
            (0, None) => None,
            _ => Some(false),
        }
    }

    /// Whether the limit on its user's tasks does not hold for it.
    pub fn is_beyond_tasks(&self) -> bool {
        self.real_uid == Some(0) || self.capabilities.is_some_and(|mask| mask & BEYOND_TASKS != 0)
    }

    /// Whether SIGUSR1 is caught; `None` where that cannot be known.
    pub fn catches_usr1(&self) -> Option<bool> {
        self.caught.map(|mask| mask & USR1 != 0)
    }

    /// Whether SIGUSR2 is caught; `None` where that cannot be known.
    pub fn catches_usr2(&self) -> Option<bool> {
        self.caught.map(|mask| mask & USR2 != 0)
    }
}

/// When a process started, in the kernel's ticks since boot, by its `/proc/PID/stat`: the 22nd field, counted from
/// behind the name, which may hold blanks and brackets.
pub fn start_time(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

/// `  123 kB` in bytes.
pub(super) fn kilobytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
