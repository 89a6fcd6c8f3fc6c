//! Ctrl-C and SIGTERM: work that leaves files behind is asked to stop, all other is just ended.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::exit::ExitStatus;

/// How long work may take to clean up after itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// Knows whether the user asked to stop. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    signal: Arc<AtomicI32>,
    /// Number of pieces of work that stop by themselves and clean up.
    cleaning: Arc<AtomicUsize>,
}

/// As long as it lives, an interrupt waits a moment for the work to clean up.
#[derive(Debug)]
pub(crate) struct CleansUp(Arc<AtomicUsize>);

impl Drop for CleansUp {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Interrupt {
    /// The exit status to end with, once the user asked to stop.
    pub(crate) fn asked(&self) -> Option<ExitStatus> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(status_of(signal)),
        }
    }

    /// Announces work that watches [`Interrupt::asked`] and cleans up.
    pub(crate) fn cleans_up(&self) -> CleansUp {
        self.cleaning.fetch_add(1, Ordering::SeqCst);
        CleansUp(Arc::clone(&self.cleaning))
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

    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no signals to listen for"))]
    fn stop(&self, signal: i32) {
        self.signal.store(signal, Ordering::SeqCst);
        let end = Instant::now() + PATIENCE;
        while self.cleaning.load(Ordering::SeqCst) > 0 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        process::exit(i32::from(status_of(signal).code()));
    }
}

fn status_of(signal: i32) -> ExitStatus {
    // SIGTERM is 15 everywhere.
    if signal == 15 { ExitStatus::Terminated } else { ExitStatus::Interrupted }
}
