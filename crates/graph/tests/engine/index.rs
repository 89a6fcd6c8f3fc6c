//! The index: used when it is whole and of this very file, noticed and made again otherwise.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use heapglass_format::container::{ContainerWriter, checksum};
use heapglass_format::source::Source;
use heapglass_graph::{Error, Flow, OpenOptions, Ordinal, Phase, Progress, Snapshot, Wants};
use heapglass_testkit::SnapshotBuilder;

use crate::common::{Folder, everything, open};

fn heap(size: u64) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", size);
    let store = heap.node("array", "(object elements)", 5_000_000_000);
    let text = heap.string("text", 24);
    heap.property(heap.global(), "cache", cache);
    heap.internal(cache, "elements", store);
    heap.element(store, 7, text);
    heap.weak(text, "back", cache);
    heap.locate(cache, 5, 6, 7);
    let element = heap.node("native", "<div id=\"a\">", 10);
    heap.detachedness(element, 2);
    heap.property(cache, "element", element);
    heap
}

/// A snapshot, and where its index shall lie.
struct Case {
    folder: Folder,
    snapshot: PathBuf,
    index: PathBuf,
}

impl Case {
    fn new() -> Case {
        let folder = Folder::new();
        let snapshot = folder.write("snapshot", &heap(40).to_bytes());
        let index = folder.path().join("index");
        Case { folder, snapshot, index }
    }

    fn options(&self) -> OpenOptions {
        OpenOptions { index: Some(self.index.clone()), ..self.folder.options(2) }
    }

    fn open(&self) -> Snapshot {
        open(&self.snapshot, &self.options()).unwrap()
    }

    /// Opens it when the index is no good: the snapshot is read, and the index made again.
    fn rebuilds(&self, why: &str) {
        let expected = everything(&open(&self.snapshot, &self.folder.options(1)).unwrap());
        let rebuilt = self.open();
        assert!(!rebuilt.from_index(), "believed: {why}");
        let problem = rebuilt.index_problem().unwrap_or_default();
        assert!(problem.contains(why), "{problem:?} instead of {why:?}");
        assert_eq!(everything(&rebuilt), expected);
        let again = self.open();
        assert!(again.from_index() && again.index_problem().is_none(), "not made again: {why}");
        assert_eq!(everything(&again), expected);
        assert_eq!(self.folder.files(), ["index", "snapshot"]);
    }
}

/// Counts what it is told, and asks to stop at one of the times.
#[derive(Default)]
struct Recorder {
    phases: Mutex<Vec<Phase>>,
    stop_at: Option<u64>,
    asked: AtomicU64,
}

impl Progress for Recorder {
    fn update(&self, phase: Phase, done: u64, total: u64) {
        assert!(phase == Phase::Read || done <= total, "{done} of {total}");
        self.phases.lock().unwrap().push(phase);
    }

    fn cancelled(&self) -> bool {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        self.stop_at.is_some_and(|stop| asked >= stop)
    }
}

#[test]
fn a_second_opening_reads_the_index_alone() {
    let case = Case::new();
    let first = case.open();
    assert!(!first.from_index() && first.index_problem().is_none());
    assert_eq!(case.folder.files(), ["index", "snapshot"]);
    let recorder = Recorder::default();
    let source = Source::file(&case.snapshot).unwrap();
    let second = Snapshot::open(&source, &case.options(), &recorder).unwrap();
    assert!(second.from_index() && second.index_problem().is_none());
    assert_eq!(everything(&second), everything(&first));
    assert_eq!(*recorder.phases.lock().unwrap(), [], "nothing was read or analysed");
}

#[test]
fn an_index_is_opened_without_its_snapshot() {
    let case = Case::new();
    let expected = everything(&case.open());
    std::fs::remove_file(&case.snapshot).unwrap();
    let alone = Snapshot::open_index(&case.index).unwrap();
    assert_eq!(everything(&alone), expected);
    // Given as if it were a snapshot, it is recognised.
    let given = open(&case.index, &case.folder.options(1)).unwrap();
    assert!(given.from_index());
    assert_eq!(everything(&given), expected);
}

#[test]
fn no_index_and_no_work_file_unless_asked_for() {
    let case = Case::new();
    let snapshot = open(&case.snapshot, &case.folder.options(2)).unwrap();
    assert!(!snapshot.from_index());
    assert_eq!(case.folder.files(), ["snapshot"]);
    assert_ne!(everything(&snapshot), "", "the work file without a name still serves");
}

