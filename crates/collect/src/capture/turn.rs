//! One capture of a process after the other: two at once would stop it twice in a row, and each would leave the
//! inspector open for the other.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Error, Event, Job};
use crate::place::{Place, Turn};
use crate::preflight::Forced;

/// How often it is looked whether the other one is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl<P: Place> Job<'_, P> {
    /// Waits until no other capture of the process is under way. Whoever only looks needs no turn, and whoever forces
    /// everything waits for none.
    pub(super) async fn turn(&self, pid: u32) -> Result<Turn, Error> {
        if self.options.dry_run || matches!(self.options.force, Forced::All) {
            return Ok(Turn::default());
        }
        let mut stop = self.stop.clone();
        let give_up = Instant::now() + self.options.patience;
        let mut is_told = false;
        loop {
            if let Some(turn) = self.place.turn(pid) {
                return Ok(turn);
            }
            if Instant::now() >= give_up {
                let seconds = self.options.patience.as_secs();
                return Err(Error::UnderWay { pid, seconds });
            }
            if !is_told {
                let text =
                    format!("another capture of process {pid} is under way, and is waited for");
                self.progress.event(Event::Note(text));
                is_told = true;
            }
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = stop.asked() => return Err(Error::Interrupted),
            }
        }
    }
}
