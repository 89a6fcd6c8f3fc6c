use super::*;
use crate::facts::{Status, cgroup};
use crate::inspector::ask::HeapStatistics;
use crate::place::{Described, RawProcess, RawSurroundings};

fn node(caught: &str) -> ProcessFacts {
    let raw = RawProcess {
        pid: 42,
        exe: "/usr/bin/node".to_owned(),
        cmdline: b"node\0app.js\0".to_vec(),
        ..RawProcess::default()
    };
    let status =
        Status::new(&format!("SigCgt:\t{caught}\nVmRSS:\t200000 kB\nRssAnon:\t150000 kB\n"));
    ProcessFacts { status, ..ProcessFacts::new(&raw) }
}

/// A process that writes a snapshot on SIGUSR2.
fn writes(mut process: ProcessFacts) -> ProcessFacts {
    process.options.snapshot_signal = Some("SIGUSR2".to_owned());
    process
}

fn says(pid: u32, used: u64) -> Identity {
    let large_object_size = used / 10;
    let heap =
        HeapStatistics { used_heap_size: used, large_object_size, ..HeapStatistics::default() };
    Identity {
        pid: Some(pid),
        version: Some("v22.1.0".to_owned()),
        heap: Some(heap),
        ..Identity::default()
    }
}

fn room(bytes: u64) -> Surroundings {
    let limit = cgroup::Limit {
        group: "/sys/fs/cgroup".to_owned(),
        max: bytes,
        used: 0,
        reclaimable: 0,
        is_soft: false,
        source: cgroup::Source::Group,
    };
    Surroundings { limits: vec![limit], ..Surroundings::default() }
}

fn known<'a>(process: &'a ProcessFacts, way: Way) -> Known<'a> {
    Known {
        process: Some(process),
        surroundings: None,
        identity: None,
        way,
        left: 0,
        shut: None,
        probe: None,
        out: None,
        compress: false,
        holds_back: false,
        remote: None,
        max_pause: None,
    }
}

fn outcome(preflight: &Preflight, topic: Topic) -> Outcome {
    preflight.checks.iter().find(|check| check.topic == topic).unwrap().outcome
}

const OPEN: Way = Way::Inspector { open: true };
const SHUT: Way = Way::Inspector { open: false };
const MB: u64 = 1_000_000;

#[test]
fn signals_have_to_be_caught() {
    for (caught, way, expected) in [
        ("0000000000000200", SHUT, Outcome::Fine),
        ("0000000000000800", SHUT, Outcome::Unsafe),
        ("0000000000000800", Way::Signal, Outcome::Fine),
        ("0000000000000200", Way::Signal, Outcome::Unsafe),
        ("", Way::Signal, Outcome::Unsafe),
    ] {
        let process = writes(node(caught));
        assert_eq!(outcome(&preflight(&known(&process, way)), Topic::Signal), expected, "{caught}");
    }
    // Who catches SIGUSR2 may do so to end.
    let own = preflight(&known(&node("800"), Way::Signal));
    assert_eq!(outcome(&own, Topic::Signal), Outcome::Unsafe);
    let process = node("0");
    let checks = preflight(&known(&process, OPEN)).checks;
    assert!(checks.iter().all(|check| check.topic != Topic::Signal), "no signal is sent");
}

/// What a signal does to a process that has no descriptor or thread left, or is stopped.
#[test]
fn signals_that_would_do_harm_are_refused_whatever_is_forced() {
    for (open, tasks, state, usr1, usr2) in [
        (Some(1000), Some(100), "S (sleeping)", Outcome::Fine, Outcome::Fine),
        (None, None, "R (running)", Outcome::Fine, Outcome::Fine),
        (Some(1008), Some(2), "S (sleeping)", Outcome::Fine, Outcome::Fine),
        (Some(1009), None, "S (sleeping)", Outcome::Unsafe, Outcome::Unsafe),
        (Some(2000), None, "S (sleeping)", Outcome::Unsafe, Outcome::Unsafe),
        // Only the inspector has a thread of its own.
        (None, Some(1), "S (sleeping)", Outcome::Unsafe, Outcome::Fine),
        (None, None, "T (stopped)", Outcome::Unsafe, Outcome::Unsafe),
        (None, None, "t (tracing stop)", Outcome::Unsafe, Outcome::Unsafe),
    ] {
        let mut process = writes(node("a00"));
        process.status.is_stopped = Status::new(&format!("State:\t{state}\n")).is_stopped;
        process.rlimits.descriptors = Some(1024);
        let around =
            Surroundings { descriptors: open, free_tasks: tasks, ..Surroundings::default() };
        for (way, expected) in [(SHUT, usr1), (Way::Signal, usr2)] {
            let known = Known { surroundings: Some(&around), ..known(&process, way) };
            let preflight = preflight(&known);
            assert_eq!(outcome(&preflight, Topic::Signal), expected, "{open:?} {tasks:?} {state}");
            let refused = preflight.refusals(&Forced::All).count();
            assert_eq!(refused > 0, expected == Outcome::Unsafe, "{:?}", preflight.checks);
        }
    }
}

