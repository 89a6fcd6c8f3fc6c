//! Ctrl-C, SIGTERM, SIGHUP and SIGQUIT: work that leaves files behind is asked to stop, all other is just ended.

use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::exit::ExitStatus;

/// How long work may take to clean up after itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// What is said to whoever does not wait for processes to be put back as they were.
#[cfg(unix)]
const MAY_STAY: &str = "note: ended at once: an inspector that was opened may still be open, and what arrived may lie in a \
                        temporary file; the next capture of that process, or into that directory, names them\n";

/// Knows whether the user asked to stop. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The signal that came, or 0.
    signal: AtomicI32,
    /// Pieces of work that stop by themselves and clean up, each with its work directory.
    cleaning: Mutex<Vec<Option<PathBuf>>>,
    cleaned: Condvar,
    /// How long work may take to clean up, in milliseconds, where that is longer than usual.
    patience: AtomicU64,
}

impl State {
    fn cleaning(&self) -> MutexGuard<'_, Vec<Option<PathBuf>>> {
        self.cleaning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as it lives, an interrupt waits a moment for the work to clean up.
#[derive(Debug)]
pub(crate) struct CleansUp {
    state: Arc<State>,
    work_dir: Option<PathBuf>,
}

impl Drop for CleansUp {
    fn drop(&mut self) {
        let mut cleaning = self.state.cleaning();
        if let Some(at) = cleaning.iter().position(|dir| *dir == self.work_dir) {
            cleaning.swap_remove(at);
        }
        self.state.cleaned.notify_all();
    }
}

impl Interrupt {
    /// The exit status to end with, once the user asked to stop.
    pub(crate) fn asked(&self) -> Option<ExitStatus> {
        match self.0.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(status_of(signal)),
        }
    }

    /// Announces work that watches [`Interrupt::asked`] and cleans up. Work that hangs (waiting for
    /// standard input, say) has its own directory removed for it.
    pub(crate) fn cleans_up(&self, work_dir: Option<&TempDir>) -> CleansUp {
        let work_dir = work_dir.map(|dir| dir.path().to_owned());
        self.0.cleaning().push(work_dir.clone());
        CleansUp { state: Arc::clone(&self.0), work_dir }
    }

    /// As [`Interrupt::cleans_up`], for work that has to tell others over the network to clean up.
    pub(crate) fn cleans_up_within(&self, patience: Duration) -> CleansUp {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.0.patience.fetch_max(millis, Ordering::SeqCst);
        self.cleans_up(None)
    }

    /// Starts to listen for signals.
    #[cfg(unix)]
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        let mut wanted = vec![SIGINT, SIGTERM, SIGQUIT];
        if !ignores(SIGHUP) {
            wanted.push(SIGHUP);
        }
        let mut signals = signal_hook::iterator::Signals::new(wanted)?;
        let own = self.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if own.asked().is_some() {
                    // Whoever asks twice does not want to wait.
                    own.tell_of_what_may_stay();
                    process::exit(i32::from(status_of(signal).code()));
                }
                own.0.signal.store(signal, Ordering::SeqCst);
                let own = own.clone();
                std::thread::spawn(move || own.stop(signal));
            }
        })?;
        Ok(())
    }

    /// Says, where others would have been told to clean up, that they may not have been.
    #[cfg(unix)]
    fn tell_of_what_may_stay(&self) {
        let reaches_out = self.0.patience.load(Ordering::SeqCst) > 0;
        if reaches_out && !self.0.cleaning().is_empty() {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), MAY_STAY.as_bytes());
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Ends the program, after the work that cleans up has done so: the main thread may be deep in
    /// work that nothing else stops.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no signals to listen for"))]
    fn stop(&self, signal: i32) {
        let patience = Duration::from_millis(self.0.patience.load(Ordering::SeqCst)).max(PATIENCE);
        let busy = |cleaning: &mut Vec<Option<PathBuf>>| !cleaning.is_empty();
        let waited = self.0.cleaned.wait_timeout_while(self.0.cleaning(), patience, busy);
        for dir in waited.unwrap_or_else(PoisonError::into_inner).0.iter().flatten() {
            let _ = std::fs::remove_dir_all(dir);
        }
        process::exit(i32::from(status_of(signal).code()));
    }
}

/// The numbers are the same everywhere.
fn status_of(signal: i32) -> ExitStatus {
    match signal {
        1 => ExitStatus::HungUp,
        3 => ExitStatus::Quit,
        15 => ExitStatus::Terminated,
        _ => ExitStatus::Interrupted,
    }
}

/// Whether whoever started the program wants it to go on in spite of a signal, as `nohup` does. Where that cannot be seen
/// it is taken to be so.
#[cfg(unix)]
fn ignores(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    is_ignored(&status, signal)
}

#[cfg(unix)]
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| (mask >> (signal - 1)) & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_nohup_ignores_stays_ignored() {
        assert!(is_ignored("Name:\tx\nSigIgn:\t0000000000000001\n", 1));
        assert!(!is_ignored("Name:\tx\nSigIgn:\t0000000000001000\n", 1));
        assert!(is_ignored("SigIgn:\t0000000000001000\n", 13));
        // Not to be seen.
        assert!(is_ignored("", 1));
    }

    #[test]
    fn each_signal_has_its_code() {
        let codes = [1, 2, 3, 15].map(|signal| status_of(signal).code());
        assert_eq!(codes, [129, 130, 131, 143]);
    }
}
