//! Ctrl-C and SIGTERM: work that leaves files behind is asked to stop, all other is just ended.

use std::process;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::exit::ExitStatus;

/// How long work may take to clean up after itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// Knows whether the user asked to stop. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The signal that came, or 0.
    signal: AtomicI32,
    /// Number of pieces of work that stop by themselves and clean up.
    cleaning: Mutex<usize>,
    cleaned: Condvar,
}

/// As long as it lives, an interrupt waits a moment for the work to clean up.
#[derive(Debug)]
pub(crate) struct CleansUp(Arc<State>);

impl Drop for CleansUp {
    fn drop(&mut self) {
        *self.0.cleaning.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.cleaned.notify_all();
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

    /// Announces work that watches [`Interrupt::asked`] and cleans up.
    pub(crate) fn cleans_up(&self) -> CleansUp {
        *self.0.cleaning.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        CleansUp(Arc::clone(&self.0))
    }

    /// Starts to listen for signals.
    #[cfg(unix)]
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let own = self.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                own.stop(signal);
            }
        })?;
        Ok(())
    }

    #[cfg(not(unix))]
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Ends the program, after the work that cleans up has done so: the main thread may be deep in
    /// work that nothing else stops.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no signals to listen for"))]
    fn stop(&self, signal: i32) {
        self.0.signal.store(signal, Ordering::SeqCst);
        let cleaning = self.0.cleaning.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.cleaned.wait_timeout_while(cleaning, PATIENCE, |count| *count > 0);
        drop(waited);
        process::exit(i32::from(status_of(signal).code()));
    }
}

fn status_of(signal: i32) -> ExitStatus {
    // SIGTERM is 15 everywhere.
    if signal == 15 { ExitStatus::Terminated } else { ExitStatus::Interrupted }
}