#[test]
fn a_changed_snapshot_makes_its_index_stale() {
    let case = Case::new();
    case.open();
    // Touched.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
    File::options().write(true).open(&case.snapshot).unwrap().set_modified(later).unwrap();
    case.rebuilds("stale");
    // Rewritten with as many bytes, at the same time by its stamp.
    let before = std::fs::read(&case.snapshot).unwrap();
    let after = heap(41).to_bytes();
    assert_eq!(before.len(), after.len());
    std::fs::write(&case.snapshot, &after).unwrap();
    File::options().write(true).open(&case.snapshot).unwrap().set_modified(later).unwrap();
    case.rebuilds("stale");
    // Written again with bytes that no sample could tell apart, the stamp set back: the time of
    // the last change of the file itself cannot be.
    std::fs::write(&case.snapshot, &after).unwrap();
    File::options().write(true).open(&case.snapshot).unwrap().set_modified(later).unwrap();
    case.rebuilds("stale");
    // Another file renamed over it, stamp and length the same.
    let other = case.folder.write("other", &before);
    File::options().write(true).open(&other).unwrap().set_modified(later).unwrap();
    std::fs::rename(&other, &case.snapshot).unwrap();
    case.rebuilds("stale");
    // Cut off.
    std::fs::write(&case.snapshot, &before[..before.len() - 20]).unwrap();
    case.rebuilds("stale");
}

#[test]
fn an_index_never_replaces_its_snapshot() {
    let case = Case::new();
    let before = std::fs::read(&case.snapshot).unwrap();
    std::os::unix::fs::symlink(&case.snapshot, &case.index).unwrap();
    for index in [&case.snapshot, &case.index] {
        let options = OpenOptions { index: Some(index.clone()), ..case.folder.options(2) };
        let snapshot = open(&case.snapshot, &options).unwrap();
        assert_eq!(snapshot.index_problem(), Some("the index would replace the snapshot"));
        assert_eq!(std::fs::read(&case.snapshot).unwrap(), before);
    }
}

#[test]
fn the_index_of_another_snapshot_is_stale() {
    let case = Case::new();
    let other = Case::new();
    std::fs::write(&other.snapshot, heap(77).to_bytes()).unwrap();
    other.open();
    std::fs::copy(&other.index, &case.index).unwrap();
    case.rebuilds("stale");
}

#[test]
fn what_is_no_index_is_not_believed() {
    let case = Case::new();
    let garbage: [&[u8]; 4] = [b"", b"HEAPGLSX", b"{\"snapshot\":", &[0xff; 5000]];
    for bytes in garbage {
        std::fs::write(&case.index, bytes).unwrap();
        assert!(matches!(Snapshot::open_index(&case.index), Err(Error::Index { .. })));
        case.rebuilds("the index is ");
    }
}

/// An index with these facts and nothing else in it.
fn strange_index(case: &Case, facts: serde_json::Value) {
    let writer = ContainerWriter::create(case.folder.path()).unwrap();
    writer.seal(facts).unwrap();
    writer.persist(&case.index).1.unwrap();
}

#[test]
fn indexes_of_other_programs_and_versions() {
    let case = Case::new();
    for (facts, why) in [
        (serde_json::json!({"engine": 0, "of": null}), "stale: made by engine 0"),
        (serde_json::json!({"engine": 4_000_000, "of": null}), "stale: made by engine 4000000"),
        (serde_json::json!({"of": null}), "foreign"),
        (serde_json::json!("something"), "foreign"),
    ] {
        strange_index(&case, facts);
        case.rebuilds(why);
    }
}

