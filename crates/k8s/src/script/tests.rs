use std::process::Command;

use heapglass_collect::facts::{Surroundings, cgroup};
use heapglass_collect::place::Described;

use super::*;

fn run(command: &[String]) -> Vec<u8> {
    let output = Command::new(&command[0]).args(&command[1..]).output().expect("runs");
    output.stdout
}

/// Both. Without Node half of the programs would go untested, and nobody would notice.
fn tools() -> Vec<Tool> {
    let node = Command::new("node").arg("--version").output();
    assert!(node.is_ok(), "these tests need node on the PATH");
    vec![Tool::Shell, Tool::Node("node".to_owned())]
}

#[test]
fn every_tool_sees_this_process() {
    for tool in tools() {
        let mark = mark();
        let pid = std::process::id();
        let seen = seen(&run(&tool.look(&mark, Some(pid), false)), &mark).expect("whole");
        let [process] = &seen.processes[..] else { panic!("{tool:?}: {seen:?}") };
        assert_eq!(process.pid, pid, "{tool:?}");
        let exe = std::env::current_exe().expect("a path");
        assert_eq!(process.exe, exe.display().to_string(), "{tool:?}");
        assert!(process.status.contains("SigCgt:"), "{tool:?}");
        assert!(process.limits.contains("Max open files"), "{tool:?}");
        let arguments = std::env::args().collect::<Vec<_>>().join("\0") + "\0";
        assert_eq!(process.cmdline, arguments.into_bytes(), "{tool:?}");
        assert!(seen.started.get(&pid).is_some_and(|&time| time > 0), "{tool:?}");
        assert!(seen.surroundings.meminfo.contains("MemTotal"), "{tool:?}");
        assert!(seen.surroundings.sockets.contains("local_address"), "{tool:?}");
        assert!(seen.surroundings.disk.contains("1024-blocks"), "{tool:?}");
        let environ = String::from_utf8_lossy(&process.environ).into_owned();
        assert!(environ.contains("PATH=") && !environ.contains("CARGO_"), "{tool:?}");
        assert!(seen.descriptors[&pid].contains("pipe:["), "{tool:?}: {:?}", seen.descriptors);
        assert_eq!(seen.surroundings.disk.lines().filter(|line| line.ends_with(" /")).count(), 1);
        let is_limit = |(name, _): &(String, String)| name.starts_with("/sys/fs/cgroup/");
        assert!(seen.surroundings.cgroup.iter().all(is_limit), "{tool:?}");
    }
}

#[test]
fn limits_on_tasks_are_read_in_both_versions() {
    let old =
        [("pids/app/pids.max", "100"), ("pids/app/pids.current", "93"), ("pids/pids.max", "max")];
    let new = [("app/pids.max", "max"), ("pids.max", "50"), ("pids.current", "49")];
    for tool in tools() {
        for (groups, made, expected) in
            [("5:pids:/app\n0::/\n", &old[..], 7), ("0::/app\n", &new[..], 1)]
        {
            let files = group_files(&tool, groups, made);
            assert_eq!(cgroup::free_tasks(&files), Some(expected), "{tool:?}: {files:?}");
        }
    }
}

/// The files of control groups that a look finds where `/proc/PID/cgroup` is `groups` and these files lie below the
/// mount.
fn group_files(tool: &Tool, groups: &str, made: &[(&str, &str)]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a directory");
    let list = folder.path().join("groups");
    std::fs::write(&list, groups).expect("written");
    let mount = folder.path().join("mount");
    for (path, text) in made {
        let path = mount.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, format!("{text}\n")).expect("written");
    }
    let (list, mount) = (list.display().to_string(), mount.display().to_string());
    let mark = mark();
    let moved = |word: &String| {
        word.replace("\"/proc/$p/cgroup\"", &format!("\"{list}\""))
            .replace("'/proc/' + pid + '/cgroup'", &format!("'{list}'"))
            .replace("/sys/fs/cgroup", &mount)
    };
    let command: Vec<String> =
        tool.look(&mark, Some(std::process::id()), false).iter().map(moved).collect();
    seen(&run(&command), &mark).expect("whole").surroundings.cgroup
}

#[test]
fn quotas_and_limits_of_version_2_are_read_of_all_groups_around() {
    let made = [
        ("pod/cpu.max", "50000 100000"),
        ("pod/memory.max", "900"),
        ("pod/memory.current", "100"),
        ("pod/app/cpu.max", "max 100000"),
        ("pod/app/memory.max", "800"),
        ("pod/app/memory.current", "50"),
        ("other/cpu.max", "1000 100000"),
    ];
    for tool in tools() {
        let files = group_files(&tool, "0::/pod/app\n", &made);
        assert_eq!(files.len(), 6, "{tool:?}: {files:?}");
        assert_eq!(cgroup::cpus(&files), Some(0.5), "{tool:?}: {files:?}");
        let rooms: Vec<u64> = cgroup::limits(&files).iter().map(cgroup::Limit::room).collect();
        assert_eq!(rooms, [750, 800], "{tool:?}: {files:?}");
        // A container sees its own group as the root, whatever the path says.
        let files = group_files(&tool, "0::/../x.scope\n", &[("cpu.max", "20000 100000")]);
        assert_eq!(cgroup::cpus(&files), Some(0.2), "{tool:?}: {files:?}");
    }
}

