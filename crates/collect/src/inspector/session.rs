//! A connection to an inspector: moves messages, knows nothing of what they mean.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::InspectorError;
use super::ask::{self, Identity};
use super::protocol::{Incoming, Protocol, Request, Thread, Worker, read};
use super::whole::{self, Counted};

/// V8's pieces are 100 kB to 1 MB; inside the envelope of a worker each sign may take twelve bytes.
const LARGEST_MESSAGE: usize = 64 << 20;

/// An open connection to the inspector of one process.
#[derive(Debug)]
pub struct Session<S> {
    socket: WebSocketStream<Counted<S>>,
    /// Numbers the requests.
    pub protocol: Protocol,
    /// The workers that were told of and have not ended.
    pub workers: Vec<Worker>,
    /// Whether the process has said that it waits for us to hang up, see [`Session::tell_of_the_end`].
    pub is_ending: bool,
    /// Whether the connection is no more.
    pub is_lost: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// Shakes hands over a stream; `path` is that of the inspector's target.
    pub async fn open(
        stream: S,
        path: &str,
        patience: Duration,
    ) -> Result<Session<S>, InspectorError> {
        let config = WebSocketConfig::default()
            .read_buffer_size(256 << 10)
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        // Node.js refuses names other than localhost, which is a guard against web pages.
        let url = format!("ws://127.0.0.1/{}", path.trim_start_matches('/'));
        let shake =
            tokio_tungstenite::client_async_with_config(url, Counted::new(stream), Some(config));
        let shaken = timeout_at(Instant::now() + patience, shake).await;
        let silent = || InspectorError::Silent {
            what: "the opening of the connection".to_owned(),
            seconds: patience.as_secs(),
        };
        let (socket, _) = shaken.map_err(|_| silent())?.map_err(|e| lost(&e))?;
        Ok(Session {
            socket,
            protocol: Protocol::default(),
            workers: Vec::new(),
            is_ending: false,
            is_lost: false,
        })
    }

    /// Sends requests in one write. The process has to have answered something since the last call: see
    /// `whole`, which is about what cuts a request in two and what that does to Node.js.
    pub async fn send(&mut self, requests: &[Request]) -> Result<(), InspectorError> {
        let mut sent = self.socket.get_ref().written;
        for request in requests {
            let text = whole::padded(&request.text, sent);
            sent += whole::frame(&text);
            self.socket.feed(Message::text(text)).await.map_err(|e| lost(&e))?;
        }
        self.socket.flush().await.map_err(|e| lost(&e))
    }

    /// The next message. Whoever waits for something else at the same time and gives this up loses none.
    pub async fn receive(&mut self) -> Result<Incoming, InspectorError> {
        let received = self.next().await;
        self.is_lost |= matches!(received, Err(InspectorError::Lost(_)));
        received
    }

    async fn next(&mut self) -> Result<Incoming, InspectorError> {
        loop {
            let message = match self.socket.next().await {
                Some(message) => message.map_err(|e| lost(&e))?,
                None => return Err(InspectorError::Lost("it was closed".to_owned())),
            };
            let incoming = match &message {
                Message::Text(text) => read(text),
                Message::Binary(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => read(text),
                    Err(_) => continue,
                },
                Message::Close(_) => {
                    return Err(InspectorError::Lost("the process closed it".to_owned()));
                }
                _ => continue,
            };
            let incoming = incoming.map_err(|error| {
                InspectorError::NotAnInspector(format!("a message that is not understood: {error}"))
            })?;
            match &incoming {
                Incoming::WorkerBegan(worker) => self.workers.push(worker.clone()),
                Incoming::WorkerEnded { session } => {
                    self.workers.retain(|worker| worker.session != *session);
                }
                Incoming::Ending => self.is_ending = true,
                _ => {}
            }
            return Ok(incoming);
        }
    }