/// Whatever byte of an index is wrong: opening the snapshot gives the right figures, and opening
/// the index by itself gives an error or the right figures.
fn wrong_bytes(step: usize) {
    let case = Case::new();
    let expected = everything(&case.open());
    let good = std::fs::read(&case.index).unwrap();
    let mut noticed = 0;
    // All of the header, then every so many bytes; what lies between sections is never read.
    for at in (0..64).chain((4096..good.len()).step_by(step)) {
        let mut wrong = good.clone();
        wrong[at] ^= 1 << (at % 8);
        std::fs::write(&case.index, &wrong).unwrap();
        match Snapshot::open_index(&case.index).and_then(|s| s.graph().map(|_| s)) {
            Ok(alone) => assert_eq!(everything(&alone), expected, "byte {at}"),
            Err(Error::Index { .. }) => noticed += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
        assert_eq!(everything(&case.open()), expected, "byte {at}");
        assert_eq!(case.folder.files(), ["index", "snapshot"], "byte {at}");
    }
    assert!(noticed > 30, "only {noticed} were noticed");
}

#[test]
fn some_wrong_bytes() {
    wrong_bytes(2003);
}

#[test]
#[ignore = "slow: many hundreds of damaged indexes"]
fn many_wrong_bytes() {
    wrong_bytes(101);
}

#[test]
fn a_damaged_column_is_made_again_for_good() {
    let case = Case::new();
    let expected = everything(&case.open());
    let good = std::fs::read(&case.index).unwrap();
    // The string stands in a column that only the graph needs.
    let at = good.windows(5).position(|window| window == b"Cache").unwrap();
    let mut wrong = good.clone();
    wrong[at] = b'X';
    std::fs::write(&case.index, &wrong).unwrap();
    let damaged = case.open();
    assert!(damaged.from_index(), "the overview is whole");
    assert_eq!(everything(&damaged), expected);
    let again = Snapshot::open_index(&case.index).unwrap();
    assert_eq!(everything(&again), expected, "the index is whole again");
    // Without the snapshot there is nothing to make it from.
    std::fs::write(&case.index, &wrong).unwrap();
    let damaged = case.open();
    std::fs::remove_file(&case.snapshot).unwrap();
    let error = damaged.graph().unwrap_err().to_string();
    assert!(error.contains("does not match its sum"), "{error}");
}

#[test]
fn an_index_cut_off_anywhere() {
    let case = Case::new();
    let expected = everything(&case.open());
    let good = std::fs::read(&case.index).unwrap();
    for length in (0..good.len()).step_by(good.len() / 40) {
        std::fs::write(&case.index, &good[..length]).unwrap();
        assert!(matches!(Snapshot::open_index(&case.index), Err(Error::Index { .. })), "{length}");
        let rebuilt = case.open();
        assert!(!rebuilt.from_index(), "{length} bytes");
        assert_eq!(everything(&rebuilt), expected);
    }
}

#[test]
fn several_openings_at_once() {
    let case = Case::new();
    let expected = everything(&open(&case.snapshot, &case.folder.options(1)).unwrap());
    for round in 0..10 {
        if round % 2 == 0 {
            let _ = std::fs::remove_file(&case.index);
        } else {
            std::fs::write(&case.index, b"damaged").unwrap();
        }
        std::thread::scope(|scope| {
            let open = || assert_eq!(everything(&case.open()), expected);
            for opening in (0..6).map(|_| scope.spawn(open)).collect::<Vec<_>>() {
                opening.join().unwrap();
            }
        });
        assert_eq!(case.folder.files(), ["index", "snapshot"]);
        assert!(case.open().from_index());
    }
}

#[test]
fn an_index_that_cannot_be_kept_is_no_error() {
    let case = Case::new();
    let expected = everything(&open(&case.snapshot, &case.folder.options(1)).unwrap());
    std::fs::create_dir(case.folder.path().join("directory")).unwrap();
    let places: [(&str, &str); 3] = [
        ("nowhere/index", "cannot create a work file in"),
        ("snapshot/index", "cannot create a work file in"),
        ("directory", "cannot write"),
    ];
    for (place, why) in places {
        let index = Some(case.folder.path().join(place));
        let options = OpenOptions { index, ..case.folder.options(2) };
        let snapshot = open(&case.snapshot, &options).unwrap();
        assert!(!snapshot.from_index());
        let problem = snapshot.index_problem().unwrap_or_default();
        assert!(problem.contains(why), "{problem:?} instead of {why:?}");
        assert_eq!(everything(&snapshot), expected);
        assert_eq!(case.folder.files(), ["directory", "snapshot"]);
    }
}

fn opened_with(path: &Path, options: &OpenOptions, progress: &Recorder) -> Result<Snapshot, Error> {
    Snapshot::open(&Source::file(path).unwrap(), options, progress)
}

#[test]
fn nothing_is_left_of_a_cancelled_opening() {
    let case = Case::new();
    let asked = Recorder::default();
    opened_with(&case.snapshot, &case.options(), &asked).unwrap();
    std::fs::remove_file(&case.index).unwrap();
    let times = asked.asked.into_inner();
    assert!(times > 8, "asked {times} times only");
    for stop_at in 0..times {
        let recorder = Recorder { stop_at: Some(stop_at), ..Recorder::default() };
        let options = OpenOptions { threads: 1, ..case.options() };
        match opened_with(&case.snapshot, &options, &recorder) {
            Err(Error::Cancelled) => assert_eq!(case.folder.files(), ["snapshot"]),
            // One thread asks less often than two.
            Ok(_) => assert!(recorder.asked.into_inner() <= stop_at, "did not stop at {stop_at}"),
            Err(other) => panic!("{other}"),
        }
        let _ = std::fs::remove_file(&case.index);
    }
}

#[test]
fn nothing_is_left_of_a_failed_opening() {
    let case = Case::new();
    let whole = std::fs::read(&case.snapshot).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut wrong = whole.clone();
        wrong[at] = b'?';
        std::fs::write(&case.snapshot, &wrong).unwrap();
        if open(&case.snapshot, &case.options()).is_err() {
            assert_eq!(case.folder.files(), ["snapshot"], "byte {at}");
        }
        let _ = std::fs::remove_file(&case.index);
    }
}

