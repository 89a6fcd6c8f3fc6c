//! The way of the inspector.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::kept::Kept;
use super::left::{self, Size};
use super::open::Open;
use super::{Broken, Captured, Error, Event, Failed, Job, Method, Taken, Target, WorkerName};
use crate::facts::Surroundings;
use crate::inspector::protocol::{Thread, Worker};
use crate::inspector::taking::{Step, Taking};
use crate::inspector::{Identity, InspectorError, Session, ask};
use crate::place::{Place, RawSurroundings};
use crate::preflight::{Known, Preflight, Way, preflight};
use crate::sink::{Sink, SinkOptions, free_space};

/// How long the time at the end of the pause is waited for, once everything else is here.
const CLOCK: Duration = Duration::from_secs(2);
/// How long a process may take to end after its connections are closed.
const ENDING: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Takes snapshots by the inspector.
pub(super) async fn capture<P: Place>(
    job: &mut Job<'_, P>,
    target: &Target,
    kept: &mut Kept<P::Stream>,
) -> Result<Captured, Box<Failed>> {
    if let Some((session, open)) = kept.resume(job.progress).await {
        return job.over_session(session, open, kept).await;
    }
    if kept.is_over {
        return Err(Error::Replaced.into());
    }
    let mut found = job.find_inspector(target).await?;
    kept.claim(&mut found);
    // What can be known from outside is judged before anything is sent; whether the memory is enough
    // only once V8 was asked.
    let outside = job.check_from_outside(found.is_some());
    if let Some(open) = found {
        return job.over(open, kept).await;
    }
    let refused =
        |error: Error| Failed { error, preflight: Some(outside.clone()), left_behind: Vec::new() };
    if job.options.dry_run {
        // Where a capture would use the signal instead, that is what has to be looked at.
        if let (Method::Auto, Some(error)) = (job.options.method, job.shut_error()) {
            let failed = refused(error);
            if job.may_signal(&failed) {
                return Err(Box::new(failed));
            }
        }
        job.judge(&outside)?;
        if job.options.workers {
            let text = "the worker threads are looked at only once the inspector is open, which a look does not do";
            job.progress.event(Event::Note(text.to_owned()));
        }
        return Ok(job.nothing_taken(None, outside));
    }
    if let Some(process) = job.process.as_ref().filter(|process| !process.runtime.has_v8()) {
        return Err(Box::new(refused(Error::not_node(process))));
    }
    if let Some(error) = job.shut_error() {
        return Err(Box::new(refused(error)));
    }
    if let Err(error) = job.judge(&outside) {
        return Err(Box::new(refused(error)));
    }
    let open = match job.open_inspector().await {
        Ok(open) => open,
        Err(mut failed) => {
            failed.preflight = Some(outside);
            return Err(failed);
        }
    };
    job.over(open, kept).await
}

