//! Watching a process until a condition holds.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::open::Open;
use super::{Birth, Error, Event, Failed, Job, Options, Progress, Stop, Target};
use crate::facts::Surroundings;
use crate::inspector::{InspectorError, Session};
use crate::place::Place;
use crate::preflight::Forced;
use crate::watch::{Condition, Measure, Rule, Watch};

/// What a wait came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Waited {
    /// Why the condition holds, in words.
    pub why: String,
    /// Of which process.
    pub birth: Birth,
}

/// Waits until `condition` holds, and says why it does. For the heap an inspector that was shut is open
/// meanwhile, and is closed at the end.
pub async fn wait<P: Place>(
    place: &P,
    target: &Target,
    condition: Condition,
    options: &Options,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Waited, Box<Failed>> {
    let mut job = Job::new(place, options, progress, stop);
    if let Target::Process(pid) = target {
        job.look(*pid).await?;
    }
    match condition.measure {
        Measure::Resident => {
            let why = job.watch_resident(condition).await?;
            Ok(Waited { why, birth: Birth::of(job.process.as_ref(), None) })
        }
        Measure::Heap => job.watch_heap(target, condition).await,
    }
}

impl<P: Place> Job<'_, P> {
    /// Waits for the next look; an error once the user asked to stop.
    async fn pause(&mut self, condition: &Condition) -> Result<(), Error> {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = sleep(condition.look_every()) => Ok(()),
            () = stop.asked() => Err(Error::Interrupted),
        }
    }

    async fn watch_resident(&mut self, condition: Condition) -> Result<String, Error> {
        let Some(process) = &self.process else {
            let message =
                "resident memory is watched from outside: give --pid or --name".to_owned();
            return Err(InspectorError::NotAnInspector(message).into());
        };
        let pid = process.pid;
        let (mut watch, began) = (Watch::new(condition), Instant::now());
        let mut limit = None;
        loop {
            if self.has_ended().await {
                return Err(Error::NoProcess(pid, self.place.name()));
            }
            self.look_around(pid).await?;
            // A look that shows no limit for once does not end a watch of hours.
            limit = self.surroundings.as_ref().and_then(Surroundings::most_memory).or(limit);
            if limit.is_none() && matches!(condition.rule, Rule::AboveShare(_)) {
                return Err(Error::NoLimit(pid));
            }
            if let (Some(resident), _) = self.memory().await {
                self.progress.event(Event::Watched { bytes: resident, limit });
                if let Some(why) = watch.look(began.elapsed(), resident, limit) {
                    return Ok(why);
                }
            }
            self.pause(&condition).await?;
        }
    }

    async fn watch_heap(
        &mut self,
        target: &Target,
        condition: Condition,
    ) -> Result<Waited, Box<Failed>> {
        let (mut watch, began) = (Watch::new(condition), Instant::now());
        // What we opened is ours to close, over however many connections.
        let (mut born, mut ours) = (self.options.born, None);
        loop {
            let mut open = match self.way_to_heap(target).await {
                Ok(open) => open,
                Err(mut failed) => {
                    if let Some(port) = ours {
                        failed.left_behind.extend(self.close_again(None, port).await);
                    }
                    return Err(failed);
                }
            };
            open.by_us |= ours.is_some();
            ours = open.by_us.then_some(open.port);
            let mut session = match self.session_at(&open).await {
                Ok(session) => session,
                Err(error) => return Err(self.fail(error, None, None, &open).await),
            };
            let watched =
                self.watch_over(&mut session, open.port, &mut watch, began, &mut born).await;
            let error = match watched {
                Ok(waited) => {
                    if let Some(left) = self.end(Some(&mut session), &open).await {
                        self.progress.event(Event::Note(left));
                    }
                    return Ok(waited);
                }
                // It waits for nothing but this, and its inspector ends with it.
                Err(Error::Ended) => {
                    session.hang_up().await;
                    return Err(Error::Ended.into());
                }
                Err(error) => error,
            };
            let Error::Inspector(InspectorError::Lost(why)) = error else {
                return Err(self.fail(error, None, Some(&mut session), &open).await);
            };
            if self.ends().await {
                return Err(Error::Ended.into());
            }
            let text =
                format!("the connection to the inspector was lost ({why}), and is made again");
            self.progress.event(Event::Note(text));
            if let Err(error) = self.pause(&condition).await {
                return Err(self.fail(error, None, None, &open).await);
            }
            let pid = self.process.as_ref().map(|process| process.pid);
            if let Some(pid) = pid
                && let Err(error) = self.look_around(pid).await
            {
                return Err(self.fail(error, None, None, &open).await);
            }
        }
    }

    /// The inspector, opened where it is shut.
    async fn way_to_heap(&mut self, target: &Target) -> Result<Open, Box<Failed>> {
        if let Some(open) = self.find_inspector(target).await? {
            return Ok(open);
        }
        if let Some(error) = self.shut_error() {
            return Err(error.into());
        }
        self.open_inspector().await
    }

    async fn session_at(&self, open: &Open) -> Result<Session<P::Stream>, Error> {
        let stream = self.place.connect(open.port).await?;
        Ok(Session::open(stream, &open.path, self.options.patience).await?)
    }

    /// Looks at the heap until the condition holds, over one connection.
    async fn watch_over(
        &mut self,
        session: &mut Session<P::Stream>,
        port: u16,
        watch: &mut Watch,
        began: Instant,
        born: &mut Birth,
    ) -> Result<Waited, Error> {
        let mut is_first = true;
        loop {
            let asked = self.ask(session).await;
            if session.is_ending {
                return Err(Error::Ended);
            }
            let identity = match asked {
                Ok(identity) => identity,
                // A busy moment is no reason to end a watch of hours.
                Err(Error::Blocked { .. }) if !self.stop.is_asked() => continue,
                Err(error) => return Err(error),
            };
            self.is_it(&identity, port).await?;
            let birth = Birth::of(self.process.as_ref(), Some(&identity));
            // The samples so far are of the other one.
            if born.differs(&birth) {
                return Err(Error::Replaced);
            }
            *born = birth;
            let heap = identity.heap.unwrap_or_default();
            let limit = Some(heap.heap_size_limit);
            self.progress.event(Event::Watched { bytes: heap.used_heap_size, limit });
            if let Some(why) = watch.look(began.elapsed(), heap.used_heap_size, limit) {
                return Ok(Waited { why, birth });
            }
            // Who does not know of it does not wait for us either.
            if std::mem::take(&mut is_first)
                && let Err(error @ InspectorError::Lost(_)) =
                    session.tell_of_the_end(self.options.patience).await
            {
                return Err(error.into());
            }
            self.listen(session, watch.look_every()).await?;
        }
    }

    /// Waits for the next look, as [`Job::pause`], and hears what the process says meanwhile: one that ends waits until
    /// we hang up.
    async fn listen(
        &mut self,
        session: &mut Session<P::Stream>,
        time: Duration,
    ) -> Result<(), Error> {
        let until = Instant::now() + time;
        let mut stop = self.stop.clone();
        while !session.is_ending {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                () = stop.asked() => return Err(Error::Interrupted),
                incoming = session.receive() => drop(incoming?),
            }
        }
        Err(Error::Ended)
    }
}

