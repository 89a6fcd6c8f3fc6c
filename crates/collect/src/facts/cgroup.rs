//! Limits of control groups, of version 1 and 2: memory, tasks, and the quota of processor time.

use super::Status;

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
    /// Who says so.
    pub source: Source,
}

/// Where a limit is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The files of the group.
    Group,
    /// The description of the process's container; what is used, the files of the group say.
    Description,
    /// The description, too, and what is used is the process's own memory: the group uses as much at least.
    DescriptionAlone,
}

impl Limit {
    /// Bytes that can still be used.
    pub fn room(&self) -> u64 {
        self.max.saturating_sub(self.used.saturating_sub(self.reclaimable))
    }

    /// How a person calls it.
    pub fn in_words(&self) -> String {
        let described = "the memory limit in its container's description";
        match self.source {
            Source::Group => {}
            Source::Description => return described.to_owned(),
            Source::DescriptionAlone => {
                return format!("{described}, with this process alone counted,");
            }
        }
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
    let mut limits: Vec<Limit> = groups(files).iter().flat_map(Group::limits).collect();
    limits.sort_by_key(Limit::room);
    limits
}

/// The limit of `max` bytes that the description of the process's container names; `None` where its own group has one
/// that is as low, or where nothing is known of what is used. Where no group says that, it is the memory of the
/// process, without what it shares with files.
pub fn described(max: u64, files: &[(String, String)], process: Option<&Status>) -> Option<Limit> {
    let groups = groups(files);
    // The first one is its own; what those around it use is that of other containers, too.
    let own = groups.iter().find_map(|group| Some((group, group.used()?)));
    let Some((group, used)) = own else {
        let resident = process?.resident?;
        let anonymous = process?.anonymous.unwrap_or(resident);
        return Some(Limit {
            group: String::new(),
            max,
            used: resident,
            reclaimable: resident.saturating_sub(anonymous),
            is_soft: false,
            source: Source::DescriptionAlone,
        });
    };
    // The kernel rounds down to whole pages.
    if group.hard().is_some_and(|hard| hard <= max) {
        return None;
    }
    Some(Limit {
        group: group.folder.to_owned(),
        max,
        used,
        reclaimable: group.reclaimable(),
        is_soft: false,
        source: Source::Description,
    })
}

/// Tasks that may still begin in the process's groups, by the tightest of their limits; `None` without one.
pub fn free_tasks(files: &[(String, String)]) -> Option<u64> {
    let free = |group: &Group<'_>| {
        Some(group.number("pids.max")?.saturating_sub(group.number("pids.current")?))
    };
    groups(files).iter().filter_map(free).min()
}

/// The largest use of memory that the process's own group remembers.
pub fn peak(files: &[(String, String)]) -> Option<u64> {
    let is_peak =
        |name: &str| name.ends_with("memory.peak") || name.ends_with("memory.max_usage_in_bytes");
    files.iter().find(|(name, _)| is_peak(name)).and_then(|(_, text)| text.trim().parse().ok())
}

/// How often the kernel has killed a process of a group because there was no memory left for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OomKills {
    /// The file that tells.
    pub file: String,
    /// How often until then.
    pub count: u64,
}

impl OomKills {
    /// How often more by what the file says now.
    pub fn since(&self, now: &str) -> u64 {
        oom_kills_in(now).unwrap_or_default().saturating_sub(self.count)
    }
}

/// That of the process's own group; `None` where it is not told, as by kernels before 4.13.
pub fn oom_kills(files: &[(String, String)]) -> Option<OomKills> {
    let tells =
        |name: &str| name.ends_with("memory.events") || name.ends_with("memory.oom_control");
    files
        .iter()
        .filter(|(name, _)| tells(name))
        .find_map(|(file, text)| Some(OomKills { file: file.clone(), count: oom_kills_in(text)? }))
}

fn oom_kills_in(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
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

/// The files of one group, by their names.
struct Group<'a> {
    folder: &'a str,
    files: Vec<(&'a str, &'a str)>,
}

/// The files of each group, in the order in which they were read.
fn groups(files: &[(String, String)]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (path, text) in files {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        // Where names are bare, a name that was met already begins the next group.
        match groups.last_mut() {
            Some(last) if last.folder == folder && last.text(name).is_none() => {
                last.files.push((name, text));
            }
            _ => groups.push(Group { folder, files: vec![(name, text)] }),
        }
    }
    groups
}

impl Group<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|(own, _)| *own == name).map(|(_, text)| text.trim())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    fn used(&self) -> Option<u64> {
        self.number("memory.current").or_else(|| self.number("memory.usage_in_bytes"))
    }

    /// Copies of files.
    fn reclaimable(&self) -> u64 {
        let stat = |name: &str| -> Option<u64> {
            let line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
            self.text("memory.stat")?.lines().find_map(line)
        };
        // Version 1 counts its children only in the names with `total_`.
        let sum = |names: [&str; 2]| Some(stat(names[0])?.saturating_add(stat(names[1])?));
        let total = sum(["total_inactive_file", "total_active_file"]);
        total.or_else(|| sum(["inactive_file", "active_file"])).unwrap_or_default()
    }

    fn hard(&self) -> Option<u64> {
        let hard = self.number("memory.max").or_else(|| self.number("memory.limit_in_bytes"));
        hard.filter(|&max| max < NO_LIMIT)
    }

    fn limits(&self) -> Vec<Limit> {
        let Some(used) = self.used() else { return Vec::new() };
        let reclaimable = self.reclaimable();
        let limit = |max: u64, is_soft: bool| Limit {
            group: self.folder.to_owned(),
            max,
            used,
            reclaimable,
            is_soft,
            source: Source::Group,
        };
        let soft = self.number("memory.high").filter(|&max| max < NO_LIMIT);
        let hard = self.hard().map(|max| limit(max, false));
        hard.into_iter().chain(soft.map(|max| limit(max, true))).collect()
    }
}
