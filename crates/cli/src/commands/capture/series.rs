//! `--snapshots`: one snapshot after the other. One that breaks costs the series no more than itself, unless the
//! process is gone, no file can be written, or something of it is still in the process.

use std::path::{Path, PathBuf};
use std::time::Instant;

use heapglass_collect::capture::{Birth, Broken, Error, Kept, Rest};
use heapglass_collect::place::{Place, PlaceError};
use heapglass_collect::sink::{Leftover, leftovers};
use heapglass_collect::words::size;
use heapglass_collect::{Captured, Failed, Method, Options, Stop, Target};

use super::talk::Talk;
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
    /// Something of this one is still in the process, or comes yet: a next one would be a second of it, and would
    /// take what was opened for somebody else's.
    Unclean,
    /// The user asked to stop, or no file can be written.
    Unwanted,
}

impl Next {
    pub(super) fn after(captured: &Captured) -> Next {
        let broken = captured.snapshots.iter().filter_map(|taken| taken.broken.as_ref());
        let broken: Vec<&Broken> = broken.collect();
        Next::of(captured.method, &broken, &captured.left_behind)
    }

    fn of(method: Method, broken: &[&Broken], left_behind: &[String]) -> Next {
        let is = |wanted: fn(&Broken) -> bool| broken.iter().any(|why| wanted(why));
        // What gets a signal goes on with it, whatever becomes of its file here.
        let writes_on = method == Method::Sigusr2 && is(|why| matches!(why, Broken::TimedOut(_)));
        if is(|why| matches!(why, Broken::Ended)) {
            Next::Gone
        } else if is(|why| matches!(why, Broken::Interrupted | Broken::Disk(_))) {
            Next::Unwanted
        } else if writes_on || !left_behind.is_empty() {
            Next::Unclean
        } else {
            Next::Possible
        }
    }

    pub(super) fn after_failure(failed: &Failed) -> Next {
        match &failed.error {
            Error::NoProcess(..)
            | Error::Replaced
            | Error::EndedOnSignal(_)
            | Error::Place(PlaceError::Gone { .. }) => Next::Gone,
            Error::Interrupted | Error::Sink(_) => Next::Unwanted,
            _ if !failed.left_behind.is_empty() => Next::Unclean,
            _ => Next::Doubtful,
        }
    }
}

/// Takes as many as were asked for, of one process: of another one that has its number by then none is taken.
///
/// What fails before anything was taken ends the series: whoever waits for hours wants to know at once. Later a
/// process that is busy for once, or a connection that broke, is said and the next one is taken at its time. It is not
/// where something of the last one is still in the process.
pub(super) async fn take<P: Place>(
    context: &Context,
    args: &CaptureArgs,
    place: &P,
    target: &Target,
    born: Birth,
    stop: &Stop,
) -> anyhow::Result<ExitStatus> {
    let (mut kept, closing, talk) =
        (Kept::default(), options(args, PathBuf::new())?, Talk::new(context));
    let status = each(context, args, place, target, born, stop, &mut kept).await;
    let left = kept.release(place, &closing, &talk).await;
    talk.finish();
    if let Some(left) = left {
        context.messages.note(&left);
    }
    status
}

/// The same, but for what is kept from one to the next.
async fn each<P: Place>(
    context: &Context,
    args: &CaptureArgs,
    place: &P,
    target: &Target,
    mut born: Birth,
    stop: &Stop,
    kept: &mut Kept<P::Stream>,
) -> anyhow::Result<ExitStatus> {
    let (resting, talk) = (options(args, PathBuf::new())?, Talk::new(context));
    let count = if args.dry_run { 1 } else { args.snapshots };
    let mut good = 0;
    for number in 1..=count {
        let began = Instant::now();
        // With one key for all, since they are held against each other.
        let redaction = resting.redaction.clone();
        let options = Options { born, redaction, ..options(args, file_name(args, number)?)? };
        if number == 1 {
            tell_leftovers(context, &options.out);
        }
        kept.set_goes_on(number < count);
        let One { end, next, birth } =
            one(context, args, place, target, stop, options, kept).await?;
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
            return Err(ended("the process ended, and the series with it", good, count).into());
        }
        if next == Next::Unclean && number < count {
            let why = "the series ends, since something of it is still in the process";
            return Err(ended(why, good, count).into());
        }
        if number < count {
            let until = (began + args.interval).into();
            match kept.rest(place, &resting, &talk, stop, until).await {
                Rest::Over => {}
                // How an interrupted program ends is not decided here.
                Rest::Stopped => return Ok(ExitStatus::Fine),
                Rest::Ended => {
                    let why = "the process ended, and the series with it";
                    return Err(ended(why, good, count).into());
                }
            }
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

/// Says what captures that were killed have left where this one writes: files with a dot before their names are not seen.
fn tell_leftovers(context: &Context, out: &Path) {
    for Leftover { path, bytes } in leftovers(out) {
        context.messages.note(&format!(
            "{} ({}) was left by a capture that was killed: nobody writes it any more, and it may be removed",
            path.display(),
            size(bytes)
        ));
    }
}

/// How a series ends that cannot go on.
fn ended(why: &str, good: u32, count: u32) -> Failure {
    Failure::not_collected(format!("{why}: {good} of {count} snapshots are whole"))
}

/// A capture that was not begun.
pub(super) fn failed(failed: &Failed) -> One {
    One { end: Err(not_collected(failed)), next: Next::after_failure(failed), birth: None }
}

#[cfg(test)]
mod tests {
    use heapglass_collect::sink::SinkError;

    use super::*;

    #[test]
    fn a_series_goes_on_only_where_nothing_is_left() {
        use Method::{Inspector, Sigusr2};
        let (late, lost) = (Broken::TimedOut(1), Broken::Lost("x".to_owned()));
        let full = Broken::Disk(SinkError::Exists("a".into()));
        let none: &[String] = &[];
        let left = &["something".to_owned()][..];
        for (method, broken, left, next) in [
            (Inspector, &[][..], none, Next::Possible),
            (Inspector, &[&late], none, Next::Possible),
            (Inspector, &[&lost], none, Next::Possible),
            (Inspector, &[], left, Next::Unclean),
            (Sigusr2, &[], none, Next::Possible),
            (Sigusr2, &[&lost], none, Next::Possible),
            // It may be writing yet, or the signal waits for it.
            (Sigusr2, &[&late], none, Next::Unclean),
            (Sigusr2, &[&lost], left, Next::Unclean),
            (Inspector, &[&full], none, Next::Unwanted),
            (Inspector, &[&lost, &full], left, Next::Unwanted),
            (Inspector, &[&Broken::Interrupted], none, Next::Unwanted),
            (Sigusr2, &[&late, &Broken::Ended], left, Next::Gone),
        ] {
            assert_eq!(Next::of(method, broken, left), next, "{method:?} {broken:?} {left:?}");
        }
    }

    #[test]
    fn a_capture_that_was_not_begun_may_have_opened_something() {
        let after = |error, left: &[&str]| {
            let left_behind = left.iter().map(|&left| left.to_owned()).collect();
            Next::after_failure(&Failed { error, preflight: None, left_behind })
        };
        let not_opened = || Error::NotOpened { pid: 1, seconds: 1 };
        assert_eq!(after(not_opened(), &[]), Next::Doubtful);
        assert_eq!(after(not_opened(), &["it may open"]), Next::Unclean);
        assert_eq!(after(Error::Replaced, &["it may open"]), Next::Gone);
        assert_eq!(after(Error::Interrupted, &["it may open"]), Next::Unwanted);
    }
}