/// Closes the inspector of a process, whoever opened it; says whether it was open. One that the process's options ask
/// for, or that somebody uses, is closed only with [`Forced::All`].
pub async fn close_inspector<P: Place>(
    place: &P,
    pid: u32,
    options: &Options,
    progress: &dyn Progress,
) -> Result<bool, Box<Failed>> {
    let mut job = Job::new(place, options, progress, &Stop::never());
    job.look(pid).await?;
    let Some(open) = job.find_inspector(&Target::Process(pid)).await? else { return Ok(false) };
    let is_forced = matches!(options.force, Forced::All);
    let is_wanted = job.process.as_ref().is_some_and(|process| process.options.inspect);
    if is_wanted && !is_forced {
        let text =
            format!("the options of process {pid} ask for its inspector, and it is left open");
        return Err(Error::Refused(text).into());
    }
    let stream = place.connect(open.port).await.map_err(Error::from)?;
    let mut session =
        Session::open(stream, &open.path, options.patience).await.map_err(Error::from)?;
    let who = job.ask(&mut session).await?;
    job.is_it(&who, open.port).await?;
    let others = if is_forced { 0 } else { job.others(open.port, 1).await };
    if others > 0 {
        let _ = session.quiet(options.patience).await;
        session.hang_up().await;
        let text = format!(
            "somebody uses the inspector of process {pid} (connections: {others}), and it is left open"
        );
        return Err(Error::Refused(text).into());
    }
    match job.close_now(Some(&mut session), open.port).await {
        None => Ok(true),
        Some(left) => Err(Box::new(Failed {
            error: Error::Blocked {
                what: "closing".to_owned(),
                seconds: options.patience.as_secs(),
            },
            preflight: None,
            left_behind: vec![left],
        })),
    }
}
