//! Which targets an inspector has: two small HTTP requests.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::InspectorError;

/// The list of targets is a few hundred bytes for each.
const LARGEST_ANSWER: usize = 1 << 20;

/// A target of an inspector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Target {
    /// Its title, for a script its file.
    pub title: String,
    /// Its kind: `node`, `page`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its script.
    pub url: String,
    /// Where to talk to it.
    pub web_socket_debugger_url: String,
}

impl Target {
    /// The path in its address.
    pub fn path(&self) -> Option<&str> {
        let rest = self.web_socket_debugger_url.split_once("://")?.1;
        rest.split_once('/').map(|(_, path)| path).filter(|path| !path.is_empty())
    }
}

/// Asks for the targets over a fresh stream.
pub async fn targets<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    patience: Duration,
) -> Result<Vec<Target>, InspectorError> {
    let body = get(stream, "/json/list", patience).await?;
    serde_json::from_slice(&body).map_err(|_| {
        InspectorError::NotAnInspector("what answers there is no inspector".to_owned())
    })
}

/// Gets a document over a fresh stream.
async fn get<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    path: &str,
    patience: Duration,
) -> Result<Vec<u8>, InspectorError> {
    let talk = async {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        let mut answer = Vec::new();
        let mut piece = vec![0; 16 << 10];
        while answer.len() < LARGEST_ANSWER && body(&answer, false).is_none() {
            match stream.read(&mut piece).await? {
                0 => break,
                n => answer.extend_from_slice(&piece[..n]),
            }
        }
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(patience, talk)
        .await
        .map_err(|_| InspectorError::Silent {
            what: format!("GET {path}"),
            seconds: patience.as_secs(),
        })?
        .map_err(|e| InspectorError::Lost(e.to_string()))?;
    body(&answer, true).unwrap_or_else(|| {
        Err(InspectorError::NotAnInspector("what answers there does not speak HTTP".to_owned()))
    })
}

/// The body of an answer that is there as a whole. An answer without a length ends with its stream.
fn body(answer: &[u8], ended: bool) -> Option<Result<Vec<u8>, InspectorError>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(answer) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return None,
        Err(_) => {
            let message = "what answers there does not speak HTTP".to_owned();
            return Some(Err(InspectorError::NotAnInspector(message)));
        }
    };
    let status = response.code.unwrap_or_default();
    if status != 200 {
        let message = format!("what answers there is no inspector: HTTP {status}");
        return Some(Err(InspectorError::NotAnInspector(message)));
    }
    let length = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length
        .and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse::<usize>().ok());
    let rest = &answer[head..];
    match length {
        Some(length) => rest.get(..length).map(|body| Ok(body.to_vec())),
        None => ended.then(|| Ok(rest.to_vec())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn targets_are_listed() {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let server = tokio::spawn(async move {
            let mut request = vec![0; 1024];
            let n = theirs.read(&mut request).await.unwrap();
            assert!(request[..n].starts_with(b"GET /json/list HTTP/1.1\r\nHost: 127.0.0.1\r\n"));
            let body = r#"[{"title":"a.js","type":"node","webSocketDebuggerUrl":"ws://127.0.0.1:9229/x-y"}]"#;
            let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            theirs.write_all(head.as_bytes()).await.unwrap();
            theirs.write_all(body.as_bytes()).await.unwrap();
            // The stream stays open, and the length is enough.
            std::future::pending::<()>().await;
        });
        let found = targets(ours, Duration::from_secs(5)).await.unwrap();
        assert_eq!(found[0].title, "a.js");
        assert_eq!(found[0].path(), Some("x-y"));
        server.abort();
    }

    #[test]
    fn only_whole_bodies_count() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
        for end in 0..whole.len() {
            assert!(body(&whole[..end], false).is_none());
        }
        assert_eq!(body(whole, false).unwrap().unwrap(), b"[]");
        let open = b"HTTP/1.1 200 OK\r\n\r\n[]";
        assert!(body(open, false).is_none());
        assert_eq!(body(open, true).unwrap().unwrap(), b"[]");
        assert!(body(b"HTTP/1.1 404 Not Found\r\n\r\n", false).unwrap().is_err());
        assert!(body(b"SSH-2.0-OpenSSH_9.2\r\n", false).unwrap().is_err());
    }
}
