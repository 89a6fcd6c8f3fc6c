//! One connection to the inspector from the first to the last snapshot of a series. V8 forgets the ids of all objects when
//! its session ends, and gives them others in the next.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::left::Left;
use super::open::Open;
use super::{Event, Job, Options, Progress, Stop};
use crate::facts::ProcessFacts;
use crate::inspector::protocol::Incoming;
use crate::inspector::{InspectorError, Session};
use crate::place::Place;

/// How often something is asked over a connection that is only kept: what is on the way forgets those that are silent.
const ASK_EVERY: Duration = Duration::from_secs(30);
/// How long another capture is waited for at the end. After Ctrl-C there is not much time for all that is to be undone.
const LAST_TURN: Duration = Duration::from_secs(10);

/// What lasts from one snapshot of a process to the next, see [`capture_next`](super::capture_next).
#[derive(Debug)]
pub struct Kept<S> {
    /// Whether another snapshot comes after the one that is taken.
    pub(super) goes_on: bool,
    /// Whether ids were given to objects already.
    pub(super) has_taken: bool,
    /// Whether the session did not answer when the last snapshot was to be taken.
    pub(super) was_blocked: bool,
    /// Whether the process waited for us to hang up, which was done.
    pub(super) is_over: bool,
    /// What the snapshots so far have left in the process.
    pub(super) left: Left,
    line: Option<Line<S>>,
}

/// An inspector that is not given up yet.
#[derive(Debug)]
struct Line<S> {
    open: Open,
    process: Option<ProcessFacts>,
    /// There is none once the connection is lost.
    listener: Option<Listener<S>>,
}

/// Reads a session that nobody else uses.
#[derive(Debug)]
struct Listener<S> {
    task: JoinHandle<Heard<S>>,
    back: oneshot::Sender<()>,
}

/// What became of a session that was listened to.
#[derive(Debug)]
enum Heard<S> {
    /// It works, and was wanted back.
    Works(Box<Session<S>>),
    /// The process is about to end, and was hung up on.
    Ends,
    /// The connection was lost, and why.
    Lost(String),
}

/// How the time between two snapshots ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It is over.
    Over,
    /// The user asked to stop.
    Stopped,
    /// The process has ended, or does so now.
    Ended,
}

