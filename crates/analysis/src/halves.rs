//! Work on the two halves of something large at the same time.

use std::thread::Builder;

/// From so many items on, a few nanoseconds for each are more than starting a thread takes.
pub(crate) const LARGE: usize = 1 << 17;

/// What `work` makes of each half, on two threads; on one if there cannot be a second.
pub(crate) fn on_both<P, T, W>([first, second]: [P; 2], work: W) -> [T; 2]
where
    P: Clone + Send,
    T: Send,
    W: Fn(P) -> T + Sync,
{
    let work = &work;
    std::thread::scope(|scope| {
        let other = second.clone();
        let thread = Builder::new().spawn_scoped(scope, move || work(other));
        let first = work(first);
        let second = match thread.map(|thread| thread.join()) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => work(second),
        };
        [first, second]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_keep_their_order() {
        assert_eq!(on_both([2, 3], |number| number * 10), [20, 30]);
    }
}
