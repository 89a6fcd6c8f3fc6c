//! Limits of control groups, of version 1 and 2: memory, and the quota of processor time.

/// One group with a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The group's directory.
    pub group: String,
    /// Most bytes that its processes may use together.
    pub max: u64,
    /// Bytes in use.
    pub used: u64,
    /// How many of them are copies of files, which the kernel drops before it kills.
    pub reclaimable: u64,
    /// Whether going above slows down instead of killing (`memory.high`).
    pub is_soft: bool,
}

impl Limit {
    /// Bytes that can still be used.
    pub fn room(&self) -> u64 {
        self.max.saturating_sub(self.used.saturating_sub(self.reclaimable))
    }

    /// How a person calls it.
    pub fn in_words(&self) -> String {
        let what = if self.is_soft { "memory.high" } else { "the memory limit" };
        match self.group.trim_start_matches("/sys/fs/cgroup").trim_matches('/') {
            "" | "memory" => format!("{what} of its container or machine"),
            group => format!("{what} of the control group {group}"),
        }
    }
}

/// Limits of version 1 that stand for none: the largest number of pages.
const NO_LIMIT: u64 = 1 << 60;

/// The limits in the files of a process's groups, tightest room first.
pub fn limits(files: &[(String, String)]) -> Vec<Limit> {
    let mut groups: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for (path, text) in files {
        let (group, name) = path.rsplit_once('/').unwrap_or(("", path));
        // Where names are bare, a name that was met already begins the next group.
        match groups.last_mut() {
            Some((last, seen)) if *last == group && seen.iter().all(|(old, _)| *old != name) => {
                seen.push((name, text));
            }
            _ => groups.push((group, vec![(name, text)])),
        }
    }
    let mut limits: Vec<Limit> = groups.iter().flat_map(|(g, files)| of_group(g, files)).collect();
    limits.sort_by_key(Limit::room);
    limits
}

/// The largest use of memory that the process's own group remembers.
pub fn peak(files: &[(String, String)]) -> Option<u64> {
    let is_peak =
        |name: &str| name.ends_with("memory.peak") || name.ends_with("memory.max_usage_in_bytes");
    files.iter().find(|(name, _)| is_peak(name)).and_then(|(_, text)| text.trim().parse().ok())
}

/// Processors that the quotas of a process's groups leave it: the tightest, 0.5 for half of one. `None` without one.
pub fn cpus(files: &[(String, String)]) -> Option<f64> {
    let share = |quota: &str, period: &str| -> Option<f64> {
        // Without a quota version 2 says `max` and version 1 says -1.
        let (quota, period) = (quota.parse::<i64>().ok()?, period.parse::<i64>().ok()?);
        (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
    };
    let of = |(path, text): &(String, String)| -> Option<f64> {
        if path.ends_with("cpu.max") {
            let (quota, period) = text.trim().split_once(' ')?;
            return share(quota, period.trim());
        }
        let group = path.strip_suffix("cpu.cfs_quota_us")?;
        let is_beside =
            |(other, _): &&(String, String)| other.strip_suffix("cpu.cfs_period_us") == Some(group);
        let (_, period) = files.iter().find(is_beside)?;
        share(text.trim(), period.trim())
    };
    files.iter().filter_map(of).min_by(f64::total_cmp)
}

fn of_group(group: &str, files: &[(&str, &str)]) -> Vec<Limit> {
    let text = |name: &str| files.iter().find(|(n, _)| *n == name).map(|(_, text)| text.trim());
    let number = |name: &str| text(name)?.parse::<u64>().ok();
    let Some(used) = number("memory.current").or_else(|| number("memory.usage_in_bytes")) else {
        return Vec::new();
    };
    let stat = |name: &str| -> Option<u64> {
        let line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
        text("memory.stat")?.lines().find_map(line)
    };
    // Version 1 counts its children only in the names with `total_`.
    let sum = |names: [&str; 2]| Some(stat(names[0])? + stat(names[1])?);
    let total = sum(["total_inactive_file", "total_active_file"]);
    let reclaimable: u64 =
        total.or_else(|| sum(["inactive_file", "active_file"])).unwrap_or_default();
    let limit = |max: u64, is_soft: bool| Limit {
        group: group.to_owned(),
        max,
        used,
        reclaimable,
        is_soft,
    };
    let hard = number("memory.max").or_else(|| number("memory.limit_in_bytes"));
    let soft = number("memory.high");
    let mut found = Vec::new();
    found.extend(hard.filter(|&max| max < NO_LIMIT).map(|max| limit(max, false)));
    found.extend(soft.filter(|&max| max < NO_LIMIT).map(|max| limit(max, true)));
    found
}