impl<S> Default for Kept<S> {
    fn default() -> Kept<S> {
        Kept {
            goes_on: false,
            has_taken: false,
            was_blocked: false,
            is_over: false,
            left: Left::default(),
            line: None,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Kept<S> {
    /// Says whether another snapshot comes after the next one: then its session is kept.
    pub fn set_goes_on(&mut self, goes_on: bool) {
        self.goes_on = goes_on;
    }

    /// Waits until a time, while the connection is listened to: a process that ends would wait for us.
    pub async fn rest<P: Place<Stream = S>>(
        &mut self,
        place: &P,
        options: &Options,
        progress: &dyn Progress,
        stop: &Stop,
        until: Instant,
    ) -> Rest {
        let mut asked = stop.clone();
        let line = self.line.as_mut();
        if let Some(line) = line
            && let Some(listener) = line.listener.as_mut()
        {
            let heard = tokio::select! {
                heard = &mut listener.task => heard,
                () = sleep_until(until) => return Rest::Over,
                () = asked.asked() => return Rest::Stopped,
            };
            line.listener = None;
            self.is_over = matches!(heard, Ok(Heard::Ends));
            let process = line.process.clone();
            let job = Job { process, ..Job::new(place, options, progress, stop) };
            self.is_over = self.is_over || job.ends().await;
            if let (Ok(Heard::Lost(why)), false) = (&heard, self.is_over) {
                progress.event(Event::Note(lost(why)));
            }
        }
        if self.is_over {
            self.line = None;
            return Rest::Ended;
        }
        tokio::select! {
            () = sleep_until(until) => Rest::Over,
            () = asked.asked() => Rest::Stopped,
        }
    }

    /// Hangs up, and closes the inspector if we opened it. Returns what could not be done.
    pub async fn release<P: Place<Stream = S>>(
        &mut self,
        place: &P,
        options: &Options,
        progress: &dyn Progress,
    ) -> Option<String> {
        let stop = Stop::never();
        // Another capture uses the inspector until it is done, and does not close what we opened. Meanwhile the connection
        // is listened to still: a process that ends would wait for us.
        let process = self.line.as_ref().filter(|line| line.open.by_us);
        let process = process.and_then(|line| line.process.clone());
        let job = Job { process, ..Job::new(place, options, progress, &stop) };
        let _turn = match &job.process {
            Some(process) => {
                let patience = options.patience.min(LAST_TURN);
                job.turn_within(process.pid, patience).await.ok()
            }
            None => None,
        };
        let mut session = self.session(&()).await;
        let Line { open, process, .. } = self.line.take()?;
        let job = Job { process, ..Job::new(place, options, progress, &stop) };
        job.end(session.as_mut(), &open).await
    }

    /// Keeps a session for the next snapshot.
    pub(super) fn keep(&mut self, session: Session<S>, open: Open, process: Option<ProcessFacts>) {
        let (back, wanted) = oneshot::channel();
        // A task of its own: whoever has a snapshot may work on it for minutes before it waits for the next.
        let task = tokio::spawn(listen(session, wanted));
        self.line = Some(Line { open, process, listener: Some(Listener { task, back }) });
    }

    /// The session that was kept, if it still works, and its inspector.
    pub(super) async fn resume(&mut self, progress: &dyn Progress) -> Option<(Session<S>, Open)> {
        let session = self.session(progress).await?;
        let line = self.line.take()?;
        Some((session, line.open))
    }

    /// What we opened for an earlier snapshot is ours to close, over however many connections. What is not seen now still
    /// is: [`Kept::release`] closes it.
    pub(super) fn claim(&mut self, found: &mut Option<Open>) {
        let Some(open) = found else { return };
        open.by_us |= self.line.take().is_some_and(|line| line.open.by_us);
    }

    async fn session(&mut self, progress: &dyn Progress) -> Option<Session<S>> {
        let Listener { task, back } = self.line.as_mut()?.listener.take()?;
        let _ = back.send(());
        match task.await {
            Ok(Heard::Works(session)) => return Some(*session),
            Ok(Heard::Ends) => {
                self.is_over = true;
                self.line = None;
            }
            Ok(Heard::Lost(why)) => progress.event(Event::Note(lost(&why))),
            Err(_) => {}
        }
        None
    }
}

fn lost(why: &str) -> String {
    format!(
        "the connection to the inspector was lost ({why}), and is made again for the next snapshot"
    )
}

/// Hears what the process says until the session is wanted back.
async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
    mut session: Session<S>,
    mut wanted: oneshot::Receiver<()>,
) -> Heard<S> {
    let mut due = Instant::now() + ASK_EVERY;
    let mut asked = None;
    while !session.is_ending {
        let result = tokio::select! {
            _ = &mut wanted => return Heard::Works(Box::new(session)),
            incoming = session.receive() => incoming.map(|incoming| {
                if matches!(incoming, Incoming::Answer { id, .. } if asked == Some(id)) {
                    asked = None;
                }
            }),
            // One that is busy is not asked once more.
            () = sleep_until(due), if asked.is_none() => {
                let request = session.protocol.request(&None, "Runtime.getIsolateId", &json!({}));
                due = Instant::now() + ASK_EVERY;
                asked = Some(request.id);
                session.send(&[request]).await
            }
        };
        match result {
            Ok(()) => {}
            Err(InspectorError::Lost(why)) => return Heard::Lost(why),
            Err(error) => return Heard::Lost(error.to_string()),
        }
    }
    session.hang_up().await;
    Heard::Ends
}
