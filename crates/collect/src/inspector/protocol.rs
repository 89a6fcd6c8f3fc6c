//! Messages of the Chrome DevTools Protocol, as far as snapshots need them. No socket in it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Numbers requests.
#[derive(Debug, Default)]
pub struct Protocol {
    last: u64,
}

/// Which thread of the process is meant: the main one, or the session of a worker.
pub type Thread = Option<String>;

/// A request, numbered and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number, which the answer bears.
    pub id: u64,
    /// The text to send.
    pub text: String,
}

impl Protocol {
    /// A request to a thread.
    pub fn request(&mut self, thread: &Thread, method: &str, params: &Value) -> Request {
        self.last += 1;
        let id = self.last;
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        let Some(session) = thread else { return Request { id, text } };
        // The envelope has a number of its own, whose answer says only that it was passed on.
        self.last += 1;
        let envelope = json!({
            "id": self.last,
            "method": "NodeWorker.sendMessageToWorker",
            "params": { "sessionId": session, "message": text },
        });
        Request { id, text: envelope.to_string() }
    }
}

/// What came.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The answer to a request.
    Answer {
        /// The request's number.
        id: u64,
        /// What was answered, or the words of the refusal.
        result: Result<Value, String>,
    },
    /// A piece of a snapshot.
    Chunk {
        /// The thread whose snapshot it is.
        thread: Thread,
        /// The piece.
        text: String,
    },
    /// How far the snapshot is.
    Progress {
        /// The thread.
        thread: Thread,
        /// Steps done.
        done: u64,
        /// Steps in all, as far as V8 knows.
        total: u64,
        /// Whether the graph is built, so that the writing begins.
        finished: bool,
    },
    /// There is a worker thread.
    WorkerBegan(Worker),
    /// A worker thread ended.
    WorkerEnded {
        /// Its session.
        session: String,
    },
    /// The inspector is about to hang up on us.
    Detached,
    /// The process is about to end, and waits for us to hang up.
    Ending,
    /// Anything else.
    Other,
}

/// A worker thread, as the inspector names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// By which it is spoken to.
    pub session: String,
    /// Its number in the process (`threadId`), which it has for as long as it lives; where its title does not tell, the
    /// number that this enabling of the domain gave it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its script.
    pub url: String,
}

/// The number in a worker thread's title: `Worker 2` in Node.js 16 and older, `[worker 2] its name` since 18. The inspector's own
/// numbers go on from one enabling to the next, and may be in another order than the threads.
fn thread_id(title: &str) -> Option<&str> {
    let rest = title.strip_prefix("[worker ").or_else(|| title.strip_prefix("Worker "))?;
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|digits| !digits.is_empty())
}

#[derive(Deserialize)]
struct Message<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    result: Option<Value>,
    error: Option<RemoteError>,
}

