//! Finding the inspector of a process, opening it where it is shut, and closing it again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Error, Event, Failed, Job, Target};
use crate::facts::options::DEFAULT_PORT;
use crate::facts::{Runtime, Surroundings, sockets};
use crate::inspector::discover::{self, Target as Found};
use crate::inspector::{InspectorError, Session};
use crate::place::{Place, PlaceError, Signal};
use crate::preflight::{Shut, why_harmful};

/// How often it is looked whether the inspector is open, or shut again.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long an answer is waited for at ports that may be the application's own.
const PROBING: Duration = Duration::from_secs(2);
/// How long a closing inspector is waited for.
const CLOSING: Duration = Duration::from_secs(3);
/// How long connections of others may take to end that are about to.
const LEAVING: Duration = Duration::from_secs(2);
/// How long a way that is interrupted is tried again, so that the inspector is closed when it is back: an API server
/// that is started anew takes so long, and another one behind the same address less.
const AWAY: Duration = Duration::from_secs(30);
/// How often it is tried.
const REACH_EVERY: Duration = Duration::from_millis(500);
/// How long it is looked whether a process that could not be asked to close it ends.
const ENDING: Duration = Duration::from_secs(1);

/// An inspector that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) port: u16,
    pub(super) path: String,
    /// Whether we opened it, and so have to close it.
    pub(super) by_us: bool,
}