#[test]
fn quotas_of_version_1_are_read_where_their_controller_is_mounted() {
    let groups = "4:memory:/\n3:cpu,cpuacct:/app\n2:cpuset:/y\n1:name=systemd:/x\n0::/x\n";
    for tool in tools() {
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
                let files = group_files(&tool, groups, &made);
                assert_eq!(cgroup::cpus(&files), cpus, "{tool:?} {mount}: {files:?}");
                assert_eq!(cgroup::limits(&files)[0].room(), 50, "{tool:?} {mount}: {files:?}");
            }
        }
    }
}

#[test]
fn the_smaller_quota_of_a_recorded_answer_and_the_description_counts() {
    let answer = b"\nM self 9\n\nM process 7\n\nM status -\nPid:\t7\n\nM meminfo -\n\
        \nM group /sys/fs/cgroup/cpu.max\n50000 100000\n\nM end -\n";
    let looked = seen(answer, "M").expect("whole");
    for (cpu, expected) in [(None, 0.5), (Some(250), 0.25), (Some(4000), 0.5)] {
        let mut surroundings = looked.surroundings.clone();
        surroundings.described = Described { memory: None, cpu };
        assert_eq!(Surroundings::new(&surroundings, None).cpus, Some(expected), "{cpu:?}");
    }
}

#[test]
fn those_who_look_are_not_seen() {
    for tool in tools() {
        let mark = mark();
        let seen = seen(&run(&tool.look(&mark, None, false)), &mark).expect("whole");
        assert!(seen.processes.iter().any(|p| p.pid == std::process::id()), "{tool:?}");
        let looks = |p: &RawProcess| String::from_utf8_lossy(&p.cmdline).contains(&mark);
        assert!(!seen.processes.iter().any(looks), "{tool:?}");
    }
}

#[test]
fn files_are_listed_read_and_removed() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a b.heapsnapshot");
    std::fs::write(&path, b"0123456789").expect("written");
    let (dir, path) = (dir.path().display().to_string(), path.display().to_string());
    for tool in tools() {
        let mark = mark();
        let files = listed(&run(&tool.list(&mark, &dir, None)), &mark).expect("whole");
        assert_eq!(files.len(), 1, "{tool:?}");
        assert_eq!((files[0].path.as_str(), files[0].size), (path.as_str(), 10), "{tool:?}");
        assert!(files[0].modified > 1_600_000_000, "{tool:?}");
        assert_eq!(run(&tool.read(&path, 0, None)), b"0123456789", "{tool:?}");
        assert_eq!(run(&tool.read(&path, 4, None)), b"456789", "{tool:?}");
        let missing = listed(&run(&tool.list(&mark, "/no/such", None)), &mark).expect("whole");
        assert!(missing.is_empty(), "{tool:?}");
        let may = |dir: &str| {
            let output = run(&tool.writable(std::process::id(), dir, None));
            may_write(&String::from_utf8_lossy(&output))
        };
        assert_eq!((may(&dir), may("/no")), (Ok(true), Ok(false)), "{tool:?}");
        run(&tool.remove(&path, None));
        assert!(!std::path::Path::new(&path).exists(), "{tool:?}");
        std::fs::write(&path, b"0123456789").expect("written again");
    }
}

#[test]
fn a_process_that_does_not_catch_a_signal_is_not_sent_it() {
    for tool in tools() {
        for (trap, name, ends) in [
            ("", "USR2", false),
            ("trap 'exit 7' USR2;", "USR2", true),
            ("trap 'exit 7' USR2;", "USR1", false),
        ] {
            let script = format!("{trap} echo; while :; do sleep 0.05; done");
            let mut child = Command::new("sh")
                .args(["-c", &script])
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("starts");
            let mut ready = [0];
            let out = child.stdout.as_mut().expect("piped");
            std::io::Read::read_exact(out, &mut ready).expect("ready");
            let command = tool.signal(child.id(), name, None);
            let sent = Command::new(&command[0]).args(&command[1..]).output().expect("runs");
            assert_eq!(sent.status.success(), ends, "{tool:?} {trap} {sent:?}");
            if ends {
                assert_eq!(child.wait().expect("ended").code(), Some(7), "{tool:?}");
            } else {
                let why = format!("it does not catch SIG{name}\n");
                assert_eq!(String::from_utf8_lossy(&sent.stderr), why, "{tool:?}");
                assert!(child.try_wait().expect("asked").is_none(), "{tool:?} {trap}");
                child.kill().expect("ended");
                child.wait().expect("ended");
            }
        }
    }
}