    /// Asks, and waits for the answer; other messages are passed over.
    pub async fn call(
        &mut self,
        thread: &Thread,
        method: &str,
        params: &Value,
        patience: Duration,
    ) -> Result<Value, InspectorError> {
        let request = self.protocol.request(thread, method, params);
        let talk = async {
            self.send(std::slice::from_ref(&request)).await?;
            loop {
                if let Incoming::Answer { id, result } = self.receive().await?
                    && id == request.id
                {
                    return result.map_err(|message| InspectorError::Refused {
                        method: method.to_owned(),
                        message,
                    });
                }
            }
        };
        match timeout_at(Instant::now() + patience, talk).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(InspectorError::Silent { what: method.to_owned(), seconds: patience.as_secs() })
            }
        }
    }

    /// Asks a thread who it is.
    pub async fn who(
        &mut self,
        thread: &Thread,
        patience: Duration,
    ) -> Result<Identity, InspectorError> {
        let answer = self.call(thread, "Runtime.evaluate", &ask::who(), patience).await?;
        ask::identity(&answer).map_err(|message| InspectorError::Refused {
            method: "the question who it is".to_owned(),
            message,
        })
    }

    /// Asks V8 how many bytes the objects of a thread take, which works where no function of the program
    /// can be called.
    pub async fn heap_usage(
        &mut self,
        thread: &Thread,
        patience: Duration,
    ) -> Result<u64, InspectorError> {
        let method = "Runtime.getHeapUsage";
        let answer = self.call(thread, method, &json!({}), patience).await?;
        let used = answer.get("usedSize").and_then(Value::as_f64);
        used.map(|used| used as u64).ok_or_else(|| InspectorError::Refused {
            method: method.to_owned(),
            message: "it does not say how much is used".to_owned(),
        })
    }

    /// Finds the worker threads: those there are announce themselves before the answer, or right after.
    pub async fn find_workers(&mut self, patience: Duration) -> Result<(), InspectorError> {
        let params = json!({ "waitForDebuggerOnStart": false });
        self.call(&None, "NodeWorker.enable", &params, patience).await?;
        // A second answer comes after whatever the first request set off.
        self.quiet(patience).await
    }

    /// Lets go of a worker thread. Node.js keeps the session of one that is not let go of, also when its
    /// inspector is closed.
    pub async fn leave_worker(
        &mut self,
        worker: &Worker,
        patience: Duration,
    ) -> Result<(), InspectorError> {
        let params = json!({ "sessionId": worker.session });
        self.call(&None, "NodeWorker.detach", &params, patience).await.map(|_| ())
    }

    /// Wants to hear of no more worker threads.
    pub async fn leave_workers(&mut self, patience: Duration) -> Result<(), InspectorError> {
        self.call(&None, "NodeWorker.disable", &json!({}), patience).await.map(|_| ())
    }

    /// Asks the process to close its inspector and hangs up. The request is answered only when the
    /// event loop gets to it; it stays in the process's queue after we are gone.
    pub async fn close_inspector(&mut self, patience: Duration) -> Result<(), InspectorError> {
        self.call(&None, "Runtime.evaluate", &ask::close(), patience).await?;
        self.hang_up().await;
        Ok(())
    }

    /// Wants to hear of it when the process is about to end: Node.js waits then until whoever listens has hung up.
    /// What is no Node.js refuses.
    pub async fn tell_of_the_end(&mut self, patience: Duration) -> Result<(), InspectorError> {
        let method = "NodeRuntime.notifyWhenWaitingForDisconnect";
        self.call(&None, method, &json!({ "enabled": true }), patience).await.map(|_| ())
    }

    /// Waits until the process has said all that it was about to say.
    ///
    /// A Node.js that is hung up on while it sends may end: its thread for the inspector writes to the
    /// connection that it has just given up (<https://github.com/nodejs/node/pull/64209>).
    pub async fn quiet(&mut self, patience: Duration) -> Result<(), InspectorError> {
        self.call(&None, "Runtime.getIsolateId", &json!({}), patience).await.map(|_| ())
    }

    /// Ends the connection, without the frame that says so: that one could be cut in two as well.
    pub async fn hang_up(&mut self) {
        let goodbye = self.socket.get_mut().shutdown();
        let _ = tokio::time::timeout(Duration::from_millis(500), goodbye).await;
    }
}

fn lost(error: &SocketError) -> InspectorError {
    InspectorError::Lost(match error {
        SocketError::Io(error) => error.to_string(),
        SocketError::Http(response) => format!("the answer was HTTP {}", response.status()),
        other => other.to_string(),
    })
}