impl<P: Place> Job<'_, P> {
    /// Where the inspector is, if it is open.
    pub(super) async fn find_inspector(&self, target: &Target) -> Result<Option<Open>, Error> {
        let open = |port, path| Open { port, path, by_us: false };
        if let Target::Inspector { port, path } = target {
            if let Some(path) = path {
                return Ok(Some(open(*port, path.clone())));
            }
            let path = self.path_at(*port).await?;
            return Ok(Some(open(*port, path)));
        }
        let named = self.process.as_ref().map(|process| process.options.inspector_port());
        for port in self.likely_ports() {
            // The application's own server may answer late, or not at all.
            let is_named = named == Some(port);
            let patience = if is_named { self.options.patience } else { PROBING };
            match self.path_within(port, patience).await {
                Ok(path) => return Ok(Some(open(port, path))),
                Err(Error::Inspector(InspectorError::NotAnInspector(_))) => {}
                Err(_) if !is_named => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// What is said of an inspector that is open although nobody asked for it, as far as can be seen.
    pub(super) fn why_open(&self, open: &Open) -> Option<String> {
        let process = self.process.as_ref()?;
        if open.by_us || process.options.inspect || process.is_titled {
            return None;
        }
        let (pid, port) = (process.pid, open.port);
        Some(format!(
            "the inspector of process {pid} was open already on port {port}, and no option of the process asks for \
             that: if nobody uses it, an earlier capture may have left it, and {} closes it",
            self.closing(pid)
        ))
    }

    /// Ports on which the process's inspector may be: the one that its options name, then all others of its own where an
    /// inspector must be somewhere. A program's own server may end on a request that it does not know.
    fn likely_ports(&self) -> Vec<u16> {
        let (Some(process), Some(around)) = (&self.process, &self.surroundings) else {
            return Vec::new();
        };
        let ports = around.own_ports.as_ref().unwrap_or(&around.all_ports);
        let named = process.options.inspector_port();
        let first = ports.iter().filter(|port| **port == named);
        let is_somewhere = process.options.inspect || process.is_titled;
        let others = around.own_ports.iter().flatten();
        let others = others.filter(|port| is_somewhere && **port != named);
        first.chain(others).copied().collect()
    }

    /// The path of the target at a port.
    async fn path_at(&self, port: u16) -> Result<String, Error> {
        self.path_within(port, self.options.patience).await
    }

    async fn path_within(&self, port: u16, patience: Duration) -> Result<String, Error> {
        let stream = self.place.connect(port).await?;
        let targets = discover::targets(stream, patience).await?;
        let path = |target: &Found| target.path().map(str::to_owned);
        let script = targets.iter().find(|target| target.kind != "worker").and_then(path);
        script.ok_or_else(|| {
            let message =
                format!("the inspector at port {port} has no target that can be talked to");
            InspectorError::NotAnInspector(message).into()
        })
    }

    /// Why the inspector cannot be opened, if that can be told beforehand, and what to do about it.
    pub(super) fn shut(&self) -> Option<Shut> {
        let (why, process) = (self.why_shut()?, self.process.as_ref()?);
        let advice = match process.runtime {
            Runtime::Node if self.options.no_signal => {
                "do without --no-signal, or start it with --inspect"
            }
            Runtime::Node => "start it with --inspect, or with --heapsnapshot-signal=SIGUSR2",
            _ => "start it with --inspect",
        };
        Some(Shut { why, advice })
    }

    /// The same as an error.
    pub(super) fn shut_error(&self) -> Option<Error> {
        let (Shut { why, advice }, process) = (self.shut()?, self.process.as_ref()?);
        Some(Error::Shut { pid: process.pid, why, advice })
    }

    fn why_shut(&self) -> Option<String> {
        let process = self.process.as_ref()?;
        let around = self.surroundings.as_ref()?;
        let port = process.options.inspector_port();
        if self.options.no_signal {
            return Some("it is shut, and no signal may be sent".to_owned());
        }
        // What catches the signal otherwise is the program itself, for a purpose of its own.
        if process.runtime != Runtime::Node {
            let name = process.runtime.name();
            return Some(format!("it is {name}, and SIGUSR1 is sent to Node.js only"));
        }
        if let Some(option) = process.options.takes_usr1() {
            return Some(format!("it runs with {option}"));
        }
        if process.status.catches_usr1() != Some(true) {
            return Some("it does not catch SIGUSR1".to_owned());
        }
        if let Some(why) = why_harmful(process, around.descriptors, around.free_tasks) {
            return Some(why);
        }
        if let Some(why) = self.place.out_of_reach(process.pid) {
            return Some(why);
        }
        if process.is_titled {
            return None;
        }
        // Whoever asks has found no inspector there.
        match &around.own_ports {
            Some(own) if port != 0 && around.all_ports.contains(&port) => {
                let who =
                    if own.contains(&port) { "the program itself" } else { "another process" };
                Some(format!("{who} has port {port}"))
            }
            _ => None,
        }
    }

    /// Opens the inspector by the signal and waits until it listens.
    ///
    /// Once the signal may have been sent, every error says what is left behind.
    pub(super) async fn open_inspector(&mut self) -> Result<Open, Box<Failed>> {
        let Some(process) = self.process.clone() else {
            let error = InspectorError::NotAnInspector("nothing listens there".to_owned());
            return Err(Error::from(error).into());
        };
        let pid = process.pid;
        let before = self.surroundings.clone().unwrap_or_default();
        // Whoever may not connect could not close it again. That nobody listens yet is as it should be.
        let named = match process.options.inspector_port() {
            0 => DEFAULT_PORT,
            port => port,
        };
        if let Err(error @ PlaceError::Forbidden { .. }) = self.place.connect(named).await {
            return Err(Error::from(error).into());
        }
        // Another one that has its number is not asked: what it opened nobody would close.
        self.still_there(&process).await?;
        let sent = self.place.signal(pid, process.started, Signal::Usr1).await;
        if let Err(error) = sent {
            // A connection that failed may have carried the signal all the same.
            let unsure = matches!(error, PlaceError::Io { .. });
            let left_behind = if unsure { vec![self.may_open(pid)] } else { Vec::new() };
            return Err(Box::new(Failed { error: error.into(), preflight: None, left_behind }));
        }
        self.progress.event(Event::Signalled("SIGUSR1"));
        // Whose options cannot be seen may have asked for any port.
        let own = before.own_ports.is_some();
        let named = if process.is_titled && own { 0 } else { process.options.inspector_port() };
        let port = match self.wait_for_port(pid, &before, named).await {
            Ok(port) => port,
            Err(error) => {
                let gone = matches!(error, Error::EndedOnSignal(_));
                let left_behind = if gone { Vec::new() } else { vec![self.may_open(pid)] };
                return Err(Box::new(Failed { error, preflight: None, left_behind }));
            }
        };
        if self.stop.is_asked() {
            let left_behind = self.close_again(None, port).await.into_iter().collect();
            return Err(Box::new(Failed {
                error: Error::Interrupted,
                preflight: None,
                left_behind,
            }));
        }
        let path = match self.path_at(port).await {
            Ok(path) => path,
            Err(error) => {
                let left_behind = self.close_again(None, port).await.into_iter().collect();
                return Err(Box::new(Failed { error, preflight: None, left_behind }));
            }
        };
        Ok(Open { port, path, by_us: true })
    }

    /// Waits for a port that was not there before.
    async fn wait_for_port(
        &mut self,
        pid: u32,
        before: &Surroundings,
        named: u16,
    ) -> Result<u16, Error> {
        let ports = |around: &Surroundings| {
            around.own_ports.clone().unwrap_or_else(|| around.all_ports.clone())
        };
        let old = ports(before);
        let began = Instant::now();
        let give_up = began + self.options.patience;
        loop {
            // The signal is sent: a look that fails is no reason to leave the port open.
            let looked = self.look_around(pid).await;
            let now = match (&looked, &self.surroundings) {
                (Ok(()), Some(around)) => ports(around),
                _ => Vec::new(),
            };
            let mut new = now.iter().copied().filter(|port| !old.contains(port));
            let found = if named == 0 { new.next() } else { new.find(|port| *port == named) };
            if let Some(port) = found {
                return Ok(port);
            }
            if self.has_ended().await {
                return Err(Error::EndedOnSignal(pid));
            }
            // Whoever stops waits for the port too, so that it can be closed.
            let give_up = if self.stop.is_asked() { give_up.min(began + CLOSING) } else { give_up };
            if Instant::now() >= give_up {
                looked?;
                if self.stop.is_asked() {
                    return Err(Error::Interrupted);
                }
                let seconds = self.options.patience.as_secs();
                return Err(Error::NotOpened { pid, seconds });
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Closes an inspector that we opened, unless somebody else has come to use it. Returns what was not done.
    pub(super) async fn close_again(
        &self,
        session: Option<&mut Session<P::Stream>>,
        port: u16,
    ) -> Option<String> {
        if self.has_ended().await {
            return None;
        }
        let own = usize::from(session.as_ref().is_some_and(|session| !session.is_lost));
        let others = self.others(port, own).await;
        if others == 0 {
            return self.close_now(session, port).await;
        }
        if let Some(session) = session {
            let _ = session.quiet(self.options.patience).await;
            session.hang_up().await;
        }
        let pid = self.process.as_ref().map_or(0, |process| process.pid);
        Some(format!(
            "the inspector of process {pid} is left open on port {port} of its loopback interface, since \
             somebody else uses it (connections: {others}): {} closes it later",
            self.closing(pid)
        ))
    }

    /// How many connections to the inspector there are beside our own.
    pub(super) async fn others(&self, port: u16, own: usize) -> usize {
        let Some(process) = &self.process else { return 0 };
        // What was hung up on just now may be seen for a moment.
        let give_up = Instant::now() + LEAVING;
        loop {
            let Ok(raw) = self.place.surroundings(process.pid).await else { return 0 };
            let others = sockets::connections(&raw.sockets, port).saturating_sub(own);
            if others == 0 || Instant::now() >= give_up {
                return others;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Closes an inspector: over the session if it still works, else over a new one. Returns what could not be done.
    pub(super) async fn close_now(
        &self,
        session: Option<&mut Session<P::Stream>>,
        port: u16,
    ) -> Option<String> {
        let patience = CLOSING.max(self.options.patience);
        let pid = self.process.as_ref().map_or(0, |process| process.pid);
        let mut asked = false;
        if let Some(session) = session {
            asked = session.close_inspector(patience).await.is_ok();
            if !asked {
                // A process that ends waits for this.
                session.hang_up().await;
            }
        }
        if !asked {
            asked = self.ask_when_reached(pid, port, patience).await;
        }
        // Who could not be asked may be ending.
        let give_up = Instant::now() + if asked { CLOSING } else { ENDING };
        while Instant::now() < give_up {
            let raw = match self.place.surroundings(pid).await {
                Ok(raw) => raw,
                Err(PlaceError::Gone { .. }) => return None,
                // What is not seen is not known to be closed.
                Err(_) => break,
            };
            let around = Surroundings::new(&raw, None);
            let ports = around.own_ports.unwrap_or(around.all_ports);
            if !ports.contains(&port) {
                self.progress
                    .event(Event::Undone(format!("the inspector at port {port} is closed again")));
                return None;
            }
            sleep(LOOK_EVERY).await;
        }
        if self.has_ended().await {
            return None;
        }
        Some(format!(
            "the inspector of process {pid} is still open on port {port} of its loopback interface: it \
             closes when its event loop goes on, else restart the process or run {}",
            self.closing(pid)
        ))
    }

    /// Asks over new connections, for as long as the way to the process is interrupted. Whoever stops waits for an answer,
    /// and not for the way.
    async fn ask_when_reached(&self, pid: u32, port: u16, patience: Duration) -> bool {
        use PlaceError::Io;
        let give_up = Instant::now() + AWAY;
        let mut is_seen = false;
        loop {
            match self.ask_anew(port, patience).await {
                Ok(()) => return true,
                Err(Error::Place(Io { .. }) | Error::Inspector(InspectorError::Lost(_)))
                    if !is_seen && !self.stop.is_asked() && Instant::now() < give_up => {}
                Err(_) => return false,
            }
            // Where the process can be looked at the way is there, and one question more tells.
            is_seen = !matches!(self.place.surroundings(pid).await, Err(Io { .. }));
            if !is_seen {
                sleep(REACH_EVERY).await;
            } else if self.has_ended().await {
                // What is open there by now is that of another process.
                return false;
            }
        }
    }

    /// Asks over a new connection.
    async fn ask_anew(&self, port: u16, patience: Duration) -> Result<(), Error> {
        let path = self.path_at(port).await?;
        let stream = self.place.connect(port).await?;
        let mut session = Session::open(stream, &path, patience).await?;
        Ok(session.close_inspector(patience).await?)
    }

    /// What is said of an inspector that was asked to open and was not seen.
    fn may_open(&self, pid: u32) -> String {
        format!(
            "SIGUSR1 was sent, and the inspector of process {pid} may open when its event loop goes on, unless the \
             program has a handler of its own for that signal: {} closes it",
            self.closing(pid)
        )
    }

    /// The command that closes an inspector later.
    fn closing(&self, pid: u32) -> String {
        format!("`heapglass capture {} --close-inspector`", self.place.arguments(pid))
    }
}
