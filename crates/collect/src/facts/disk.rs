//! Free space, as `df -kP` tells it.

/// One file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// Bytes that are free to ordinary users.
    pub free: u64,
}

/// The file systems in the output of `df -kP`.
pub fn disks(text: &str) -> Vec<Disk> {
    let disk = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // A device's name may hold spaces; the columns are found from their end.
        let share = words.iter().rposition(|word| word.ends_with('%'))?;
        let free = words.get(share.checked_sub(1)?)?.parse::<u64>().ok()?;
        let mount = words.get(share + 1..)?.join(" ");
        (!mount.is_empty()).then(|| Disk { mount, free: free.saturating_mul(1024) })
    };
    text.lines().filter_map(disk).collect()
}

/// Free bytes of the file system that holds `path`.
pub fn free_at(disks: &[Disk], path: &str) -> Option<u64> {
    let holds = |disk: &&Disk| {
        let mount = disk.mount.trim_end_matches('/');
        path == mount || path.strip_prefix(mount).is_some_and(|rest| rest.starts_with('/'))
    };
    disks.iter().filter(holds).max_by_key(|disk| disk.mount.len()).map(|disk| disk.free)
}
