//! Commands in containers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use heapglass_collect::place::PlaceError;
use heapglass_collect::words::size;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use crate::access::Access;
use crate::client::{ApiError, Cluster, api_error};
use crate::script::REPLACED;

/// Output is read through a buffer of this size.
const BUFFER: usize = 1 << 20;

/// A container, to run commands in.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) cluster: Cluster,
    pub(crate) namespace: String,
    pub(crate) pod: String,
    pub(crate) container: String,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) end: End,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    /// The image has no such program.
    NoProgram,
    /// The runtime could not start it, or lost it.
    Broken(String),
}

impl Said {
    /// The output of a command that went well.
    pub(crate) fn fine(self, what: &str) -> Result<Vec<u8>, PlaceError> {
        let why = match self.end {
            End::Code(0) => return Ok(self.stdout),
            End::Code(REPLACED) => {
                let (what, why) = (what.to_owned(), one_line(&self.stderr));
                return Err(PlaceError::Gone { what, why });
            }
            End::Code(code) => format!("exit code {code}: {}", one_line(&self.stderr)),
            End::NoProgram => "the image has no such program".to_owned(),
            End::Broken(why) => why,
        };
        Err(PlaceError::Impossible { what: what.to_owned(), why })
    }
}

impl Target {
    fn api(&self) -> Api<core::Pod> {
        Api::namespaced(self.cluster.client(), &self.namespace)
    }

    /// Runs a command to its end, and gives back what it said, up to `limit` bytes.
    pub(crate) async fn run(
        &self,
        command: &[String],
        deadline: Duration,
        limit: u64,
    ) -> Result<Said, PlaceError> {
        let what = self.what(command);
        let run = async {
            let mut process = self.start(command).await?;
            let status = process.take_status();
            let (stdout, stderr) = (process.stdout(), process.stderr());
            let (stdout, stderr) =
                tokio::try_join!(read_up_to(stdout, limit), read_all(stderr, 1 << 16))
                    .map_err(|source| PlaceError::Io { what: what.clone(), source })?;
            let Some(stdout) = stdout else {
                // Nobody reads the rest, so the command would never end.
                let why = format!("it answered with more than {}", size(limit));
                return Err(PlaceError::Impossible { what: what.clone(), why });
            };
            let status = match status {
                Some(status) => status.await,
                None => None,
            };
            let stderr = String::from_utf8_lossy(&stderr).into_owned();
            let end = match status {
                Some(status) => end(&status, &stderr),
                None => End::Broken("the connection ended before the command did".to_owned()),
            };
            Ok(Said { stdout, stderr, end })
        };
        match tokio::time::timeout(deadline, run).await {
            Ok(said) => said,
            Err(_) => Err(late(what, deadline)),
        }
    }

    /// Starts a command whose output is read as it comes.
    pub(crate) async fn stream(&self, command: &[String]) -> Result<Output, PlaceError> {
        let what = self.what(command);
        let deadline = self.cluster.deadline();
        let started = tokio::time::timeout(deadline, self.start(command)).await;
        let mut process = started.map_err(|_| late(what.clone(), deadline))??;
        let status: Option<StatusFuture> =
            process.take_status().map(|status| Box::pin(status) as StatusFuture);
        let Some(stdout) = process.stdout() else {
            let why = "the command has no output".to_owned();
            return Err(PlaceError::Impossible { what, why });
        };
        // What it complains about is read along, so that it never waits for us.
        let complaints = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        if let Some(stderr) = process.stderr() {
            let complaints = complaints.clone();
            tokio::spawn(async move {
                let text = read_all(Some(stderr), 1 << 16).await.unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                *complaints.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = text;
            });
        }
        Ok(Output { stdout: Box::pin(stdout), status, complaints, _process: process })
    }

    async fn start(&self, command: &[String]) -> Result<AttachedProcess, PlaceError> {
        let params = AttachParams {
            container: Some(self.container.clone()),
            stdin: false,
            stdout: true,
            stderr: true,
            max_stdout_buf_size: Some(BUFFER),
            ..AttachParams::default()
        };
        let started = self.api().exec(&self.pod, command, &params).await;
        started.map_err(|error| {
            let what = self.what(command);
            place_error(api_error(&what, &Access::exec(&self.namespace), &error))
        })
    }

    /// What is tried, without the program text.
    fn what(&self, command: &[String]) -> String {
        let program = command.first().map_or("", String::as_str);
        format!("running {program} in container {} of pod {}", self.container, self.pod)
    }
}

