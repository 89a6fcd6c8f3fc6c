//! Room on a disk that several captures write to at once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the captures that run at once will write to one disk. Those that write to the same disk share one:
/// each would take all that is free for its own otherwise.
#[derive(Debug, Clone, Default)]
pub struct Booked(Arc<Mutex<HashMap<PathBuf, u64>>>);

impl Booked {
    /// Says how large a file will be, in place of what was said of it before.
    pub fn book(&self, file: &Path, bytes: u64) {
        self.files().insert(file.to_owned(), bytes);
    }

    /// Bytes that the other files will have.
    pub fn by_others(&self, file: &Path) -> u64 {
        let others = self.files();
        let others = others.iter().filter(|(other, _)| other.as_path() != file);
        others.fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// A file that is booked no more once the guard is dropped.
    pub fn until_dropped(&self, file: &Path) -> Until {
        Until(self.clone(), file.to_owned())
    }

    fn files(&self) -> MutexGuard<'_, HashMap<PathBuf, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A booking that ends when it is dropped: see [`Booked::until_dropped`].
#[derive(Debug)]
pub struct Until(Booked, PathBuf);

impl Drop for Until {
    fn drop(&mut self) {
        self.0.files().remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_added_up_as_long_as_they_run() {
        let booked = Booked::default();
        let (a, b, c) = (Path::new("a"), Path::new("b"), Path::new("c"));
        let until = booked.until_dropped(a);
        booked.book(a, 5);
        booked.book(a, 10);
        booked.clone().book(b, 7);
        assert_eq!((booked.by_others(a), booked.by_others(b), booked.by_others(c)), (7, 10, 17));
        drop(until);
        assert_eq!(booked.by_others(c), 7);
    }
}
