//! `/proc/PID/status`.

/// Those lines that matter; `None` for what is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The parent's id.
    pub parent: Option<u32>,
    /// The id in the innermost process namespace.
    pub inner_pid: Option<u32>,
    /// The effective user.
    pub uid: Option<u32>,
    /// The effective group and the other groups.
    pub groups: Vec<u32>,
    /// Signals that the process catches, as a mask.
    pub caught: Option<u64>,
    /// Resident memory, in bytes.
    pub resident: Option<u64>,
    /// The largest it ever was, in bytes.
    pub peak_resident: Option<u64>,
    /// Resident memory that is no file's, in bytes.
    pub anonymous: Option<u64>,
    /// Whether it is a zombie or dead.
    pub is_dead: bool,
}

/// SIGUSR1 in a mask of signals.
const USR1: u64 = 1 << 9;
/// SIGUSR2 in a mask of signals.
const USR2: u64 = 1 << 11;

impl Status {
    /// The values in the text.
    pub fn new(text: &str) -> Status {
        let line = |name: &str| {
            text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
        };
        let number = |name: &str| line(name)?.parse().ok();
        let bytes = |name: &str| kilobytes(line(name)?);
        let words = |name: &str| line(name).map(str::split_whitespace);
        let second = |name: &str| words(name)?.nth(1)?.parse::<u32>().ok();
        let mut groups: Vec<u32> = second("Gid").into_iter().collect();
        groups.extend(words("Groups").into_iter().flatten().filter_map(|w| w.parse::<u32>().ok()));
        Status {
            parent: number("PPid"),
            inner_pid: words("NSpid").and_then(|mut pids| pids.next_back()?.parse().ok()),
            uid: second("Uid"),
            groups,
            caught: line("SigCgt").and_then(|mask| u64::from_str_radix(mask, 16).ok()),
            resident: bytes("VmRSS"),
            peak_resident: bytes("VmHWM"),
            anonymous: bytes("RssAnon"),
            is_dead: line("State").is_some_and(|state| state.starts_with(['Z', 'X', 'x'])),
        }
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