#[test]
fn the_permission_model_is_no_matter_of_force() {
    let mut process = writes(node("0800"));
    for (permission, allowed, expected) in [
        (false, None, 0),
        (true, None, 1),
        (true, Some("/data"), 1),
        (true, Some("/tmp"), 0),
        (true, Some("*"), 0),
    ] {
        process.options.permission = permission;
        process.options.allow_write = allowed.into_iter().map(str::to_owned).collect();
        let remote = Some(("/tmp".to_owned(), Some(true), Some(u64::MAX)));
        let preflight = preflight(&Known { remote, ..known(&process, Way::Signal) });
        let refused: Vec<Topic> =
            preflight.refusals(&Forced::All).map(|check| check.topic).collect();
        assert_eq!(refused, vec![Topic::RemoteFile; expected], "{permission} {allowed:?}");
    }
}

#[test]
fn the_process_has_to_be_the_right_one() {
    let process = node("0");
    for (pid, expected) in [(42, Outcome::Fine), (43, Outcome::Unsafe)] {
        let identity = says(pid, MB);
        let known = Known { identity: Some(&identity), ..known(&process, OPEN) };
        assert_eq!(outcome(&preflight(&known), Topic::Identity), expected);
    }
    let shell = ProcessFacts { runtime: crate::facts::Runtime::Other, ..node("200") };
    assert_eq!(outcome(&preflight(&known(&shell, SHUT)), Topic::Identity), Outcome::Unsafe);
}

#[test]
fn memory_is_compared_with_the_tightest_limit() {
    let process = node("0");
    let identity = says(42, 100 * MB);
    let need = model::predict(Some(&identity), Some(&process), None, 0).unwrap().memory;
    assert!(need.usual > 100 * MB && need.most > need.usual, "{need:?}");
    let with_lists =
        model::predict(Some(&identity), Some(&process), None, 0).unwrap().memory_with_lists;
    assert!(need.usual < with_lists && with_lists < need.most, "{need:?}, {with_lists}");
    for (bytes, expected) in [
        (need.most, Outcome::Fine),
        (need.most - 1, Outcome::Caution),
        (with_lists, Outcome::Caution),
        (with_lists - 1, Outcome::Unsafe),
        (need.usual, Outcome::Unsafe),
        (need.usual - 1, Outcome::Unsafe),
    ] {
        let around = room(bytes);
        let known = Known {
            identity: Some(&identity),
            surroundings: Some(&around),
            ..known(&process, OPEN)
        };
        assert_eq!(outcome(&preflight(&known), Topic::Memory), expected, "{bytes}");
    }
    // The resident memory is only an upper bound of the heap, and so no reason not to ask V8.
    let around = room(1);
    let known = Known { surroundings: Some(&around), ..known(&process, SHUT) };
    assert_eq!(outcome(&preflight(&known), Topic::Memory), Outcome::Caution);
}

