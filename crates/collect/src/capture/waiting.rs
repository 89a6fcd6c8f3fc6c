//! Watching a process until a condition holds.

use tokio::time::{Instant, sleep};

use super::{Birth, Error, Event, Failed, Job, Options, Progress, Stop, Target};
use crate::facts::Surroundings;
use crate::inspector::{InspectorError, Session};
use crate::place::Place;
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
    let mut job =
        Job { place, options, progress, stop: stop.clone(), process: None, surroundings: None };
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
        let open = match self.find_inspector(target).await? {
            Some(open) => open,
            None => match (self.why_shut(), &self.process) {
                (Some(why), Some(process)) => {
                    return Err(Error::Shut { pid: process.pid, why }.into());
                }
                _ => self.open_inspector().await?,
            },
        };
        let patience = self.options.patience;
        let stream = match self.place.connect(open.port).await {
            Ok(stream) => stream,
            Err(error) => return Err(self.fail(error.into(), None, None, &open).await),
        };
        let mut session = match Session::open(stream, &open.path, patience).await {
            Ok(session) => session,
            Err(error) => return Err(self.fail(error.into(), None, None, &open).await),
        };
        let (mut watch, began) = (Watch::new(condition), Instant::now());
        let result = loop {
            let identity = match self.ask(&mut session).await {
                Ok(identity) => identity,
                // A busy moment is no reason to end a watch of hours.
                Err(Error::Blocked { .. }) if !self.stop.is_asked() => continue,
                Err(error) => break Err(error),
            };
            if let (Some(found), Some(process)) = (identity.pid, &self.process)
                && found != process.inner_pid()
            {
                let wanted = process.inner_pid();
                break Err(Error::WrongProcess { port: open.port, found, wanted });
            }
            let birth = Birth::of(self.process.as_ref(), Some(&identity));
            let heap = identity.heap.unwrap_or_default();
            let limit = Some(heap.heap_size_limit);
            self.progress.event(Event::Watched { bytes: heap.used_heap_size, limit });
            if let Some(why) = watch.look(began.elapsed(), heap.used_heap_size, limit) {
                break Ok(Waited { why, birth });
            }
            if let Err(error) = self.pause(&condition).await {
                break Err(error);
            }
        };
        match result {
            Ok(waited) => {
                if let Some(left) = self.end(Some(&mut session), &open).await {
                    self.progress.event(Event::Note(left));
                }
                Ok(waited)
            }
            Err(error) => Err(self.fail(error, None, Some(&mut session), &open).await),
        }
    }
}

/// Closes the inspector of a process, whoever opened it. Returns what could not be done.
pub async fn close_inspector<P: Place>(
    place: &P,
    pid: u32,
    options: &Options,
    progress: &dyn Progress,
) -> Result<bool, Box<Failed>> {
    let mut job =
        Job { place, options, progress, stop: Stop::never(), process: None, surroundings: None };
    job.look(pid).await?;
    let Some(mut open) = job.find_inspector(&Target::Process(pid)).await? else { return Ok(false) };
    open.by_us = true;
    let stream = place.connect(open.port).await.map_err(Error::from)?;
    let mut session =
        Session::open(stream, &open.path, options.patience).await.map_err(Error::from)?;
    let who = job.ask(&mut session).await?;
    let wanted = job.process.as_ref().map_or(pid, crate::facts::ProcessFacts::inner_pid);
    if let Some(found) = who.pid.filter(|found| *found != wanted) {
        return Err(Error::WrongProcess { port: open.port, found, wanted }.into());
    }
    match job.close_again(Some(&mut session), open.port).await {
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
