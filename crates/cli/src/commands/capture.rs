//! `capture`: a snapshot of a running process.

mod along;
mod choose;
mod pod;
mod series;
mod show;
mod talk;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use heapglass_collect::capture::{self, Birth, Broken, Error, Kept, Taken, close_inspector, wait};
use heapglass_collect::inspector::taking::Contents;
use heapglass_collect::place::Place;
use heapglass_collect::sink::{SinkError, check_place};
use heapglass_collect::wire::CaptureDocument;
use heapglass_collect::{Address, Captured, Failed, Local, Options, Stop, Target};

use super::redact::refuse_to_share;
use crate::args::{CaptureArgs, CaptureMethod, InspectorAddress};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use along::Along;
use series::{Next, One};
use talk::Talk;

/// How long the inspector of a process that is busy may take to close after Ctrl-C. Whoever presses it twice
/// does not wait.
const CLEANING: Duration = Duration::from_secs(45);

/// Takes the snapshots that were asked for.
pub(crate) fn run(context: &Context, args: &CaptureArgs) -> anyhow::Result<ExitStatus> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _cleans_up = context.interrupt.cleans_up_within(CLEANING);
    let status = runtime.block_on(async {
        let (handle, stop) = Stop::pair();
        let interrupt = context.interrupt.clone();
        // The signal comes on a thread of its own.
        tokio::spawn(async move {
            while interrupt.asked().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let _ = handle.send(true);
        });
        dispatch(context, args, &stop).await
    });
    let Some(interrupted) = context.interrupt.asked() else { return status };
    if let Err(error) = status {
        // What is left of it is worth a line, that it was interrupted is not.
        let failure = error.downcast_ref::<Failure>();
        if failure.is_none_or(|failure| !failure.status.is_by_signal()) {
            context.messages.note(&error.to_string());
        }
    }
    Ok(interrupted)
}

async fn dispatch(
    context: &Context,
    args: &CaptureArgs,
    stop: &Stop,
) -> anyhow::Result<ExitStatus> {
    if args.no_signal && matches!(args.method, CaptureMethod::Sigusr2) {
        let text = "--method sigusr2 sends a signal, and --no-signal forbids that";
        return Err(Failure::usage(text).into());
    }
    if let Some(name) = &args.pod {
        return pod::run(context, args, name, stop).await;
    }
    if let Some(InspectorAddress { host, port, path }) = &args.inspect {
        let target = Target::Inspector { port: *port, path: path.clone() };
        if matches!(host.as_str(), "127.0.0.1" | "localhost" | "::1") {
            return series(context, args, &Local, &target, stop).await;
        }
        let place = Address { host: host.clone() };
        return series(context, args, &place, &target, stop).await;
    }
    let pid = choose::process(context, args).await?;
    if args.close_inspector {
        return close(context, args, &Local, pid).await;
    }
    series(context, args, &Local, &Target::Process(pid), stop).await
}

/// Closes an inspector that was left open.
async fn close<P: Place>(
    context: &Context,
    args: &CaptureArgs,
    place: &P,
    pid: u32,
) -> anyhow::Result<ExitStatus> {
    let talk = Talk::new(context);
    let options = options(args, PathBuf::new())?;
    let closed = close_inspector(place, pid, &options, &talk).await;
    let closed = closed.map_err(|failed| match failed.error {
        // There are no checks to be looked at.
        Error::Refused(_) => not_collected(&failed).hint("--force closes it all the same"),
        _ => not_collected(&failed),
    })?;
    let text = if closed { "is closed" } else { "was not open" };
    writeln!(io::stdout(), "the inspector of process {pid} {text}")?;
    Ok(ExitStatus::Fine)
}

/// Waits for the condition, and takes one snapshot after the other.
async fn series<P: Place>(
    context: &Context,
    args: &CaptureArgs,
    place: &P,
    target: &Target,
    stop: &Stop,
) -> anyhow::Result<ExitStatus> {
    let mut born = Birth::default();
    if let (Some(condition), false) = (args.when, args.dry_run) {
        let talk = Talk::new(context);
        let waiting = options(args, PathBuf::new())?;
        let waited = wait(place, target, condition, &waiting, &talk, stop).await;
        talk.finish();
        let waited = match waited {
            Ok(waited) => waited,
            Err(failed) => {
                let failure = not_collected(&failed);
                tell(context, args, &Err(failed))?;
                return Err(failure.into());
            }
        };
        context.messages.note(&format!("{}: taking the snapshot", waited.why));
        born = waited.birth;
    }
    series::take(context, args, place, target, born, stop).await
}