#[test]
fn only_a_limit_that_kills_refuses_what_usually_fits() {
    let process = node("0");
    let identity = says(42, 100 * MB);
    let predicted = model::predict(Some(&identity), Some(&process), None, 0).unwrap();
    let (little, enough) = (predicted.memory.usual - 1, predicted.memory.usual);
    let (lists, all) = (predicted.memory_with_lists, predicted.memory.most);
    let none = u64::MAX;
    for (hard, soft, machine, expected) in [
        (none, none, enough, Outcome::Caution),
        (none, enough, none, Outcome::Caution),
        (enough, none, none, Outcome::Unsafe),
        // The tightest is not the one that kills.
        (all, enough, none, Outcome::Caution),
        (all, none, enough, Outcome::Caution),
        (lists, none, enough, Outcome::Caution),
        (lists - 1, none, enough, Outcome::Unsafe),
        (lists - 1, enough, none, Outcome::Unsafe),
        (all, all, all, Outcome::Fine),
        (none, none, little, Outcome::Unsafe),
        (none, little, none, Outcome::Unsafe),
    ] {
        let mut around = room(hard);
        let soft = cgroup::Limit { is_soft: true, ..room(soft).limits.remove(0) };
        around.limits.push(soft);
        around.available = Some(machine);
        let known = Known {
            identity: Some(&identity),
            surroundings: Some(&around),
            ..known(&process, OPEN)
        };
        let preflight = preflight(&known);
        assert_eq!(outcome(&preflight, Topic::Memory), expected, "{around:?}");
        let check = preflight.checks.iter().find(|check| check.topic == Topic::Memory).unwrap();
        let kills = check.found.ends_with("who goes above it is killed");
        assert_eq!(kills, expected == Outcome::Unsafe && hard < none, "{}", check.found);
    }
    // With the signal the resident memory stands for the heap, which is less, and nothing can be asked later: a part
    // of it may be lists.
    let process = writes(node("0a00"));
    let predicted = model::predict(None, Some(&process), None, 0).unwrap();
    let (usual, lists) = (predicted.memory.usual, predicted.memory_with_lists);
    assert!(lists > 20 * 150_000 * 1024 && lists < predicted.memory.most, "{predicted:?}");
    for (bytes, is_soft, expected) in [
        (predicted.memory.most, false, Outcome::Fine),
        (lists, false, Outcome::Caution),
        (lists - 1, false, Outcome::Unsafe),
        (usual, true, Outcome::Caution),
        (usual - 1, true, Outcome::Unsafe),
    ] {
        let mut around = room(bytes);
        around.limits[0].is_soft = is_soft;
        let known = Known { surroundings: Some(&around), ..known(&process, Way::Signal) };
        let preflight = preflight(&known);
        assert_eq!(outcome(&preflight, Topic::Memory), expected, "{bytes}");
        let forced = Forced::These(vec![Topic::Memory]);
        assert_eq!(preflight.refusals(&forced).count(), 0, "{bytes}: {:?}", preflight.checks);
    }
}

#[test]
fn what_its_manager_would_restart_is_refused() {
    let mut process = node("0");
    let identity = says(42, 100 * MB);
    let need = model::predict(Some(&identity), Some(&process), None, 0).unwrap().memory;
    let resident = process.status.resident.unwrap();
    let around = room(u64::MAX >> 1);
    for (max, expected) in [
        (None, Outcome::Fine),
        (Some(resident + need.most), Outcome::Fine),
        (Some(resident + need.usual), Outcome::Caution),
        (Some(resident + need.usual - 1), Outcome::Unsafe),
    ] {
        process.restarts_above = max;
        let asked = Known {
            identity: Some(&identity),
            surroundings: Some(&around),
            ..known(&process, OPEN)
        };
        let checked = preflight(&asked);
        assert_eq!(outcome(&checked, Topic::Memory), expected, "{max:?}");
        let is_unsafe = expected == Outcome::Unsafe;
        assert_eq!(process.is_restarted_for(need.usual), is_unsafe, "{max:?}");
        assert_eq!(checked.refusals(&Forced::These(vec![Topic::Memory])).count(), 0);
    }
    // Before V8 was asked, more is said of its heap than there is.
    process.restarts_above = Some(1);
    let before = Known { surroundings: Some(&around), ..known(&process, SHUT) };
    assert_eq!(outcome(&preflight(&before), Topic::Memory), Outcome::Caution);
}

#[test]
fn what_earlier_snapshots_left_is_no_heap() {
    let (process, left) = (writes(node("0a00")), 120_000 * 1024);
    let after = |left| model::predict(None, Some(&process), None, left).unwrap();
    assert_eq!(after(left).heap, 30_000 * 1024);
    let around = room(after(left).memory_with_lists);
    for (left, expected) in [(left, Outcome::Caution), (0, Outcome::Unsafe)] {
        let known = Known { surroundings: Some(&around), left, ..known(&process, Way::Signal) };
        assert_eq!(outcome(&preflight(&known), Topic::Memory), expected, "{left}");
    }
    // V8 tells the heap itself; the need on top of what the process has is less by what it has already.
    let identity = says(42, 100 * MB);
    let asked = |left| model::predict(Some(&identity), Some(&process), None, left).unwrap();
    assert_eq!(asked(left).heap, asked(0).heap);
    assert_eq!(asked(0).memory.usual - asked(left).memory.usual, left);
    assert_eq!(asked(u64::MAX).memory.most, 0);
}

