//! Taking one snapshot, as a machine: messages in, pieces and requests out. No socket in it.

use std::time::Duration;

use serde_json::{Value, json};

use super::ask;
use super::protocol::{Incoming, Protocol, Request, Thread};

/// What V8 is asked to put in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// V8's own objects under their own names.
    pub internals: bool,
    /// The values of numbers.
    pub numbers: bool,
}

/// Taking one snapshot of one thread.
#[derive(Debug)]
pub struct Taking {
    thread: Thread,
    take: u64,
    clocks: Vec<u64>,
    /// Whether anything of the snapshot came.
    began: bool,
    /// The last time before it began, and the first after.
    before: Option<f64>,
    after: Option<f64>,
    answer: Option<Result<(), String>>,
}

/// What a message came to.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// The next bytes of the snapshot.
    Bytes(Vec<u8>),
    /// How far V8 is with the graph.
    Progress {
        /// Steps done.
        done: u64,
        /// Steps in all.
        total: u64,
    },
    /// Nothing for the caller.
    Nothing,
    /// The worker whose snapshot this is has ended.
    WorkerEnded,
}

impl Taking {
    /// The requests that begin it. The clock is asked just before and just after: V8 up to some version
    /// takes the snapshot while it reads the request, so that the second time is the end of the pause.
    pub fn begin(protocol: &mut Protocol, thread: Thread, what: Contents) -> (Taking, Vec<Request>) {
        let params = json!({
            "reportProgress": true,
            "treatGlobalObjectsAsRoots": true,
            "captureNumericValue": what.numbers,
            "exposeInternals": what.internals,
        });
        let mut request = |method: &str, params: &Value| protocol.request(&thread, method, params);
        let enable = request("HeapProfiler.enable", &json!({}));
        let before = request("Runtime.evaluate", &ask::clock());
        let take = request("HeapProfiler.takeHeapSnapshot", &params);
        let after = request("Runtime.evaluate", &ask::clock());
        let taking = Taking {
            take: take.id,
            clocks: vec![before.id, after.id],
            thread,
            began: false,
            before: None,
            after: None,
            answer: None,
        };
        (taking, vec![enable, before, take, after])
    }

    /// Takes a message in. A request that comes out is to be sent.
    pub fn receive(
        &mut self,
        protocol: &mut Protocol,
        incoming: Incoming,
    ) -> (Step, Option<Request>) {
        match incoming {
            Incoming::Chunk { thread, text } if thread == self.thread => {
                let request = self.begin_pause(protocol);
                (Step::Bytes(text.into_bytes()), request)
            }
            Incoming::Progress { thread, done, total, .. } if thread == self.thread => {
                let request = self.begin_pause(protocol);
                (Step::Progress { done, total }, request)
            }
            Incoming::Answer { id, result } if id == self.take => {
                self.answer = Some(result.map(|_| ()));
                (Step::Nothing, None)
            }
            Incoming::Answer { id, result } if self.clocks.contains(&id) => {
                self.clocks.retain(|clock| *clock != id);
                let time = result.ok().and_then(|answer| ask::value(&answer).ok()?.as_f64());
                if self.began {
                    self.after = self.after.or(time);
                } else {
                    self.before = time.or(self.before);
                }
                (Step::Nothing, None)
            }
            Incoming::WorkerEnded { session } if self.thread.as_ref() == Some(&session) => {
                (Step::WorkerEnded, None)
            }
            _ => (Step::Nothing, None),
        }
    }

    /// The first sign of the snapshot: the process now stands still, and what is asked now is answered
    /// as soon as it goes on.
    fn begin_pause(&mut self, protocol: &mut Protocol) -> Option<Request> {
        if self.began {
            return None;
        }
        self.began = true;
        let request = protocol.request(&self.thread, "Runtime.evaluate", &ask::clock());
        self.clocks.push(request.id);
        Some(request)
    }

    /// V8's answer, once all of the snapshot is here: `Ok`, or why there is none. The end of the pause
    /// is waited for too.
    pub fn answer(&self) -> Option<&Result<(), String>> {
        let answer = self.answer.as_ref()?;
        let whole = self.after.is_some() || self.clocks.is_empty() || !self.began;
        (whole || answer.is_err()).then_some(answer)
    }

    /// V8's answer, whether or not the end of the pause is known.
    pub fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    /// How long the thread stood still, by its own clock.
    pub fn pause(&self) -> Option<Duration> {
        let nanoseconds = self.after? - self.before?;
        (nanoseconds >= 0.0).then(|| Duration::from_nanos(nanoseconds as u64))
    }
}
