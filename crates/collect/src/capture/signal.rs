//! The way of SIGUSR2: the process writes a file, which is read while it grows and then removed.

use std::collections::HashSet;
use std::time::Duration;

use heapglass_format::check::Check;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use super::left::Size;
use super::{Broken, Captured, Error, Event, Failed, Job, Method, PauseSeen, Taken};
use crate::facts::{ProcessFacts, Runtime, disk};
use crate::place::{Place, PlaceError, RemoteFile, Signal};
use crate::preflight::{Known, Preflight, Topic, Way, preflight};
use crate::sink::{Sink, SinkOptions};

/// How often it is looked for the file, and for more of it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The same, once the file is there and nothing new was in it for a while.
const LOOK_SELDOM: Duration = Duration::from_secs(1);
/// How often nothing new has to be in a file that is no snapshot any more, before it is not looked at again. The
/// process may wait for its disk in between.
const LOST: u32 = 20;
/// How long the file is waited for after the user asked to stop.
const LATE: Duration = Duration::from_secs(20);
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Takes a snapshot by the signal.
pub(super) async fn capture<P: Place>(job: &mut Job<'_, P>) -> Result<Captured, Box<Failed>> {
    let Some(mut process) = job.process.clone() else {
        return Err(Error::NoSignal("a signal needs a process that can be seen".to_owned()).into());
    };
    // Where the process will write depends on the version, and may decide whether it survives.
    if process.major().is_none() && process.runtime == Runtime::Node {
        process.node_version = job.place.node_version(&process.exe).await;
        job.process = Some(process.clone());
    }
    let directory = job.directory(&process);
    let checked = job.check_signal(&process, &directory).await;
    let failed = |error: Error| {
        Box::new(Failed { error, preflight: Some(checked.clone()), left_behind: Vec::new() })
    };
    if process.runtime != Runtime::Node && !job.options.dry_run {
        return Err(failed(Error::not_node(&process)));
    }
    let forced = job.options.force.covers(Topic::Signal);
    if let (Some(why), false) = (why_not(&process, forced), job.options.dry_run) {
        return Err(failed(Error::NoSignal(why)));
    }
    job.judge(&checked).map_err(failed)?;
    let mut captured = Captured::new(Method::Sigusr2, Some(process.clone()), None, checked.clone());
    if job.options.dry_run {
        return Ok(captured);
    }
    let (taken, left) = job.take_by_signal(&process, &directory).await.map_err(failed)?;
    captured.snapshots.push(taken);
    captured.left_behind.extend(left);
    Ok(captured)
}

/// Why the signal is not sent to a process. What it does to one that is no Node.js or does not catch it is
/// not a matter of force: it ends.
pub(super) fn why_not(process: &ProcessFacts, force: bool) -> Option<String> {
    let pid = process.pid;
    if process.runtime != Runtime::Node {
        let name = process.runtime.name();
        return Some(format!("process {pid} is {name}; SIGUSR2 is sent to Node.js only"));
    }
    if process.status.catches_usr2() != Some(true) {
        return Some(format!("process {pid} does not catch SIGUSR2, which would end it"));
    }
    if !process.options.writes_on_usr2() && !force {
        return Some(format!(
            "process {pid} catches SIGUSR2, but perhaps for a purpose of its own: that it runs with \
             --heapsnapshot-signal=SIGUSR2 is not known"
        ));
    }
    None
}

/// Whether the version may be one that ignores `--diagnostic-dir`. One that cannot be told may be: it ends
/// if it cannot write where it is.
fn may_be_old(process: &ProcessFacts) -> bool {
    process.major().is_none_or(|major| major < 20)
}

/// The names that Node.js gives its snapshots: `Heap.20251105.143022.4242.0.001.heapsnapshot`, with the id
/// that the process has for itself.
fn is_of(path: &str, inner_pid: u32) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut parts = name.split('.');
    parts.next() == Some("Heap")
        && parts.nth(2).and_then(|pid| pid.parse().ok()) == Some(inner_pid)
        && name.ends_with(".heapsnapshot")
}