#[test]
fn an_inspector_that_would_be_out_of_reach_is_not_opened() {
    for tool in tools() {
        let started = Command::new("unshare")
            .args([
                "--net",
                "sh",
                "-c",
                "trap 'exit 7' USR1 USR2; echo; while :; do sleep 0.05; done",
            ])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        let Ok(mut child) = started else { return };
        let out = child.stdout.as_mut().expect("piped");
        if std::io::Read::read_exact(out, &mut [0]).is_err() {
            // Only root may make a network.
            child.wait().expect("ended");
            return;
        }
        let send = |name: &str| {
            let command = tool.signal(child.id(), name, None);
            Command::new(&command[0]).args(&command[1..]).output().expect("runs")
        };
        let sent = send("USR1");
        let said = String::from_utf8_lossy(&sent.stderr);
        assert_eq!(said.trim_end(), OUT_OF_REACH, "{tool:?}: {sent:?}");
        // A file needs no network.
        assert!(send("USR2").status.success(), "{tool:?}");
        assert_eq!(child.wait().expect("ended").code(), Some(7), "{tool:?}");
    }
}

#[test]
fn output_that_is_cut_off_is_not_believed() {
    let mark = mark();
    let mut output = run(&Tool::Shell.look(&mark, Some(1), false));
    output.truncate(output.len() - 10);
    assert!(seen(&output, &mark).is_none());
    assert!(seen(b"sh: not found", &mark).is_none());
}

#[test]
fn links_are_read_in_both_forms() {
    assert_eq!(link("/usr/bin/node\n"), "/usr/bin/node");
    for hidden in [
        "lrwxrwxrwx 1 1000 1000 0 Jan 1 00:00 /proc/1/exe\n",
        "l-wx------    1 1000     1000            64 Nov 30 01:10 1",
        "total 0",
    ] {
        assert_eq!(link(hidden), "");
    }
    assert_eq!(link("socket:[4711]"), "socket:[4711]");
    assert_eq!(
        link("lrwxrwxrwx 1 0 0 0 Jan 1 00:00 /proc/1/exe -> /usr/bin/node\n"),
        "/usr/bin/node"
    );
}

/// A process that waits, and when it started.
fn waiting() -> (std::process::Child, Guard) {
    let script = "trap 'exit 7' USR2; echo; while :; do sleep 0.05; done";
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let out = child.stdout.as_mut().expect("piped");
    std::io::Read::read_exact(out, &mut [0]).expect("ready");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("read");
    let started = start_time(&stat).expect("a time");
    let guard = Guard { process: child.id(), started };
    (child, guard)
}

#[test]
fn a_process_that_has_the_id_of_another_one_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("file");
    std::fs::write(&path, b"0123").expect("written");
    let path = path.display().to_string();
    for tool in tools() {
        let (mut child, right) = waiting();
        let wrong = Guard { started: right.started + 1, ..right };
        let gone = Guard { process: u32::MAX, ..right };
        let all = |guard| {
            [
                tool.signal(child.id(), "USR2", guard),
                tool.read(&path, 0, guard),
                tool.list("mark", "/tmp", guard),
                tool.remove(&path, guard),
            ]
        };
        for command in all(Some(wrong)).into_iter().chain(all(Some(gone))) {
            let output = Command::new(&command[0]).args(&command[1..]).output().expect("runs");
            assert_eq!(output.status.code(), Some(REPLACED), "{tool:?}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("another one than it was"), "{tool:?}: {said}");
            assert_eq!(output.stdout, b"", "{tool:?}");
        }
        assert!(child.try_wait().expect("asked").is_none(), "{tool:?}");
        assert_eq!(run(&tool.read(&path, 1, Some(right))), b"123", "{tool:?}");
        run(&tool.signal(child.id(), "USR2", Some(right)));
        assert_eq!(child.wait().expect("ended").code(), Some(7), "{tool:?}");
    }
}

#[test]
fn the_start_time_stands_behind_a_name_with_anything_in_it() {
    let numbers = (3..60).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(start_time(&format!("7 (a) b) c) {numbers}")), Some(22));
    assert_eq!(start_time("7 (a"), None);
}