#[derive(Deserialize)]
struct RemoteError {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct ChunkParams {
    chunk: String,
}

#[derive(Deserialize)]
struct ProgressParams {
    #[serde(default)]
    done: u64,
    #[serde(default)]
    total: u64,
    #[serde(default)]
    finished: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkerParams {
    session_id: String,
    worker_info: Option<WorkerInfo>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkerInfo {
    #[serde(default)]
    worker_id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
}

/// Reads a message.
pub fn read(text: &str) -> Result<Incoming, serde_json::Error> {
    read_of(text, None)
}

fn read_of(text: &str, thread: Thread) -> Result<Incoming, serde_json::Error> {
    let message: Message<'_> = serde_json::from_str(text)?;
    if let Some(id) = message.id {
        let result = match message.error {
            Some(error) => Err(error.message),
            None => Ok(message.result.unwrap_or_default()),
        };
        return Ok(Incoming::Answer { id, result });
    }
    let params = message.params.map_or("{}", RawValue::get);
    Ok(match message.method.as_deref().unwrap_or_default() {
        "HeapProfiler.addHeapSnapshotChunk" => {
            let ChunkParams { chunk } = serde_json::from_str(params)?;
            Incoming::Chunk { thread, text: chunk }
        }
        "HeapProfiler.reportHeapSnapshotProgress" => {
            let ProgressParams { done, total, finished } = serde_json::from_str(params)?;
            Incoming::Progress { thread, done, total, finished }
        }
        "NodeWorker.receivedMessageFromWorker" if thread.is_none() => {
            let params: WorkerParams = serde_json::from_str(params)?;
            let inner = params.message.unwrap_or_default();
            read_of(&inner, Some(params.session_id))?
        }
        "NodeWorker.attachedToWorker" => {
            let WorkerParams { session_id, worker_info, .. } = serde_json::from_str(params)?;
            match worker_info {
                Some(WorkerInfo { worker_id, title, url }) => {
                    let id = thread_id(&title).map_or(worker_id, str::to_owned);
                    Incoming::WorkerBegan(Worker { session: session_id, id, title, url })
                }
                None => Incoming::Other,
            }
        }
        "NodeWorker.detachedFromWorker" => {
            let WorkerParams { session_id, .. } = serde_json::from_str(params)?;
            Incoming::WorkerEnded { session: session_id }
        }
        "Inspector.detached" => Incoming::Detached,
        "NodeRuntime.waitingForDisconnect" if thread.is_none() => Incoming::Ending,
        _ => Incoming::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let read = |text: &str| super::read(text).unwrap();
        assert_eq!(
            read(r#"{"id":3,"result":{"a":1}}"#),
            Incoming::Answer { id: 3, result: Ok(json!({ "a": 1 })) }
        );
        assert_eq!(
            read(r#"{"id":3,"error":{"code":-32601,"message":"'X' wasn't found"}}"#),
            Incoming::Answer { id: 3, result: Err("'X' wasn't found".to_owned()) }
        );
        assert_eq!(
            read(
                r#"{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":"{\"a\":\n\u00e4"}}"#
            ),
            Incoming::Chunk { thread: None, text: "{\"a\":\nä".to_owned() }
        );
        assert_eq!(
            read(
                r#"{"method":"HeapProfiler.reportHeapSnapshotProgress","params":{"done":1,"total":2}}"#
            ),
            Incoming::Progress { thread: None, done: 1, total: 2, finished: false }
        );
        assert_eq!(read(r#"{"method":"Debugger.paused","params":{}}"#), Incoming::Other);
        let ending = r#"{"method":"NodeRuntime.waitingForDisconnect"}"#;
        assert_eq!(read(ending), Incoming::Ending);
        // A worker thread that ends does not end the process.
        let params = json!({ "sessionId": "s1", "message": ending });
        let of_worker =
            json!({ "method": "NodeWorker.receivedMessageFromWorker", "params": params });
        assert_eq!(read(&of_worker.to_string()), Incoming::Other);
        assert!(super::read("{").is_err());
    }

    #[test]
    fn workers_speak_in_envelopes() {
        let inner = r#"{"method":"HeapProfiler.addHeapSnapshotChunk","params":{"chunk":"a\"b"}}"#;
        let outer = json!({
            "method": "NodeWorker.receivedMessageFromWorker",
            "params": { "sessionId": "s1", "message": inner },
        });
        let expected = Incoming::Chunk { thread: Some("s1".to_owned()), text: "a\"b".to_owned() };
        assert_eq!(read(&outer.to_string()).unwrap(), expected);

        let mut protocol = Protocol::default();
        let request = protocol.request(&Some("s1".to_owned()), "Runtime.enable", &json!({}));
        let sent: Value = serde_json::from_str(&request.text).unwrap();
        assert_eq!(sent["method"], "NodeWorker.sendMessageToWorker");
        let message: Value =
            serde_json::from_str(sent["params"]["message"].as_str().unwrap()).unwrap();
        assert_eq!((message["id"].as_u64(), request.id), (Some(1), 1));
        assert_eq!(sent["id"], 2, "the envelope's own number");
        assert_eq!(protocol.request(&None, "A", &json!({})).id, 3);
    }

    #[test]
    fn a_worker_has_one_number_in_all_snapshots_of_a_series() {
        let number = |title: &str| {
            let params = json!({"sessionId": "4", "workerInfo": {"workerId": "4", "title": title}});
            let text = json!({"method": "NodeWorker.attachedToWorker", "params": params});
            match read(&text.to_string()).unwrap() {
                Incoming::WorkerBegan(worker) => worker.id,
                other => panic!("{other:?}"),
            }
        };
        for (title, expected) in [
            ("Worker 1", "1"),
            ("[worker 12] Worker 3", "12"),
            ("[worker 2]", "2"),
            ("[worker ] 3", "4"),
            ("pool 1", "4"),
            ("", "4"),
        ] {
            assert_eq!(number(title), expected, "{title}");
        }
    }

    #[test]
    fn workers_come_and_go() {
        let began = r#"{"method":"NodeWorker.attachedToWorker","params":{"sessionId":"2","workerInfo":{"workerId":"1","type":"worker","title":"Worker 1","url":"file:///a.js"},"waitingForDebugger":false}}"#;
        let worker = Worker {
            session: "2".to_owned(),
            id: "1".to_owned(),
            title: "Worker 1".to_owned(),
            url: "file:///a.js".to_owned(),
        };
        assert_eq!(read(began).unwrap(), Incoming::WorkerBegan(worker));
        let ended = r#"{"method":"NodeWorker.detachedFromWorker","params":{"sessionId":"2"}}"#;
        assert_eq!(read(ended).unwrap(), Incoming::WorkerEnded { session: "2".to_owned() });
    }
}
