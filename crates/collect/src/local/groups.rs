//! The files of control groups that say how much memory, how many tasks and how much processor time a process may have.

use std::path::Path;

const MEMORY: &[&str] = &[
    "memory.max",
    "memory.high",
    "memory.current",
    "memory.peak",
    "memory.stat",
    "memory.events",
    "memory.oom_control",
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    "memory.max_usage_in_bytes",
];
const PIDS: &[&str] = &["pids.max", "pids.current"];
const CPU: &[&str] = &["cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"];

/// Whole paths and contents of those of a process's groups, which `/proc/PID/cgroup` names, its own first, then
/// those of the groups around it. Control groups are mounted at `root`.
pub(super) fn files(cgroup: &str, root: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in cgroup.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        for (names, mount) in mounts(controllers, root) {
            // In a container the path can be the host's, while the mount shows the container's own group.
            let own = if Path::new(&format!("{mount}{path}")).exists() { path } else { "/" };
            for group in Path::new(own).ancestors() {
                let folder = format!("{mount}{}", group.display());
                read(folder.trim_end_matches('/'), names, &mut found);
            }
        }
    }
    found
}

/// Where the groups of some controllers are, and which files of theirs count.
fn mounts(controllers: &str, root: &str) -> Vec<(&'static [&'static str], String)> {
    let first = |mounts: Vec<String>, file: &str| {
        mounts.into_iter().find(|mount| Path::new(mount).join(file).exists())
    };
    if controllers.is_empty() {
        let unified = vec![root.to_owned(), format!("{root}/unified")];
        let mount = first(unified, "cgroup.controllers");
        let all =
            |mount: String| vec![(MEMORY, mount.clone()), (PIDS, mount.clone()), (CPU, mount)];
        return mount.map_or_else(Vec::new, all);
    }
    let has = |wanted: &str| controllers.split(',').any(|name| name == wanted);
    let mut mounts = Vec::new();
    if has("memory") {
        mounts.push((MEMORY, format!("{root}/memory")));
    }
    if has("pids") {
        mounts.push((PIDS, format!("{root}/pids")));
    }
    if has("cpu") {
        // It is mounted together with others, mostly under both names.
        let cpu = first(vec![format!("{root}/cpu"), format!("{root}/{controllers}")], "");
        mounts.extend(cpu.map(|mount| (CPU, mount)));
    }
    mounts
}

fn read(folder: &str, names: &[&str], found: &mut Vec<(String, String)>) {
    for name in names {
        let file = format!("{folder}/{name}");
        if let Ok(text) = std::fs::read_to_string(&file) {
            found.push((file, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::cgroup;

    /// The files of a made root, read as those of a process in these groups.
    fn read_of(made: &[(&str, &str)], groups: &str) -> Vec<(String, String)> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in made {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{text}\n")).unwrap();
        }
        files(groups, root.path().to_str().unwrap())
    }

    #[test]
    fn quotas_and_limits_of_version_2_are_those_of_all_groups_around() {
        let made = [
            ("cgroup.controllers", "cpu memory"),
            ("pod/cpu.max", "50000 100000"),
            ("pod/memory.max", "900"),
            ("pod/memory.current", "100"),
            ("pod/app/cpu.max", "max 100000"),
            ("pod/app/memory.max", "max"),
            ("pod/app/memory.current", "50"),
            ("other/cpu.max", "1000 100000"),
        ];
        let found = read_of(&made, "0::/pod/app\n");
        assert_eq!(cgroup::cpus(&found), Some(0.5));
        let limits: Vec<u64> = cgroup::limits(&found).iter().map(cgroup::Limit::room).collect();
        assert_eq!(limits, [800]);
        // A container sees its own group as the root, whatever the path says.
        let made = [("cgroup.controllers", "cpu"), ("cpu.max", "20000 100000")];
        assert_eq!(cgroup::cpus(&read_of(&made, "0::/kubepods/pod1/c1\n")), Some(0.2));
    }

    #[test]
    fn tasks_are_those_of_both_versions() {
        let made = [
            ("cgroup.controllers", "pids"),
            ("app/pids.max", "30"),
            ("app/pids.current", "20"),
            ("app/memory.max", "900"),
            ("app/memory.current", "100"),
        ];
        let found = read_of(&made, "0::/app\n");
        assert_eq!(cgroup::free_tasks(&found), Some(10));
        assert_eq!(cgroup::limits(&found)[0].room(), 800);
        let made = [("pids/app/pids.max", "30"), ("pids/app/pids.current", "29")];
        assert_eq!(cgroup::free_tasks(&read_of(&made, "7:pids:/app\n")), Some(1));
    }

    #[test]
    fn quotas_of_version_1_are_in_two_files() {
        for mount in ["cpu", "cpu,cpuacct"] {
            let file = |name: &str| format!("{mount}/{name}");
            let (own, period) = (file("app/cpu.cfs_quota_us"), file("app/cpu.cfs_period_us"));
            let (root, long) = (file("cpu.cfs_quota_us"), file("cpu.cfs_period_us"));
            for (quota, cpus) in [("150000", Some(1.5)), ("-1", None), ("25000", Some(0.25))] {
                let made = [
                    (own.as_str(), quota),
                    (period.as_str(), "100000"),
                    (root.as_str(), "-1"),
                    (long.as_str(), "1000"),
                    ("memory/memory.limit_in_bytes", "70"),
                    ("memory/memory.usage_in_bytes", "20"),
                ];
                let found = read_of(&made, "4:memory:/\n3:cpu,cpuacct:/app\n1:name=systemd:/x\n");
                assert_eq!(cgroup::cpus(&found), cpus, "{mount} {quota}");
                assert_eq!(cgroup::limits(&found)[0].room(), 50);
            }
        }
    }
}