#[test]
fn a_limit_that_only_the_description_names_refuses_too() {
    let process = node("0");
    let identity = says(42, 100 * MB);
    let need = model::predict(Some(&identity), None, None, 0).unwrap().memory.usual;
    let used = process.status.anonymous.unwrap();
    for (memory, expected) in [
        (None, Outcome::Unknown),
        (Some(used + need - 1), Outcome::Unsafe),
        (Some(used + 20 * need), Outcome::Fine),
    ] {
        let described = Described { memory, cpu: None };
        let raw = RawSurroundings { described, ..RawSurroundings::default() };
        let around = Surroundings::new(&raw, Some(&process.status));
        let known = Known {
            identity: Some(&identity),
            surroundings: Some(&around),
            ..known(&process, OPEN)
        };
        let preflight = preflight(&known);
        assert_eq!(outcome(&preflight, Topic::Memory), expected, "{memory:?}");
        let check = preflight.checks.iter().find(|check| check.topic == Topic::Memory).unwrap();
        let says = check.found.contains("description, with this process alone counted, leaves");
        assert_eq!(says, memory.is_some(), "{}", check.found);
    }
}

#[test]
fn force_covers_what_it_names() {
    // The inspector of this process cannot be opened without ending it.
    let process = node("0");
    let identity = says(42, 100 * MB);
    let around = room(1);
    let shut = Known { surroundings: Some(&around), ..known(&process, SHUT) };
    let tight =
        Known { surroundings: Some(&around), identity: Some(&identity), ..known(&process, OPEN) };
    let these = |topic| Forced::These(vec![topic]);
    for (known, forced, expected) in [
        (&tight, Forced::Nothing, &[Topic::Memory][..]),
        (&tight, these(Topic::Memory), &[]),
        (&tight, these(Topic::Pause), &[Topic::Memory]),
        (&tight, Forced::All, &[]),
        (&shut, Forced::Nothing, &[Topic::Signal]),
        (&shut, these(Topic::Signal), &[Topic::Signal]),
        (&shut, Forced::All, &[Topic::Signal]),
    ] {
        let preflight = preflight(known);
        let topics: Vec<Topic> = preflight.refusals(&forced).map(|check| check.topic).collect();
        assert_eq!(topics, expected, "{forced:?}: {:?}", preflight.checks);
    }
}

#[test]
fn a_quota_is_in_the_pause() {
    let process = node("0");
    let identity = says(42, 100 * MB);
    let usual = model::predict(Some(&identity), None, None, 0).unwrap().pause.usual;
    for (cpus, bears, expected) in [
        (None, usual * 2, Outcome::Caution),
        (Some(2.0), usual * 2, Outcome::Caution),
        (Some(0.25), usual * 2, Outcome::Unsafe),
        (Some(0.25), usual * 5, Outcome::Caution),
    ] {
        let around = Surroundings { cpus, ..Surroundings::default() };
        let known = Known {
            identity: Some(&identity),
            surroundings: Some(&around),
            max_pause: Some(bears),
            ..known(&process, OPEN)
        };
        let preflight = preflight(&known);
        assert_eq!(outcome(&preflight, Topic::Pause), expected, "{cpus:?}");
        let check = preflight.checks.iter().find(|check| check.topic == Topic::Pause).unwrap();
        let says = check.found.contains("with the 25 % of a processor");
        assert_eq!(says, cpus == Some(0.25), "{}", check.found);
    }
}

#[test]
fn an_inspector_that_cannot_be_opened_is_not_safe() {
    let process = node("200");
    let why = "another process has port 9229".to_owned();
    let shut = Some(Shut { why, advice: "start it with --inspect" });
    let preflight = preflight(&Known { shut, ..known(&process, SHUT) });
    assert_eq!(outcome(&preflight, Topic::Signal), Outcome::Unsafe);
    let check = preflight.checks.iter().find(|check| check.topic == Topic::Signal).unwrap();
    assert!(check.found.ends_with("another process has port 9229"), "{}", check.found);
}

#[test]
fn after_the_signal_nothing_can_be_asked_and_so_the_bound_counts() {
    let process = writes(node("0a00"));
    let around = room(1);
    for (way, expected) in [(SHUT, Outcome::Caution), (Way::Signal, Outcome::Unsafe)] {
        let known = Known {
            surroundings: Some(&around),
            max_pause: Some(Duration::from_millis(1)),
            out: Some((PathBuf::from("a.heapsnapshot"), Some(1))),
            remote: Some(("/tmp".to_owned(), Some(true), Some(1))),
            ..known(&process, way)
        };
        let preflight = preflight(&known);
        for topic in [Topic::Memory, Topic::Pause, Topic::Disk, Topic::RemoteFile] {
            assert_eq!(outcome(&preflight, topic), expected, "{topic:?}");
        }
    }
}