/// Reads to the end; `None` as soon as there is more than `limit`.
async fn read_up_to(
    stream: Option<impl AsyncRead + Unpin>,
    limit: u64,
) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(limit.saturating_add(1)).read_to_end(&mut bytes).await?;
    }
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Reads to the end and keeps the beginning.
async fn read_all(stream: Option<impl AsyncRead + Unpin>, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(limit).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

fn late(what: String, after: Duration) -> PlaceError {
    let text = format!("no answer within {} s", after.as_secs());
    PlaceError::Io { what, source: std::io::Error::new(std::io::ErrorKind::TimedOut, text) }
}

/// Puts an error of the cluster in the terms of a place.
pub(crate) fn place_error(error: ApiError) -> PlaceError {
    match error {
        ApiError::Forbidden { access, why } => PlaceError::Forbidden {
            what: access.to_string(),
            why: format!("{why}; {}", access.advice()),
        },
        ApiError::NotFound { what, why } => PlaceError::Gone { what, why },
        ApiError::Other { what, why } if why.contains("container not found") => {
            PlaceError::Gone { what, why }
        }
        ApiError::Late { what, after } => late(what, after),
        ApiError::Other { what, why } => {
            PlaceError::Io { what, source: std::io::Error::other(why) }
        }
        other => {
            let what = "asking the cluster".to_owned();
            PlaceError::Io { what, source: std::io::Error::other(other.to_string()) }
        }
    }
}

/// How a command ended, by the words of the API server and of the runtimes behind it.
fn end(status: &Status, stderr: &str) -> End {
    if status.status.as_deref() == Some("Success") {
        return End::Code(0);
    }
    let message = status.message.clone().unwrap_or_default();
    let not_found = |text: &str| {
        text.contains("executable file not found")
            || (text.contains("no such file or directory") && text.contains("exec"))
    };
    if not_found(&message) || not_found(stderr) {
        return End::NoProgram;
    }
    let causes = status.details.as_ref().and_then(|details| details.causes.as_ref());
    let code = causes.into_iter().flatten().find_map(|cause| {
        let is_code = cause.reason.as_deref() == Some("ExitCode");
        cause.message.as_ref().filter(|_| is_code)?.parse().ok()
    });
    match code {
        Some(code) => End::Code(code),
        None => End::Broken(one_line(&message)),
    }
}

/// A text on one line, cut where it gets long.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

type StatusFuture = Pin<Box<dyn Future<Output = Option<Status>> + Send>>;

/// The output of a command that runs. Its end is an error unless the command ended well.
pub struct Output {
    stdout: Pin<Box<dyn AsyncRead + Send>>,
    status: Option<StatusFuture>,
    complaints: std::sync::Arc<std::sync::Mutex<String>>,
    _process: AttachedProcess,
}

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        match self.stdout.as_mut().poll_read(context, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() == before && buffer.remaining() > 0 => {}
            other => return other,
        }
        let Some(status) = &mut self.status else { return Poll::Ready(Ok(())) };
        let Poll::Ready(status) = status.as_mut().poll(context) else { return Poll::Pending };
        self.status = None;
        let complaints = self.complaints.lock().map(|text| one_line(&text)).unwrap_or_default();
        let why = match status.map(|status| end(&status, &complaints)) {
            Some(End::Code(0)) => return Poll::Ready(Ok(())),
            Some(End::Code(code)) => format!("the command ended with code {code}: {complaints}"),
            Some(End::NoProgram) => "the image has no such program".to_owned(),
            Some(End::Broken(why)) => why,
            None => "the connection ended before the command did".to_owned(),
        };
        Poll::Ready(Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, why)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> Status {
        serde_json::from_str(text).expect("a status")
    }

    #[test]
    fn how_commands_end() {
        let check = |text: &str, expected: End| assert_eq!(end(&status(text), ""), expected);
        check(r#"{"status":"Success"}"#, End::Code(0));
        check(
            r#"{"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with non-zero exit code",
                "details":{"causes":[{"reason":"ExitCode","message":"7"}]}}"#,
            End::Code(7),
        );
        check(
            r#"{"status":"Failure","reason":"InternalError","message":"OCI runtime exec failed: exec failed: unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown"}"#,
            End::NoProgram,
        );
        check(
            r#"{"status":"Failure","message":"exec failed: exec: \"/bin/sh\": stat /bin/sh: no such file or directory"}"#,
            End::NoProgram,
        );
        check(r#"{"status":"Failure","message":"boom"}"#, End::Broken("boom".to_owned()));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(one_line(" a\n b "), "a b");
        assert_eq!(one_line(&"ä".repeat(500)).chars().count(), 401);
    }

    #[tokio::test]
    async fn an_answer_that_is_too_long_is_not_waited_for() {
        // The other end stays open, as it does while a command still writes.
        let (mut far, near) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut far, &[0; 11]).await.expect("written");
        assert_eq!(read_up_to(Some(near), 10).await.expect("read"), None);
        assert_eq!(read_up_to(Some(&[1u8; 10][..]), 10).await.expect("read"), Some(vec![1; 10]));
        assert_eq!(read_all(Some(&[1u8; 99][..]), 10).await.expect("read"), vec![1; 10]);
    }
}