/// Takes one snapshot, with those of its workers, and says what came of it.
async fn one<P: Place>(
    context: &Context,
    args: &CaptureArgs,
    place: &P,
    target: &Target,
    stop: &Stop,
    options: Options,
    kept: &mut Kept<P::Stream>,
) -> anyhow::Result<One> {
    let along = Along::new(context);
    let follow = |growing| along.follow(growing);
    let talk = Talk::reading_along(context, args.report.then_some(&follow));
    // A look makes no file, and tells all the same that none could be made.
    let no_place = args.dry_run.then(|| check_place(&options.out)).and_then(Result::err);
    let result: Result<Captured, Box<Failed>> = match no_place {
        Some(error) => Err(Error::from(error).into()),
        None => capture::capture_next(place, target, &options, &talk, stop, kept).await,
    };
    talk.finish();
    let told = tell(context, args, &result);
    let captured = match result {
        Ok(captured) => captured,
        Err(failed) => return Ok(series::failed(&failed)),
    };
    for said in captured.left_behind.iter().chain(&captured.harm()) {
        context.messages.note(said);
    }
    // The snapshots of a series are wanted also where nobody reads any more what is said of them.
    let is_unread = |error: &anyhow::Error| args.snapshots > 1 && crate::is_broken_pipe(error);
    match told {
        Err(error) if !is_unread(&error) => return Err(error),
        _ => {}
    }
    let whole = captured.snapshots.iter().all(Taken::is_whole);
    let mut end = end(context, &captured, args);
    if args.report && whole && !captured.snapshots.is_empty() {
        match along.report(&captured) {
            Err(error) if is_unread(&error) => {}
            // The snapshot is there, and the next ones are wanted all the same.
            Err(error) if args.snapshots > 1 && !stop.is_asked() => {
                let text =
                    format!("the snapshot is whole, and there is no report of it: {error:#}");
                context.messages.error(&Failure::unreadable(text));
                end = end.map(|status| status.worse(ExitStatus::NotCollected));
            }
            result => result?,
        }
    }
    Ok(One { end, next: Next::after(&captured), birth: Some(captured.birth()) })
}

/// Says on standard output what came of one snapshot.
fn tell(
    context: &Context,
    args: &CaptureArgs,
    result: &Result<Captured, Box<Failed>>,
) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    if context.settings.json {
        let document = match result {
            Ok(captured) => CaptureDocument::new(captured),
            Err(failed) => CaptureDocument::failed(failed),
        };
        // A line for each, so that those of a series can be read as they come.
        writeln!(stdout, "{}", serde_json::to_string(&document)?)?;
    } else if let Ok(captured) = result {
        let look = &context.settings.look;
        match args.dry_run {
            true => show::looked(captured, look, &mut stdout)?,
            false => show::captured(captured, args.redact.is_some(), look, &mut stdout)?,
        }
    }
    stdout.flush()?;
    Ok(())
}

/// How a capture that came to an end ends.
fn end(context: &Context, captured: &Captured, args: &CaptureArgs) -> Result<ExitStatus, Failure> {
    if args.dry_run {
        let unsafe_now = captured.is_refused(&args.force.forced()) || !captured.missing.is_empty();
        return Ok(if unsafe_now { ExitStatus::NotCollected } else { ExitStatus::Fine });
    }
    let Some(taken) = captured.snapshots.iter().find(|taken| !taken.is_whole()) else {
        let Some(message) = captured.shortfall() else { return Ok(ExitStatus::Fine) };
        let hint = captured.missing.first().and_then(|missing| missing.error.hint());
        // What is there is whole.
        context.messages.error(&Failure { status: ExitStatus::NotCollected, message, hint });
        return Ok(ExitStatus::NotCollected);
    };
    let why = taken.broken.as_ref().map(ToString::to_string).unwrap_or_default();
    let message = match &taken.written.path {
        Some(path) => {
            format!("the snapshot is not whole: {why}; what arrived is in {}", path.display())
        }
        None => format!("there is no snapshot: {why}"),
    };
    let hint = taken.broken.as_ref().and_then(Broken::hint);
    Err(Failure { status: ExitStatus::NotCollected, message, hint })
}