#[test]
fn a_probe_that_kills_is_a_reason_to_refuse() {
    let process = node("0");
    let small = says(42, MB);
    let large = says(42, 4_000 * MB);
    let probe = Probe { failures: 3, period: 10, timeout: 4 };
    assert_eq!(probe.bears(), Duration::from_secs(24));
    let endless = Probe { failures: u32::MAX, period: u32::MAX, timeout: u32::MAX };
    let most = u64::from(u32::MAX);
    assert_eq!(endless.bears(), Duration::from_secs((most - 1) * most + most));
    for (identity, expected) in [(&small, Outcome::Fine), (&large, Outcome::Unsafe)] {
        let known = Known { identity: Some(identity), probe: Some(probe), ..known(&process, OPEN) };
        assert_eq!(outcome(&preflight(&known), Topic::Pause), expected);
    }
}

#[test]
fn the_worse_of_probe_and_limit_counts() {
    let process = node("0");
    let identity = says(42, 100 * MB);
    let patient = Probe { failures: 100, period: 100, timeout: 100 };
    let hasty = Probe { failures: 1, period: 1, timeout: 0 };
    let (long, short) = (Duration::from_secs(10_000), Duration::from_millis(1));
    for (probe, max, expected, who) in [
        (patient, long, Outcome::Fine, "probe"),
        (patient, short, Outcome::Unsafe, "limit"),
        (hasty, long, Outcome::Unsafe, "probe"),
        (hasty, short, Outcome::Unsafe, "probe"),
    ] {
        let known = Known {
            identity: Some(&identity),
            probe: Some(probe),
            max_pause: Some(max),
            ..known(&process, OPEN)
        };
        let preflight = preflight(&known);
        assert_eq!(outcome(&preflight, Topic::Pause), expected);
        let found = preflight.checks.iter().find(|check| check.topic == Topic::Pause).unwrap();
        assert!(found.found.contains(who), "{}", found.found);
    }
}

#[test]
fn the_file_needs_room_here_and_there() {
    let process = node("0800");
    let identity = says(42, 1_000 * MB);
    let at = |free| Known {
        identity: Some(&identity),
        out: Some((PathBuf::from("a.heapsnapshot"), Some(free))),
        remote: Some(("/tmp".to_owned(), Some(true), Some(free))),
        ..known(&process, Way::Signal)
    };
    for (free, expected) in [(u64::MAX, Outcome::Fine), (MB, Outcome::Unsafe)] {
        let preflight = preflight(&at(free));
        assert_eq!(outcome(&preflight, Topic::Disk), expected);
        assert_eq!(outcome(&preflight, Topic::RemoteFile), expected);
    }
    // What waits to be redacted needs as much again, compressed or not.
    let file = model::predict(Some(&identity), None, None, 0).unwrap().file;
    for (compress, free) in [(false, 2 * file.usual), (true, file.usual + file.usual / 2)] {
        let known = |holds_back, free| Known { compress, holds_back, ..at(free) };
        assert_eq!(outcome(&preflight(&known(true, free)), Topic::Disk), Outcome::Caution);
        assert_eq!(outcome(&preflight(&known(true, free - 1)), Topic::Disk), Outcome::Unsafe);
        assert!(outcome(&preflight(&known(false, free - 1)), Topic::Disk) < Outcome::Unsafe);
        assert_eq!(outcome(&preflight(&known(true, 2 * file.most)), Topic::Disk), Outcome::Fine);
    }
    // A disk that fills while the process writes ends it: the most has to fit, and a reserve.
    let enough = file.most + crate::sink::RESERVE;
    for (free, expected) in [(enough, Outcome::Fine), (enough - 1, Outcome::Unsafe)] {
        assert_eq!(outcome(&preflight(&at(free)), Topic::RemoteFile), expected, "{free}");
    }
    // So does a limit on the size of files.
    for (limit, expected) in [(file.most, Outcome::Fine), (file.most - 1, Outcome::Unsafe)] {
        let mut limited = process.clone();
        limited.rlimits.file_size = Some(limit);
        let known = Known { process: Some(&limited), ..at(u64::MAX) };
        assert_eq!(outcome(&preflight(&known), Topic::RemoteFile), expected, "{limit}");
    }
    // Node.js ends if it cannot write its snapshot.
    for writable in [Some(false), None] {
        let remote = Some(("/app".to_owned(), writable, Some(u64::MAX)));
        let known = Known { remote, ..at(u64::MAX) };
        assert_eq!(outcome(&preflight(&known), Topic::RemoteFile), Outcome::Unsafe);
    }
}
