//! `--snapshots`: one snapshot after the other. One that breaks costs the series no more than itself, unless the
//! process is gone.

use std::time::Instant;

use heapglass_collect::capture::{Birth, Broken, Error};
use heapglass_collect::place::{Place, PlaceError};
use heapglass_collect::{Captured, Failed, Options, Stop, Target};

use super::{file_name, not_collected, one, options};
use crate::args::CaptureArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};

/// What came of one snapshot.
pub(super) struct One {
    /// How the program ends if it is the only one.
    pub(super) end: Result<ExitStatus, Failure>,
    /// Whether a next one can be taken.
    pub(super) next: Next,
    /// What tells its process from a later one.
    pub(super) birth: Option<Birth>,
}

/// Whether a next snapshot can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// This one is there, or its beginning is.
    Possible,
    /// This one was not begun.
    Doubtful,
    /// The process is gone.
    Gone,
    /// The user asked to stop, or no file can be written.
    Unwanted,
}

impl Next {
    pub(super) fn after(captured: &Captured) -> Next {
        let broken = |wanted: fn(&Broken) -> bool| {
            captured.snapshots.iter().filter_map(|taken| taken.broken.as_ref()).any(wanted)
        };
        if broken(|why| matches!(why, Broken::Ended)) {
            return Next::Gone;
        }
        if broken(|why| matches!(why, Broken::Interrupted)) {
            Next::Unwanted
        } else {
            Next::Possible
        }
    }

    pub(super) fn after_failure(failed: &Failed) -> Next {
        match &failed.error {
            Error::NoProcess(..) | Error::Replaced | Error::Place(PlaceError::Gone { .. }) => {
                Next::Gone
            }
            Error::Interrupted | Error::Sink(_) => Next::Unwanted,
            _ => Next::Doubtful,
        }
    }
}

/// Takes as many as were asked for, of one process: of another one that has its number by then none is taken.
///
/// What fails before anything was taken ends the series: whoever waits for hours wants to know at once. Later a
/// process that is busy for once, or a connection that broke, is said and the next one is taken at its time.
pub(super) async fn take<P: Place>(
    context: &Context,
    args: &CaptureArgs,
    place: &P,
    target: &Target,
    mut born: Birth,
    stop: &Stop,
) -> anyhow::Result<ExitStatus> {
    let count = if args.dry_run { 1 } else { args.snapshots };
    let mut good = 0;
    for number in 1..=count {
        let began = Instant::now();
        let options = Options { born, ..options(args, file_name(args, number)?)? };
        let One { end, next, birth } = one(context, args, place, target, stop, options).await?;
        born = birth.unwrap_or(born);
        good += u32::from(matches!(end, Ok(ExitStatus::Fine)));
        let begun = number > 1 || next == Next::Possible;
        match end {
            Ok(_) => {}
            Err(failure) if count == 1 || !begun || next == Next::Unwanted => {
                return Err(failure.into());
            }
            Err(failure) => context.messages.error(&failure),
        }
        if next == Next::Gone {
            return Err(ended(good, count).into());
        }
        if number < count && wait_until(began + args.interval, stop).await {
            // How an interrupted program ends is not decided here.
            return Ok(ExitStatus::Fine);
        }
    }
    if good == count {
        return Ok(ExitStatus::Fine);
    }
    if count > 1 {
        let text = format!("{} of {count} snapshots are missing or not whole", count - good);
        context.messages.note(&text);
    }
    Ok(ExitStatus::NotCollected)
}

/// How a series ends whose process is gone.
fn ended(good: u32, count: u32) -> Failure {
    Failure {
        status: ExitStatus::NotCollected,
        message: format!(
            "the process is gone, and the series with it: {good} of {count} snapshots are whole"
        ),
        hint: None,
    }
}

/// True if the user asked to stop before.
async fn wait_until(time: Instant, stop: &Stop) -> bool {
    let mut stop = stop.clone();
    tokio::select! {
        () = tokio::time::sleep_until(time.into()) => false,
        () = stop.asked() => true,
    }
}

/// A capture that was not begun.
pub(super) fn failed(failed: &Failed) -> One {
    One { end: Err(not_collected(failed)), next: Next::after_failure(failed), birth: None }
}