impl<P: Place> Job<'_, P> {
    fn check_from_outside(&self, open: bool) -> Preflight {
        let shut = if open { None } else { self.shut() };
        preflight(&Known { shut, ..self.known(None, Way::Inspector { open }) })
    }

    pub(super) fn known<'a>(&'a self, identity: Option<&'a Identity>, way: Way) -> Known<'a> {
        let out = &self.options.out;
        Known {
            process: self.process.as_ref(),
            surroundings: self.surroundings.as_ref(),
            identity,
            way,
            left: self.left_now(identity),
            shut: None,
            probe: self.options.probe.or_else(|| self.place.probe()),
            out: Some((
                out.clone(),
                // What is left at the end stays free, and other captures write too.
                free_space(out).map(|free| {
                    let others = self.options.booked.by_others(out);
                    free.saturating_sub(self.options.reserve).saturating_sub(others)
                }),
            )),
            compress: SinkOptions::new(out).compress,
            holds_back: self.holds_back(),
            remote: None,
            max_pause: self.options.max_pause,
        }
    }

    pub(super) fn nothing_taken(
        &self,
        identity: Option<Identity>,
        preflight: Preflight,
    ) -> Captured {
        Captured::new(Method::Inspector, self.process.clone(), identity, preflight)
    }

    /// All of it over an open inspector.
    async fn over(
        &mut self,
        open: Open,
        kept: &mut Kept<P::Stream>,
    ) -> Result<Captured, Box<Failed>> {
        self.progress.event(Event::InspectorOpen { port: open.port, opened: open.by_us });
        if let Some(text) = self.why_open(&open) {
            self.progress.event(Event::Note(text));
        }
        if kept.has_taken {
            let text = "this is a new session of the inspector: V8 has given all objects other ids than in the \
                        snapshots before";
            self.progress.event(Event::Note(text.to_owned()));
        }
        let patience = self.options.patience;
        let session = match self.place.connect(open.port).await {
            Ok(stream) => Session::open(stream, &open.path, patience).await.map_err(Error::from),
            Err(error) => Err(error.into()),
        };
        match session {
            Ok(session) => self.over_session(session, open, kept).await,
            Err(error) => Err(self.fail(error, None, None, &open).await),
        }
    }

    /// All of it over a session, which is kept then for a next snapshot; else the inspector is closed if we opened it.
    async fn over_session(
        &mut self,
        mut session: Session<P::Stream>,
        open: Open,
        kept: &mut Kept<P::Stream>,
    ) -> Result<Captured, Box<Failed>> {
        let mut asked = None;
        let result = self.talk(&mut session, &open, kept.goes_on, &mut asked).await;
        let is_usable = match &result {
            // Of one that broke off more may come.
            Ok(captured) => captured.snapshots.iter().all(Taken::is_whole),
            // Nothing was begun.
            Err(Error::Refused(_)) => kept.has_taken,
            // It may be busy; if it answers the second time neither, the connection may be dead.
            Err(Error::Blocked { .. }) => kept.has_taken && !kept.was_blocked,
            Err(_) => false,
        };
        kept.was_blocked = matches!(result, Err(Error::Blocked { .. }));
        kept.has_taken |= result.as_ref().is_ok_and(|captured| !captured.snapshots.is_empty());
        kept.is_over = session.is_ending;
        let keeps = kept.goes_on && is_usable && !session.is_lost && !self.stop.is_asked();
        if kept.is_over || keeps {
            if kept.is_over {
                // It waits for nothing but this, and its inspector ends with it.
                session.hang_up().await;
            } else {
                kept.keep(session, open, self.process.clone());
            }
            let failed = |error| Failed { error, preflight: asked, left_behind: Vec::new() };
            return result.map_err(|error| Box::new(failed(error)));
        }
        match result {
            Ok(mut captured) => {
                captured.left_behind.extend(self.end(Some(&mut session), &open).await);
                Ok(captured)
            }
            Err(error) => Err(self.fail(error, asked, Some(&mut session), &open).await),
        }
    }

    pub(super) async fn fail(
        &self,
        error: Error,
        preflight: Option<Preflight>,
        session: Option<&mut Session<P::Stream>>,
        open: &Open,
    ) -> Box<Failed> {
        let left_behind = self.end(session, open).await.into_iter().collect();
        Box::new(Failed { error, preflight, left_behind })
    }

    /// Hangs up, and closes the inspector if we opened it.
    pub(super) async fn end(
        &self,
        session: Option<&mut Session<P::Stream>>,
        open: &Open,
    ) -> Option<String> {
        if open.by_us {
            return self.close_again(session, open.port).await;
        }
        if let Some(session) = session {
            let _ = session.quiet(self.options.patience).await;
            session.hang_up().await;
        }
        None
    }

    /// Asks, judges and takes.
    async fn talk(
        &mut self,
        session: &mut Session<P::Stream>,
        open: &Open,
        goes_on: bool,
        checked: &mut Option<Preflight>,
    ) -> Result<Captured, Error> {
        let identity = self.ask(session).await?;
        self.progress.event(Event::Identified(identity.clone()));
        self.is_it(&identity, open.port).await?;
        self.is_meant(Some(&identity))?;
        // What answers has the number of the one that was looked at. That it is that one is known if that one is
        // still there now.
        if self.has_ended().await {
            return Err(Error::Replaced);
        }
        // Not every place shows a quota of processor time from outside.
        if self.surroundings.as_ref().is_none_or(|around| around.cpus.is_none()) {
            let seen = self.ask_around(session).await;
            match &mut self.surroundings {
                Some(around) => around.cpus = seen.and_then(|seen| seen.cpus),
                None => self.surroundings = seen,
            }
        }
        let way = Way::Inspector { open: true };
        let preflight = preflight(&self.known(Some(&identity), way));
        *checked = Some(preflight.clone());
        self.judge(&preflight)?;
        if goes_on {
            // Before the snapshot, since what was put off by that may be the end. Who does not know of it does not
            // wait for us either.
            let _ = session.tell_of_the_end(self.options.patience).await;
        }
        if session.is_ending {
            return Err(Error::Replaced);
        }
        let used = left::used(&identity);
        let mut captured = self.nothing_taken(Some(identity), preflight);
        if !self.options.dry_run {
            let first = self.take(session, None, self.options.out.clone()).await?;
            // The memory of a worker thread's allocator is of no use to the main one's.
            let before = first.resident_before.map(|resident| Size { resident, used });
            self.left.add(before, first.resident_after);
            let goes_on = first.is_whole();
            captured.snapshots.push(first);
            if !goes_on {
                return Ok(captured);
            }
        }
        if self.options.workers {
            self.workers(session, &mut captured).await;
        }
        Ok(captured)
    }

    /// Asks the process who it is. Before this is answered nothing is asked that stops it.
    pub(super) async fn ask(
        &mut self,
        session: &mut Session<P::Stream>,
    ) -> Result<Identity, Error> {
        let mut stop = self.stop.clone();
        let answer = tokio::select! {
            answer = session.who(&None, self.options.patience) => answer,
            () = stop.asked() => return Err(Error::Interrupted),
        };
        answer.map_err(|error| match error {
            InspectorError::Silent { what, seconds } => Error::Blocked { what, seconds },
            other => other.into(),
        })
    }

    /// What surrounds a process that can be seen only by its inspector: by its own eyes.
    pub(super) async fn ask_around(
        &self,
        session: &mut Session<P::Stream>,
    ) -> Option<Surroundings> {
        let params = ask::around();
        let answer = session.call(&None, "Runtime.evaluate", &params, self.options.patience).await;
        let raw =
            RawSurroundings { cgroup: ask::files(&answer.ok()?)?, ..RawSurroundings::default() };
        let meminfo = raw.cgroup.iter().find(|(name, _)| name == "/proc/meminfo").cloned();
        let meminfo = meminfo.map(|(_, text)| text).unwrap_or_default();
        let status = self.process.as_ref().map(|process| &process.status);
        Some(Surroundings::new(&RawSurroundings { meminfo, ..raw }, status))
    }

    /// Takes the snapshot of one thread. An error means that nothing was begun.
    pub(super) async fn take(
        &mut self,
        session: &mut Session<P::Stream>,
        worker: Option<&Worker>,
        path: PathBuf,
    ) -> Result<Taken, Error> {
        let thread: Thread = worker.map(|worker| worker.session.clone());
        let options = SinkOptions {
            queue: self.options.queue,
            reserve: self.options.reserve,
            redaction: self.options.redaction.clone(),
            ..SinkOptions::new(path)
        };
        let mut sink = Sink::create(options)?;
        self.progress.event(Event::Began {
            worker: worker.map(|worker| worker.id.clone()),
            growing: Some(sink.growing()),
        });
        let (resident_before, peak_before) = self.memory().await;
        let began = Instant::now();
        let (mut taking, requests) =
            Taking::begin(&mut session.protocol, thread, self.options.contents);
        // What came before the connection broke is still there to be read, and the reading tells why.
        let _ = session.send(&requests).await;
        let mut first_byte = None;
        let broken = self.drain(session, &mut taking, &mut sink, &mut first_byte).await;
        let (duration, pause) = (began.elapsed(), taking.pause());
        let transfer = first_byte.map_or(Duration::ZERO, |first: Instant| first.elapsed());
        let (resident_after, peak_after) = self.memory().await;
        if self.stop.is_asked() {
            sink.interrupt();
        }
        let mut written = sink.finish().await?;
        let broken = Broken::ending(broken, &mut written);
        let whole = broken.is_none();
        self.progress.event(Event::Wrote { path: written.path.clone(), whole });
        Ok(Taken {
            worker: worker.map(WorkerName::from),
            written,
            broken,
            pause,
            pause_seen: None,
            duration,
            transfer,
            resident_before,
            resident_after,
            peak_before,
            peak_after,
        })
    }

    /// Moves pieces from the wire to the queue until V8 is done. Nothing in here waits for a disk,
    /// unless the queue is full.
    async fn drain(
        &mut self,
        session: &mut Session<P::Stream>,
        taking: &mut Taking,
        sink: &mut Sink,
        first_byte: &mut Option<Instant>,
    ) -> Option<Broken> {
        let mut stop = self.stop.clone();
        let deadline = Instant::now() + self.options.timeout;
        let mut clock_deadline = None;
        let (mut question, mut is_asked) = (None, false);
        loop {
            let until = clock_deadline.unwrap_or(deadline);
            let incoming = tokio::select! {
                incoming = session.receive() => incoming,
                () = sleep_until(question.unwrap_or(deadline)), if question.is_some() => {
                    (question, is_asked) = (None, true);
                    let request = taking.ask_again(&mut session.protocol);
                    let _ = session.send(&[request]).await;
                    continue;
                }
                () = stop.asked() => return Some(Broken::Interrupted),
                () = sleep_until(until) => match clock_deadline {
                    // All is here but the time, which is no reason to call it broken.
                    Some(_) => return None,
                    None => return Some(Broken::TimedOut(self.options.timeout.as_secs())),
                },
            };
            let incoming = match incoming {
                Ok(incoming) => incoming,
                Err(error) => return Some(self.because(error).await),
            };
            let (step, request) = taking.receive(&mut session.protocol, incoming);
            if let Some(request) = request {
                let _ = session.send(&[request]).await;
            }
            match step {
                Step::Bytes(bytes) => {
                    first_byte.get_or_insert_with(Instant::now);
                    if !sink.push(bytes).await {
                        // What stopped the writing is told by the sink.
                        return None;
                    }
                    self.progress.event(Event::Received(sink.bytes()));
                }
                Step::Progress { done, total } => {
                    self.progress.event(Event::Building { done, total });
                }
                Step::WorkerEnded => return Some(Broken::WorkerEnded),
                Step::Nothing => {}
            }
            match (taking.is_put_off(), is_asked) {
                // It has not begun, and V8 forgets it as soon as the session ends.
                (true, true) => return Some(Broken::PutOff(self.options.patience.as_secs())),
                (true, false) => {
                    question.get_or_insert_with(|| Instant::now() + self.options.patience);
                }
                (false, _) => question = None,
            }
            match taking.answer() {
                Some(Ok(())) => return None,
                Some(Err(message)) => return Some(Broken::Refused(message.clone())),
                None if taking.is_answered() && clock_deadline.is_none() => {
                    clock_deadline = Some(Instant::now() + CLOCK);
                }
                None => {}
            }
        }
    }

    /// What a lost connection means. The kernel closes the connections of a process that ends before it
    /// calls the process dead, so that it is looked at for a while.
    async fn because(&self, error: InspectorError) -> Broken {
        if self.ends().await { Broken::Ended } else { Broken::Lost(error.to_string()) }
    }

    /// Whether the process ends within a moment.
    pub(super) async fn ends(&self) -> bool {
        let give_up = Instant::now() + ENDING.min(self.options.patience);
        loop {
            if self.has_ended().await {
                return true;
            }
            if Instant::now() >= give_up {
                return false;
            }
            sleep(LOOK_EVERY).await;
        }
    }
}
