use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use super::*;
use crate::source::Source;

/// Many more chunks than may wait for one.
const ROWS: u64 = 2 << 20;

/// Reads a table of [`ROWS`] rows of two values.
fn read(
    threads: usize,
    convert: impl Fn(Rows<'_>) -> Result<u64> + Sync,
    consume: impl FnMut(u64) -> Result<()> + Send,
) -> Result<TableEnd> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let rows = "1,2\n,".repeat(ROWS as usize);
    std::io::Write::write_all(&mut file, &rows.as_bytes()[..rows.len() - 1]).unwrap();
    std::io::Write::write_all(&mut file, b"]").unwrap();
    let source = Source::file(file.path()).unwrap();
    let mut cursor = Cursor::new(source.open().unwrap(), source.path());
    scan(&mut cursor, 2, threads, &(), convert, consume)
}

/// Reads with the first chunk's thread ending as `end` says once the others wait for it.
fn read_while_others_wait(end: impl Fn() -> Result<u64> + Sync) -> Result<TableEnd> {
    let (sender, converted) = mpsc::channel();
    let converted = Mutex::new(converted);
    let convert = |rows: Rows<'_>| {
        if rows.first_row > 0 {
            sender.send(()).unwrap();
            return Ok(0);
        }
        assert_eq!(lock(&converted).iter().take(MOST_WAITING + 1).count(), MOST_WAITING + 1);
        end()
    };
    read(3, convert, |_| Ok(()))
}

#[test]
fn chunks_arrive_in_order() {
    for threads in [1, 3] {
        let mut next = 0;
        let end = read(
            threads,
            |rows| Ok(rows.first_row << 32 | rows.count() as u64),
            |chunk| {
                assert_eq!(chunk >> 32, next);
                next += chunk & 0xffff_ffff;
                Ok(())
            },
        )
        .unwrap();
        assert_eq!((end.rows, end.stray_values, end.truncated_at), (ROWS, 0, None));
        assert_eq!(next, ROWS);
    }
}

#[test]
fn no_thread_waits_for_one_that_panicked() {
    let panics = || panic!("meant");
    assert!(catch_unwind(AssertUnwindSafe(|| read_while_others_wait(panics))).is_err());
    let consume = |_| panic!("meant");
    assert!(catch_unwind(AssertUnwindSafe(|| read(3, |_| Ok(0), consume))).is_err());
}

#[test]
fn no_thread_waits_for_one_that_failed() {
    let failure = || Error::syntax(Path::new("table"), 7, "meant");
    let failed = read_while_others_wait(|| Err(failure()));
    assert!(matches!(failed, Err(Error::Syntax { offset: 7, .. })));
    assert!(matches!(read(3, |_| Ok(0), |_| Err(failure())), Err(Error::Syntax { .. })));
}
