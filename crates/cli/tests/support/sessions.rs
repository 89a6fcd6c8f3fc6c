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
