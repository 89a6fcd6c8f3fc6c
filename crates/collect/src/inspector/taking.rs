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
    pub fn begin(
        protocol: &mut Protocol,
        thread: Thread,
        what: Contents,
    ) -> (Taking, Vec<Request>) {
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
        Some(self.ask_again(protocol))
    }

    /// Whether the thread answers to what was asked after the snapshot, and nothing of that has come: V8 has put it off
    /// until it is back in the event loop. A thread that takes a snapshot answers nothing.
    pub fn is_put_off(&self) -> bool {
        !self.began && self.clocks.is_empty() && self.answer.is_none()
    }

    /// One question more, which is answered at once only if the snapshot is still not begun.
    pub fn ask_again(&mut self, protocol: &mut Protocol) -> Request {
        let request = protocol.request(&self.thread, "Runtime.evaluate", &ask::clock());
        self.clocks.push(request.id);
        request
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

#[cfg(test)]
mod tests {
    use super::*;

    fn time(id: u64, nanoseconds: f64) -> Incoming {
        let result = json!({ "result": { "type": "number", "value": nanoseconds } });
        Incoming::Answer { id, result: Ok(result) }
    }

    fn chunk(text: &str) -> Incoming {
        Incoming::Chunk { thread: None, text: text.to_owned() }
    }

    fn done(id: u64) -> Incoming {
        Incoming::Answer { id, result: Ok(json!({})) }
    }

    fn begin() -> (Protocol, Taking, Vec<u64>) {
        let mut protocol = Protocol::default();
        let (taking, requests) = Taking::begin(&mut protocol, None, Contents::default());
        let ids = requests.iter().map(|request| request.id).collect();
        (protocol, taking, ids)
    }

    /// Older versions of V8 take the snapshot while they read the request.
    #[test]
    fn the_pause_lies_between_the_two_times() {
        let (mut protocol, mut taking, ids) = begin();
        let mut receive = |incoming| taking.receive(&mut protocol, incoming);
        receive(time(ids[1], 1e9));
        let (step, request) = receive(chunk("ab"));
        assert_eq!(step, Step::Bytes(b"ab".to_vec()));
        let third = request.expect("the time is asked once more").id;
        receive(done(ids[2]));
        receive(time(ids[3], 3.5e9));
        receive(time(third, 9e9));
        assert_eq!(taking.answer(), Some(&Ok(())));
        assert_eq!(taking.pause(), Some(Duration::from_millis(2500)));
    }

    /// Newer ones put it off until they are back in the event loop: both times are from before.
    #[test]
    fn a_snapshot_that_was_put_off_begins_later() {
        let (mut protocol, mut taking, ids) = begin();
        let mut receive = |incoming| taking.receive(&mut protocol, incoming);
        receive(time(ids[1], 1e9));
        receive(time(ids[3], 1.5e9));
        assert!(taking.is_put_off());
        let question = taking.ask_again(&mut protocol).id;
        assert!(!taking.is_put_off(), "it may have begun");
        let mut receive = |incoming| taking.receive(&mut protocol, incoming);
        receive(time(question, 1.5e9));
        let progress = Incoming::Progress { thread: None, done: 1, total: 2, finished: false };
        let (step, request) = receive(progress);
        assert_eq!(step, Step::Progress { done: 1, total: 2 });
        let third = request.expect("the time is asked once more").id;
        assert_eq!(receive(chunk("a")).1, None, "and no more than once");
        receive(done(ids[2]));
        assert!(taking.is_answered() && taking.answer().is_none(), "the end is not known yet");
        taking.receive(&mut protocol, time(third, 2e9));
        assert_eq!(taking.answer(), Some(&Ok(())));
        assert_eq!(taking.pause(), Some(Duration::from_millis(500)));
    }

    #[test]
    fn a_refusal_ends_it() {
        let (mut protocol, mut taking, ids) = begin();
        taking
            .receive(&mut protocol, Incoming::Answer { id: ids[2], result: Err("no".to_owned()) });
        assert_eq!(taking.answer(), Some(&Err("no".to_owned())));
        assert_eq!(taking.pause(), None);
    }

    #[test]
    fn pieces_of_other_threads_are_not_ours() {
        let (mut protocol, mut taking, _) = begin();
        let other = Incoming::Chunk { thread: Some("1".to_owned()), text: "x".to_owned() };
        assert_eq!(taking.receive(&mut protocol, other), (Step::Nothing, None));
    }
}