/// An index with the numbers of one section changed, and all sums made right again.
fn with_numbers(good: &[u8], section: usize, change: impl Fn(usize) -> u8) -> Option<Vec<u8>> {
    let field = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().unwrap()) as usize;
    let (toc_at, toc_length) = (field(16), field(24));
    let mut toc: serde_json::Value =
        serde_json::from_slice(&good[toc_at..toc_at + toc_length]).unwrap();
    let entry = toc["sections"].get_mut(section)?;
    let number = |key: &str| entry[key].as_u64().unwrap() as usize;
    let range = number("offset")..number("offset") + number("bytes");
    let mut wrong = good.to_vec();
    if entry["name"] == "overview" {
        return Some(wrong);
    }
    for (at, byte) in wrong[range.clone()].iter_mut().enumerate() {
        *byte = change(at);
    }
    entry["xxh3"] = checksum(&wrong[range]).into();
    let toc = serde_json::to_vec(&toc).unwrap();
    let end = wrong.len();
    wrong.extend_from_slice(&toc);
    wrong[16..24].copy_from_slice(&(end as u64).to_le_bytes());
    wrong[24..32].copy_from_slice(&(toc.len() as u64).to_le_bytes());
    wrong[32..40].copy_from_slice(&checksum(&toc).to_le_bytes());
    Some(wrong)
}

/// Asks every accessor for every node, and for some that there are not.
fn ask_everything(snapshot: &Snapshot) {
    assert_ne!(everything(snapshot), "");
    let graph = snapshot.graph().unwrap();
    let beyond = [graph.node_count(), graph.node_count() + 1, u32::MAX - 1, u32::MAX];
    let flow = Flow::of(&graph);
    let _ = (flow.lost_without(|_| true).count(), flow.starts().count());
    let nodes = graph.nodes().chain(beyond.map(Ordinal));
    for node in nodes {
        let _ = flow.targets(node).count();
        let _ = (graph.node_type(node), graph.node_type_name(node), graph.id(node));
        let _ = (graph.raw_name(node), graph.class_name(node), graph.allocation_stack(node));
        let _ = (graph.distance(node), graph.shallow_size(node), graph.retained_size(node));
        let _ = (graph.dominator(node), graph.tree_position(node), graph.retained_count(node));
        let _ = (graph.detachedness(node), graph.location(node), graph.retainer_count(node));
        let _ = graph.dominates(node, graph.root()) || graph.dominates(graph.root(), node);
        let _ = (graph.retained_set(node).count(), graph.dominated(node).count());
        let _ = (graph.retaining_nodes(node).len(), graph.retainers(node).count());
        let _ = (graph.edges(node).rev().count(), graph.edge_range(node).len());
        assert!(graph.edges(node).all(|edge| edge.to.0 < graph.node_count()));
        let _ = graph.ordinal_of(graph.id(node));
    }
    let _ = graph.function_allocations();
}

#[test]
fn wrong_numbers_with_right_sums_make_no_panic() {
    let case = Case::new();
    case.open();
    let good = std::fs::read(&case.index).unwrap();
    let changes: [&dyn Fn(usize) -> u8; 4] =
        [&|_| 0xff, &|_| 0, &|at| [0xfe, 0xff, 0xff, 0x7f][at % 4], &|at| (at * 37 % 251) as u8];
    let mut asked = 0;
    for change in changes {
        for section in 0.. {
            let Some(wrong) = with_numbers(&good, section, change) else { break };
            std::fs::write(&case.index, &wrong).unwrap();
            match Snapshot::open_index(&case.index) {
                Ok(snapshot) => {
                    asked += 1;
                    ask_everything(&snapshot);
                }
                Err(Error::Index { .. }) => {}
                Err(other) => panic!("section {section}: {other}"),
            }
        }
    }
    assert!(asked > 80, "only {asked} were believed");
}

#[test]
fn an_opening_for_the_overview_alone_gives_the_same_and_the_graph_when_asked_after_all() {
    let case = Case::new();
    let options = |wants| OpenOptions { wants, ..case.folder.options(2) };
    let whole = open(&case.snapshot, &options(Wants::Graph)).unwrap();
    let quick = open(&case.snapshot, &options(Wants::Overview)).unwrap();
    assert_eq!(quick.overview().info, whole.overview().info);
    assert_eq!(quick.overview().statistics, whole.overview().statistics);
    assert_eq!(quick.overview().classes.rows, whole.overview().classes.rows);
    assert_eq!(everything(&quick), everything(&whole));
}

#[test]
fn the_graph_of_a_snapshot_that_changed_since_its_overview_is_refused() {
    let case = Case::new();
    let options = OpenOptions { wants: Wants::Overview, ..case.folder.options(1) };
    let quick = open(&case.snapshot, &options).unwrap();
    std::fs::write(&case.snapshot, SnapshotBuilder::new().to_bytes()).unwrap();
    assert!(quick.graph().unwrap_err().to_string().contains("changed"));
}
