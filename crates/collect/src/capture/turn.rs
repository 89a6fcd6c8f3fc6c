//! One capture of a process after the other: two at once would stop it twice in a row, and each would leave the
//! inspector open for the other.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Error, Event, Job};
use crate::place::{Busy, Place, Turn};
use crate::preflight::Forced;

/// How often it is looked whether the other one is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl<P: Place> Job<'_, P> {
    /// Waits until no other capture of the process is under way. Whoever only looks needs no turn. Whoever forces
    /// everything waits for none, but others wait for it.
    pub(super) async fn turn(&self, pid: u32) -> Result<Turn, Error> {
        self.turn_within(pid, self.options.patience).await
    }

    /// The same for whoever waits no longer than this.
    pub(super) async fn turn_within(&self, pid: u32, patience: Duration) -> Result<Turn, Error> {
        if self.options.dry_run {
            return Ok(Turn::default());
        }
        if matches!(self.options.force, Forced::All) {
            return Ok(self.place.turn(pid).unwrap_or_default());
        }
        let mut stop = self.stop.clone();
        let give_up = Instant::now() + patience;
        let mut is_told = false;
        loop {
            let by = match self.place.turn(pid) {
                Ok(turn) => return Ok(turn),
                Err(Busy { by }) => by.map_or_else(String::new, |by| format!(" ({by})")),
            };
            if Instant::now() >= give_up {
                return Err(Error::UnderWay { pid, by, seconds: patience.as_secs() });
            }
            if !is_told {
                let text =
                    format!("another capture of process {pid} is under way{by}, and is waited for");
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
