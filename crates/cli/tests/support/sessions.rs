//! A program that opens sessions and forgets none.

use heapglass_testkit::SnapshotBuilder;

/// A program that has opened so many sessions and forgotten none. `text` makes the strings of one
/// process differ from those of another.
pub(crate) fn program(sessions: u32, text: &str) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    let cache = heap.object("Map", 32);
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), "app", app);
    heap.property(app, "sessions", cache);
    heap.internal(cache, "table", table);
    for at in 0..sessions {
        let session = heap.object("Session", 120);
        let user = heap.string(&format!("{text} {at}"), 32);
        heap.spec(session).id = 10_001 + 4 * u64::from(at);
        heap.spec(user).id = 10_003 + 4 * u64::from(at);
        heap.locate(session, 7, 11, 4);
        heap.element(table, at, session);
        heap.property(session, "user", user);
    }
    heap.to_bytes()
}

/// A program that has opened so many sessions, numbered from the youngest on.
pub(crate) fn renumbered(sessions: u64) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    let (run, map) = (heap.closure("run", 64), heap.object("Map", 32));
    let shared = heap.node("code", "system / SharedFunctionInfo", 48);
    let script = heap.node("code", "/srv/app/main.js", 64);
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), "run", run);
    heap.property(heap.global(), "sessions", map);
    heap.internal(run, "shared", shared);
    heap.internal(shared, "script", script);
    heap.internal(map, "table", table);
    heap.locate(run, 7, 0, 30);
    for at in 0..sessions {
        let (key, session) =
            (heap.string(&format!("session {at}"), 32), heap.object("Session", 120));
        heap.spec(key).id = 10_001 + 4 * (sessions - at);
        heap.spec(session).id = 10_003 + 4 * (sessions - at);
        heap.internal(table, &(2 * at).to_string(), key);
        heap.internal(table, &(2 * at + 1).to_string(), session);
    }
    heap.to_bytes()
}

/// Three snapshots of a process that leaks, and three of one that does not: of two pods, or side by side.
pub(crate) fn two_processes(in_pods: bool) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    for (pod, text, step) in [("shop-1", "user", 100), ("shop-2", "guest", 1)] {
        let place = match in_pods {
            true => dir.path().join(format!("heap-dumps/pod={pod}/container=backend")),
            false => dir.path().to_owned(),
        };
        std::fs::create_dir_all(&place).expect("made");
        for at in 1..=3 {
            let name = match in_pods {
                true => format!("heapdump-2025010{at}-143022.heapsnapshot"),
                false => format!("{pod}-{at}.heapsnapshot"),
            };
            std::fs::write(place.join(name), program(100 + at * step, text)).expect("written");
        }
    }
    dir
}

/// Three snapshots of one process and one of another, one of which only the first of so many parts arrived, and a file
/// that is none.
pub(crate) fn snapshots(parts: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    };
    write("1.heapsnapshot", &program(100, "user"));
    write("2.heapsnapshot", &program(200, "user"));
    write("3.heapsnapshot", &program(300, "user"));
    write("other.heapsnapshot", &program(300, "guest"));
    let whole = program(400, "user");
    write("cut.heapsnapshot", &whole[..whole.len() / parts]);
    write("none.heapsnapshot", b"hello");
    dir
}