impl<P: Place> Job<'_, P> {
    /// Where the process writes, by its options. Versions before 20 write where the process is, whatever
    /// `--diagnostic-dir` says; where the version is not known, both are looked at.
    fn directory(&self, process: &ProcessFacts) -> String {
        match &process.options.diagnostic_dir {
            Some(directory) if directory.starts_with('/') => directory.clone(),
            Some(directory) => format!("{}/{directory}", process.cwd.trim_end_matches('/')),
            None => process.cwd.clone(),
        }
    }

    async fn check_signal(&self, process: &ProcessFacts, directory: &str) -> Preflight {
        let around = self.surroundings.as_ref();
        // A process that cannot write where it is ends; that is so for old versions even where
        // another directory was named.
        let mut places = vec![directory.to_owned()];
        if process.cwd != directory && may_be_old(process) {
            places.push(process.cwd.clone());
        }
        let mut remote: Option<(String, Option<bool>, Option<u64>)> = None;
        for place in places {
            // Where it is may not be known, and then not either whether it may write there.
            let (place, writable) = if place.is_empty() {
                ("its current directory".to_owned(), None)
            } else {
                let writable = if process.options.allows_writing(&place, &process.cwd) {
                    self.place.writable(process.pid, &place).await.ok()
                } else {
                    Some(false)
                };
                (place, writable)
            };
            let free = around.and_then(|around| disk::free_at(&around.disks, &place));
            let is_worse = remote.as_ref().is_none_or(|(_, before, room)| {
                *before == Some(true) && (writable != Some(true) || free < *room)
            });
            if is_worse {
                remote = Some((place, writable, free));
            }
        }
        let known = Known { remote, ..self.known(None, Way::Signal) };
        preflight(&known)
    }

    /// Sends the signal and brings the file.
    async fn take_by_signal(
        &mut self,
        process: &ProcessFacts,
        directory: &str,
    ) -> Result<(Taken, Option<String>), Error> {
        let (directories, mut before) = self.look_before(process, directory).await?;
        let mut sink = Sink::create(SinkOptions {
            queue: self.options.queue,
            reserve: self.options.reserve,
            redaction: self.options.redaction.clone(),
            ..SinkOptions::new(self.options.out.clone())
        })?;
        self.progress.event(Event::Began { worker: None, growing: Some(sink.growing()) });
        let (resident_before, peak_before) = self.memory().await;
        if let Err(error) = self.is_still(process).await {
            let _ = sink.finish().await;
            return Err(error);
        }
        before.now = self.place.now().await;
        let began = Instant::now();
        if let Err(error) = self.place.signal(process.pid, process.started, Signal::Usr2).await {
            let _ = sink.finish().await;
            return Err(error.into());
        }
        self.progress.event(Event::Signalled("SIGUSR2"));
        let deadline = began + self.options.timeout;
        let file = self.wait_for_file(&directories, &before, process, deadline).await;
        let mut seen = Seen::default();
        let broken = match &file {
            Ok(file) => self.follow(file, &mut sink, deadline, &mut seen).await,
            Err(why) => Some(Broken::from_why(why)),
        };
        let duration = began.elapsed();
        let transfer = seen.first_byte.map_or(Duration::ZERO, |first| first.elapsed());
        let (resident_after, peak_after) = self.memory().await;
        let earlier = resident_before.map(|resident| Size { resident, used: None });
        self.left.add(earlier, resident_after);
        if self.stop.is_asked() {
            sink.interrupt();
        }
        let mut written = sink.finish().await?;
        let broken = Broken::ending(broken, &mut written);
        let whole = broken.is_none();
        self.progress.event(Event::Wrote { path: written.path.clone(), whole });
        let left = match file {
            Ok(file) => self.remove(&file, whole).await,
            Err(why) => match self.late_file(&why, &directories, &before, process).await {
                Some(file) => self.remove(&file, false).await,
                None => self.may_come(process, directory).await,
            },
        };
        let taken = Taken {
            worker: None,
            written,
            broken,
            // Nobody asked the process for its clock.
            pause: None,
            pause_seen: seen.pause(began),
            duration,
            transfer,
            resident_before,
            resident_after,
            peak_before,
            peak_after,
        };
        Ok((taken, left))
    }

    /// The directories in which the file may appear, the likely one first, and what lies there already: that is of
    /// another time. An error if the likely one cannot be read.
    async fn look_before(
        &self,
        process: &ProcessFacts,
        directory: &str,
    ) -> Result<(Vec<String>, Before), Error> {
        let reach = |directory: &String| self.place.path_for(process.pid, directory);
        let mut likely = vec![directory.to_owned()];
        if may_be_old(process) {
            likely.push(process.cwd.clone());
        }
        let others = std::iter::once(&process.cwd).chain(&self.options.remote_dirs);
        let all = likely.iter().chain(others).filter(|directory| !directory.is_empty());
        let mut directories: Vec<String> = all.map(reach).collect();
        let likely: Vec<String> = likely.iter().map(reach).collect();
        let mut seen = HashSet::new();
        directories.retain(|directory| seen.insert(directory.clone()));
        let mut before = Before::default();
        let mut readable = Vec::new();
        for directory in directories {
            match self.place.list(&directory).await {
                Ok(files) => {
                    before.paths.extend(files.into_iter().map(|file| file.path));
                    readable.push(directory);
                }
                // What is not seen now would be taken for the new one later.
                Err(error) if likely.contains(&directory) => return Err(error.into()),
                Err(error) => self.progress.event(Event::Note(format!("not looked in: {error}"))),
            }
        }
        Ok((readable, before))
    }

    /// An error if the process is another one by now, or its signals mean something else.
    async fn is_still(&self, process: &ProcessFacts) -> Result<(), Error> {
        let now = self.still_there(process).await?;
        if let Some(why) = why_not(&now, self.options.force.covers(Topic::Signal)) {
            return Err(Error::NoSignal(why));
        }
        // The same one, which runs another program by now.
        if now.exe != process.exe || now.options != process.options {
            let text = format!("process {} is another one than it was", process.pid);
            return Err(Error::NoSignal(text));
        }
        Ok(())
    }

    /// This process's snapshots in some directories.
    async fn files(&self, directories: &[String], inner_pid: u32) -> Vec<RemoteFile> {
        let mut found = Vec::new();
        for directory in directories {
            if let Ok(files) = self.place.list(directory).await {
                found.extend(files.into_iter().filter(|file| is_of(&file.path, inner_pid)));
            }
        }
        found
    }

    async fn wait_for_file(
        &mut self,
        directories: &[String],
        before: &Before,
        process: &ProcessFacts,
        deadline: Instant,
    ) -> Result<RemoteFile, Why> {
        loop {
            let files = self.files(directories, process.inner_pid()).await;
            if let Some(file) = files.into_iter().find(|file| before.is_new(file)) {
                self.progress.event(Event::Note(format!("the process writes {}", file.path)));
                return Ok(file);
            }
            if self.has_ended().await {
                return Err(Why::Ended);
            }
            if Instant::now() >= deadline {
                return Err(Why::TimedOut(self.options.timeout.as_secs()));
            }
            self.rest(LOOK_EVERY).await?;
        }
    }

    /// What the signal makes after the user asked to stop. It cannot be taken back, and a busy process gets to it
    /// late: the file is waited for, for a while, so that it does not stay. It can be removed as soon as it is there.
    async fn late_file(
        &self,
        why: &Why,
        directories: &[String],
        before: &Before,
        process: &ProcessFacts,
    ) -> Option<RemoteFile> {
        if !matches!(why, Why::Interrupted) {
            return None;
        }
        let text = "the process may still write its file: that is waited for, and removed";
        self.progress.event(Event::Note(text.to_owned()));
        let give_up = Instant::now() + self.options.patience.min(LATE);
        loop {
            let files = self.files(directories, process.inner_pid()).await;
            let file = files.into_iter().find(|file| before.is_new(file));
            if file.is_some() || self.has_ended().await || Instant::now() >= give_up {
                return file;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits a little; an error once the user asked to stop.
    async fn rest(&mut self, time: Duration) -> Result<(), Why> {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = sleep(time) => Ok(()),
            () = stop.asked() => Err(Why::Interrupted),
        }
    }

    /// Reads the file while it grows. It is complete when its last brace is there: not when it has
    /// not grown for a while, since V8 writes nothing for as long as it builds the graph. What cannot become
    /// a snapshot any more is read for as long as it grows.
    async fn follow(
        &mut self,
        file: &RemoteFile,
        sink: &mut Sink,
        deadline: Instant,
        seen: &mut Seen,
    ) -> Option<Broken> {
        let mut check = Check::new();
        let mut quiet = 0u32;
        // Node.js makes the file when it stands still already.
        seen.first = Some(Instant::now());
        loop {
            let before = check.bytes();
            let looked = Instant::now();
            if let Err(error) = self.read_on(file, sink, &mut check).await {
                return match error {
                    _ if self.has_ended().await => Some(Broken::Ended),
                    error => Some(Broken::Lost(error.to_string())),
                };
            }
            if check.bytes() > 0 {
                seen.first_byte.get_or_insert(looked);
            }
            if sink.has_failed() {
                return None;
            }
            if check.has_ended() {
                seen.whole = Some(Instant::now());
                return None;
            }
            // What was read up to its end was not all: the process was still writing when it was opened.
            seen.last_unfinished = Some(looked);
            quiet = if check.bytes() > before { 0 } else { quiet.saturating_add(1) };
            if check.is_lost() && quiet >= LOST {
                // What is wrong with it is told by the sink.
                return None;
            }
            // What was written just before the end has been read by now.
            if quiet > 0 && self.has_ended().await {
                return Some(Broken::Ended);
            }
            if Instant::now() >= deadline {
                return Some(Broken::TimedOut(self.options.timeout.as_secs()));
            }
            let time = if quiet > LOST { LOOK_SELDOM } else { LOOK_EVERY };
            if self.rest(time).await.is_err() {
                return Some(Broken::Interrupted);
            }
        }
    }

    /// Reads what is new in the file.
    async fn read_on(
        &self,
        file: &RemoteFile,
        sink: &mut Sink,
        check: &mut Check,
    ) -> Result<(), PlaceError> {
        let mut open = self.place.open(&file.path, check.bytes()).await?;
        loop {
            let mut piece = vec![0; PIECE];
            let read = open.read(&mut piece).await;
            let n = read.map_err(|source| PlaceError::Io {
                what: format!("to read {}", file.path),
                source,
            })?;
            if n == 0 {
                return Ok(());
            }
            piece.truncate(n);
            check.feed(&piece);
            if !sink.push(piece).await {
                return Ok(());
            }
            self.progress.event(Event::Received(check.bytes()));
        }
    }

    /// Removes the file where the process wrote it, also while it is still being written: its space is free
    /// as soon as the process is done with it.
    async fn remove(&self, file: &RemoteFile, whole: bool) -> Option<String> {
        if let Err(error) = self.place.remove(&file.path).await {
            return Some(format!("{} is still where the process wrote it: {error}", file.path));
        }
        let what = if whole { "removed" } else { "removed, although it is not here as a whole" };
        self.progress.event(Event::Undone(format!("{} {what}", file.path)));
        None
    }

    /// What may still come of a signal that showed nothing.
    async fn may_come(&self, process: &ProcessFacts, directory: &str) -> Option<String> {
        if self.has_ended().await {
            return None;
        }
        Some(format!(
            "SIGUSR2 was sent to process {}: when its event loop goes on, it writes a snapshot, which nobody \
             removes: {}/Heap.*.{}.*.heapsnapshot",
            process.pid,
            directory.trim_end_matches('/'),
            process.inner_pid()
        ))
    }
}

/// When the process was seen writing.
#[derive(Debug, Default)]
struct Seen {
    /// The file was there.
    first: Option<Instant>,
    /// Some of it was there.
    first_byte: Option<Instant>,
    /// It was not all there yet.
    last_unfinished: Option<Instant>,
    /// All of it was there.
    whole: Option<Instant>,
}

impl Seen {
    /// How long the process stood still. Nobody asks it for its clock, but Node.js writes the whole file
    /// in one go: it stands still while the file is seen to grow, and goes on by the time all of it is there.
    fn pause(&self, signalled: Instant) -> Option<PauseSeen> {
        let (first, whole) = (self.first?, self.whole?);
        let least = self.last_unfinished.map_or(Duration::ZERO, |last| last.duration_since(first));
        Some(PauseSeen { least, most: whole.duration_since(signalled) })
    }
}

/// What there was before the signal.
#[derive(Debug, Default)]
struct Before {
    paths: HashSet<String>,
    /// The time in the place.
    now: Option<i64>,
}

impl Before {
    /// Whether a file may be the one that the signal made. Its date is that of a clock which the kernel
    /// sets forward in steps, and so may be a little older.
    fn is_new(&self, file: &RemoteFile) -> bool {
        !self.paths.contains(&file.path) && self.now.is_none_or(|now| file.modified + 1 >= now)
    }
}

/// Why there is no file.
#[derive(Debug)]
enum Why {
    Ended,
    TimedOut(u64),
    Interrupted,
}

impl Broken {
    fn from_why(why: &Why) -> Broken {
        match why {
            Why::Ended => Broken::Ended,
            Why::TimedOut(seconds) => Broken::TimedOut(*seconds),
            Why::Interrupted => Broken::Interrupted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Before, is_of};
    use crate::place::RemoteFile;

    #[test]
    fn only_what_was_not_there_before_is_new() {
        let file = |path: &str, modified| RemoteFile { path: path.to_owned(), size: 1, modified };
        let mut before = Before { paths: ["/tmp/a".to_owned()].into(), now: Some(1000) };
        assert!(!before.is_new(&file("/tmp/a", 2000)));
        assert!(before.is_new(&file("/tmp/b", 1000)) && before.is_new(&file("/tmp/b", 999)));
        assert!(!before.is_new(&file("/tmp/b", 998)));
        before.now = None;
        assert!(before.is_new(&file("/tmp/b", 0)) && !before.is_new(&file("/tmp/a", 0)));
    }

    #[test]
    fn snapshots_are_known_by_their_names() {
        assert!(is_of("/tmp/Heap.20251105.143022.4242.0.001.heapsnapshot", 4242));
        assert!(!is_of("/tmp/Heap.20251105.143022.4243.0.001.heapsnapshot", 4242));
        assert!(!is_of("/tmp/heapdump-20251105-143022.heapsnapshot", 4242));
        assert!(!is_of("/tmp/Heap.20251105.143022.4242.0.001.heapprofile", 4242));
    }
}
