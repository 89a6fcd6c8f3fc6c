//! Worker threads: each has a heap of its own, and is judged by that before it is stopped.

use std::path::{Path, PathBuf};

use super::{Captured, Error, Job, Missing, WorkerChecked, WorkerName};
use crate::inspector::ask::HeapStatistics;
use crate::inspector::protocol::Worker;
use crate::inspector::{Identity, InspectorError, Session};
use crate::place::Place;
use crate::preflight::{Known, Preflight, Way, preflight};

impl From<&Worker> for WorkerName {
    fn from(worker: &Worker) -> WorkerName {
        WorkerName { id: worker.id.clone(), url: worker.url.clone() }
    }
}

impl<P: Place> Job<'_, P> {
    /// Looks at each worker thread, and takes those that are safe. What fails here is told in the result:
    /// the snapshot of the main thread is there already and stays.
    pub(super) async fn workers(
        &mut self,
        session: &mut Session<P::Stream>,
        captured: &mut Captured,
    ) {
        if let Err(error) = session.find_workers(self.options.patience).await {
            captured.missing.push(Missing { worker: None, error: error.into() });
            return;
        }
        for worker in session.workers.clone() {
            if let Err(error) = self.worker(session, &worker, captured).await {
                captured.missing.push(Missing { worker: Some((&worker).into()), error });
            }
            // One that has ended in the meantime is let go of already.
            let _ = session.leave_worker(&worker, self.options.patience).await;
        }
        let _ = session.leave_workers(self.options.patience).await;
    }

    /// One of them.
    async fn worker(
        &mut self,
        session: &mut Session<P::Stream>,
        worker: &Worker,
        captured: &mut Captured,
    ) -> Result<(), Error> {
        if self.stop.is_asked() {
            return Err(Error::Interrupted);
        }
        let identity = match self.ask_worker(session, worker).await {
            Ok(identity) => identity,
            // One that has ended has no heap any more, so that nothing is missing.
            Err(_) if !session.workers.contains(worker) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.look_again(session).await;
        let preflight = self.check_worker(&identity);
        let allowed = self.allow(&preflight);
        captured.workers.push(WorkerChecked { worker: worker.into(), preflight });
        allowed?;
        if !self.options.dry_run {
            let path = of_worker(&self.options.out, &worker.id);
            captured.snapshots.push(self.take(session, Some(worker), path).await?);
        }
        Ok(())
    }

    /// Asks a worker thread about its heap. One that does not answer is in a long computation, and would
    /// not answer to more either.
    async fn ask_worker(
        &self,
        session: &mut Session<P::Stream>,
        worker: &Worker,
    ) -> Result<Identity, Error> {
        let thread = Some(worker.session.clone());
        let patience = self.options.patience;
        let mut stop = self.stop.clone();
        let ask = async {
            let mut identity = session.who(&thread, patience).await?;
            // Where the program's own functions cannot be reached, V8 knows at least how much is used.
            if identity.heap.is_none() {
                let used = session.heap_usage(&thread, patience).await?;
                identity.heap =
                    Some(HeapStatistics { used_heap_size: used, ..HeapStatistics::default() });
            }
            Ok(identity)
        };
        let answer = tokio::select! {
            answer = ask => answer,
            () = stop.asked() => return Err(Error::Interrupted),
        };
        answer.map_err(|error| match error {
            InspectorError::Silent { seconds, .. } => Error::WorkerBlocked(seconds),
            other => other.into(),
        })
    }

    /// The snapshots before this one changed how much memory is left.
    async fn look_again(&mut self, session: &mut Session<P::Stream>) {
        if let Some(pid) = self.process.as_ref().map(|process| process.pid) {
            // What was known before is better than nothing.
            let _ = self.look_around(pid).await;
        } else if let Some(around) = self.ask_around(session).await {
            self.surroundings = Some(around);
        }
    }

    /// The checks of a worker thread: those of its process, by its own heap.
    fn check_worker(&self, identity: &Identity) -> Preflight {
        let way = Way::Inspector { open: true };
        preflight(&Known { left: 0, ..self.known(Some(identity), way) })
    }
}

/// `a.heapsnapshot` of worker 2 is `a-worker-2.heapsnapshot`.
fn of_worker(path: &Path, id: &str) -> PathBuf {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = match name.find(".heapsnapshot") {
        Some(at) => name.split_at(at),
        None => (name.as_str(), ""),
    };
    path.with_file_name(format!("{stem}-worker-{id}{ending}"))
}