#[test]
fn whether_a_process_may_write_is_a_matter_of_its_own_user() {
    let output = |first: &str, own: (u32, u32), process: (u32, u32), groups: &str| {
        let lines = |(uid, gid): (u32, u32), groups: &str| {
            format!(
                "Uid: {uid} {uid} {uid} {uid}\nGid: {gid} {gid} {gid} {gid}\nGroups: {groups}\n"
            )
        };
        format!("{first}\n{}{}", lines(own, ""), lines(process, groups))
    };
    let (root, app) = ((0, 0), (1000, 1000));
    for (first, own, process, groups, expected) in [
        ("yes 755 0 0", root, root, "", Some(true)),
        // Root may, the process may not.
        ("yes 755 0 0", root, app, "", Some(false)),
        ("yes 1777 0 0", root, app, "", Some(true)),
        ("yes 775 0 5", root, app, "5 6", Some(true)),
        ("yes 700 1000 0", root, app, "", Some(true)),
        // Mounted to be read alone.
        ("no 1777 0 0", root, app, "", Some(false)),
        ("never 1777 0 0", app, app, "", Some(false)),
        ("none - - -", app, app, "", Some(false)),
        ("no 755 0 0", app, app, "", Some(false)),
        ("yes 1777 0 0", app, (5, 5), "", Some(true)),
        ("no 700 5 5", app, (5, 5), "", None),
        ("yes - - -", root, app, "", None),
    ] {
        let found = may_write(&output(first, own, process, groups));
        assert_eq!(found.clone().ok(), expected, "{first} {own:?} {process:?}: {found:?}");
    }
    assert!(may_write("").is_err() && may_write("yes 755 0 0").is_err());
    // Root that lacks CAP_DAC_OVERRIDE, as in a container that drops all capabilities.
    let with = |first: &str, own: &str, process: &str| {
        let lines = |mask: &str| format!("Uid: 0 0 0 0\nGid: 0 0 0 0\nGroups:\nCapEff: {mask}\n");
        may_write(&format!("{first}\n{}{}", lines(own), lines(process))).ok()
    };
    let (all, none) = ("000001ffffffffff", "0000000000000000");
    for (first, own, process, expected) in [
        ("yes 755 1000 1000", all, all, Some(true)),
        ("yes 755 1000 1000", all, none, Some(false)),
        ("no 755 1000 1000", none, none, Some(false)),
        ("yes 755 0 0", all, none, Some(true)),
        ("yes 775 1000 0", all, none, Some(true)),
        ("no 1777 0 0", all, none, Some(false)),
        ("no 1777 0 0", none, all, None),
    ] {
        assert_eq!(with(first, own, process), expected, "{first} {own} {process}");
    }
}

#[test]
fn what_is_mounted_to_be_read_alone_is_not_writable() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().display().to_string();
    let mounted = |script: &str, command: &[String]| {
        let script = format!("mount -t tmpfs -o {script}");
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "sh", "-c", &script, &path]).args(command).output()
    };
    // Only root may mount.
    if !mounted("ro none \"$0\"", &[]).is_ok_and(|output| output.status.success()) {
        return;
    }
    let pid = std::process::id();
    let mut commands: Vec<_> = tools().iter().map(|tool| tool.writable(pid, &path, None)).collect();
    if Command::new("busybox").arg("true").output().is_ok() {
        let mut busybox = Tool::Shell.writable(pid, &path, None);
        busybox.insert(0, "busybox".to_owned());
        commands.push(busybox);
    }
    for command in commands {
        for (how, expected) in [("ro", false), ("rw", true)] {
            let output = mounted(&format!("{how} none \"$0\" && exec \"$@\""), &command);
            let output = output.expect("runs");
            let found = may_write(&String::from_utf8_lossy(&output.stdout));
            assert_eq!(found, Ok(expected), "{how} {command:?}: {output:?}");
        }
    }
}

#[test]
fn a_glance_is_a_small_part_of_a_look() {
    for tool in tools() {
        let (mark, pid) = (mark(), std::process::id());
        let all = seen(&run(&tool.glance(&mark, None)), &mark).expect("whole");
        let process = all.processes.iter().find(|process| process.pid == pid).expect("this one");
        assert!(process.status.contains("VmRSS") && !process.cmdline.is_empty(), "{tool:?}");
        assert!(process.environ.is_empty() && all.started.contains_key(&pid), "{tool:?}");
        assert!(all.surroundings.disk.is_empty() && all.surroundings.sockets.is_empty());
        let one = seen(&run(&tool.glance(&mark, Some(pid))), &mark).expect("whole");
        assert!(one.descriptors[&pid].contains("pipe:["), "{tool:?}: {one:?}");
        assert!(one.surroundings.sockets.contains("local_address"), "{tool:?}");
        assert!(one.surroundings.meminfo.is_empty(), "{tool:?}");
    }
}

#[test]
fn the_time_there_is_told() {
    let here = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let here = i64::try_from(here.expect("a time").as_secs()).expect("a number");
    for tool in tools() {
        let text = String::from_utf8_lossy(&run(&tool.now())).into_owned();
        let there: i64 = text.trim().parse().expect("a number");
        assert!((here..here + 60).contains(&there), "{tool:?}: {text}");
    }
}