/// A capture that came to nothing, as the user reads it.
fn not_collected(failed: &Failed) -> Failure {
    let status = match failed.error {
        // The user named a place where no file can be.
        Error::Sink(SinkError::Exists(_) | SinkError::Place { .. }) => ExitStatus::Usage,
        // Else there is more to be said than that.
        Error::Interrupted if failed.left_behind.is_empty() => ExitStatus::Interrupted,
        _ => ExitStatus::NotCollected,
    };
    let mut message = failed.error.to_string();
    for left in &failed.left_behind {
        message.push_str("; ");
        message.push_str(left);
    }
    Failure { status, message, hint: failed.error.hint() }
}

fn options(args: &CaptureArgs, out: PathBuf) -> Result<Options, Failure> {
    // A look makes no file, nor a key.
    let key = args.key.as_deref().filter(|_| !args.dry_run);
    if let (Some(key), Some(_)) = (key, &args.out) {
        for number in 1..=args.snapshots {
            refuse_to_share(key, &file_name(args, number)?)?;
        }
    }
    let mut redaction = args.redact.map(|policy| policy.redaction(key)).transpose()?;
    if let Some(redaction) = &mut redaction {
        // What the clear data held nobody can tell later.
        redaction.notes = args.report && !args.dry_run;
    }
    Ok(Options {
        redaction,
        method: args.method.into(),
        contents: Contents { internals: args.expose_internals, numbers: args.numeric_values },
        workers: args.workers,
        force: args.force.forced(),
        dry_run: args.dry_run,
        no_signal: args.no_signal,
        timeout: args.timeout,
        patience: args.patience,
        max_pause: args.max_pause,
        ..Options::new(out)
    })
}

/// The file of the first, second … snapshot.
fn file_name(args: &CaptureArgs, number: u32) -> Result<PathBuf, Failure> {
    let Some(out) = &args.out else {
        let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
        let ending = if args.compress { ".zst" } else { "" };
        let path = PathBuf::from(format!("heapdump-{now}.heapsnapshot{ending}"));
        return Ok(free_name(path, Path::exists));
    };
    if out.as_os_str() == "-" {
        let text = "--out names a file: what arrives is checked first, and is not written to standard output";
        return Err(Failure::usage(text));
    }
    if out.is_dir() {
        let text = format!("--out names a file, and {} is a directory", out.display());
        return Err(Failure::usage(text));
    }
    let mut path = out.clone();
    if args.compress && path.extension().is_none_or(|extension| extension != "zst") {
        path.as_mut_os_string().push(".zst");
    }
    Ok(if args.snapshots > 1 { numbered(&path, number) } else { path })
}

/// The name, or the first with a number that no file has: two snapshots may begin in one second.
fn free_name(path: PathBuf, exists: impl Fn(&Path) -> bool) -> PathBuf {
    let others = (2..u32::MAX).map(|number| numbered(&path, number));
    let free = std::iter::once(path.clone()).chain(others).find(|path| !exists(path));
    free.unwrap_or(path)
}

/// `a.heapsnapshot` of number 2 is `a-2.heapsnapshot`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let at = name.find(".heapsnapshot").or_else(|| name.rfind('.')).unwrap_or(name.len());
    let (stem, ending) = name.split_at(at);
    path.with_file_name(format!("{stem}-{number}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_that_left_something_behind_is_told() {
        let status = |left: &[&str]| {
            let left_behind = left.iter().map(|&left| left.to_owned()).collect();
            not_collected(&Failed { error: Error::Interrupted, preflight: None, left_behind })
                .status
        };
        assert!(status(&[]).is_by_signal());
        assert!(!status(&["its inspector is open"]).is_by_signal());
    }

    #[test]
    fn two_snapshots_of_one_second_have_two_names() {
        let taken = ["a.heapsnapshot.zst", "a-2.heapsnapshot.zst"];
        let name = |taken: &[&str]| {
            free_name(PathBuf::from("a.heapsnapshot.zst"), |path| {
                taken.iter().any(|name| path == Path::new(name))
            })
        };
        assert_eq!(name(&[]), PathBuf::from("a.heapsnapshot.zst"));
        assert_eq!(name(&taken[..1]), PathBuf::from("a-2.heapsnapshot.zst"));
        assert_eq!(name(&taken), PathBuf::from("a-3.heapsnapshot.zst"));
    }

    #[test]
    fn files_of_a_series_are_numbered() {
        let name = |path: &str| numbered(Path::new(path), 2).display().to_string();
        assert_eq!(name("d/a.heapsnapshot"), "d/a-2.heapsnapshot");
        assert_eq!(name("a.heapsnapshot.zst"), "a-2.heapsnapshot.zst");
        assert_eq!(name("a"), "a-2");
    }
}
