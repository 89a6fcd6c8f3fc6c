//! The logs of containers, without credentials.

use std::path::Path;
use std::time::Duration;

use futures_util::AsyncReadExt;
use heapglass_secrets::{Lines, Rules};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::LogParams;
use tokio::io::AsyncWriteExt;

use crate::access::Access;
use crate::client::{ApiError, Cluster, api_error};

/// From when on logs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Since {
    /// All that there is.
    #[default]
    Ever,
    /// This long ago (`MUST_GATHER_SINCE`).
    Ago(Duration),
    /// A point in time (`MUST_GATHER_SINCE_TIME`).
    Time(Timestamp),
}

/// Longest line that is masked as one.
const LINE: usize = 1 << 20;

/// Writes the log of a container to a file; a file without content is not made.
pub(crate) async fn write(
    cluster: &Cluster,
    pod: &core::Pod,
    container: &str,
    previous: bool,
    since: Since,
    with_secrets: bool,
    file: &Path,
) -> Result<(), ApiError> {
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let name = pod.metadata.name.clone().unwrap_or_default();
    let api: Api<core::Pod> = Api::namespaced(cluster.client(), &namespace);
    let access = Access::new("get", "", "pods/log", Some(&namespace));
    let what = format!("the log of container {container} of pod {name}");
    let mut params = LogParams {
        container: Some(container.to_owned()),
        previous,
        timestamps: true,
        ..LogParams::default()
    };
    match since {
        Since::Ever => {}
        Since::Ago(ago) => params.since_seconds = i64::try_from(ago.as_secs().max(1)).ok(),
        Since::Time(time) => params.since_time = Some(time),
    }
    let mut stream = cluster.ask(&what, &access, api.log_stream(&name, &params)).await?;
    let failed =
        |error: std::io::Error| ApiError::Other { what: what.clone(), why: error.to_string() };
    let mut out: Option<tokio::io::BufWriter<tokio::fs::File>> = None;
    let mut passing = Passing::new(with_secrets);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = tokio::time::timeout(cluster.deadline(), stream.read(&mut buffer)).await;
        let count = match read {
            Ok(Ok(count)) => count,
            Ok(Err(error)) => {
                return Err(api_error(&what, &access, &kube::Error::ReadEvents(error)));
            }
            Err(_) => return Err(ApiError::Late { what, after: cluster.deadline() }),
        };
        if count > 0 && out.is_none() {
            if let Some(parent) = file.parent() {
                tokio::fs::create_dir_all(parent).await.map_err(failed)?;
            }
            let created = tokio::fs::File::create(file).await.map_err(failed)?;
            out = Some(tokio::io::BufWriter::new(created));
        }
        let Some(writer) = &mut out else { return Ok(()) };
        let text = if count == 0 { passing.end() } else { passing.pass(&buffer[..count]) };
        writer.write_all(text.as_bytes()).await.map_err(failed)?;
        if count == 0 {
            return writer.flush().await.map_err(failed);
        }
    }
}

/// Text on its way, line by line, or piece by piece where a line is too long to be kept.
struct Passing {
    with_secrets: bool,
    lines: Lines,
    /// The beginning of a line.
    rest: Vec<u8>,
}

impl Passing {
    fn new(with_secrets: bool) -> Passing {
        Passing { with_secrets, lines: Lines::default(), rest: Vec::new() }
    }

    /// What can be written when these bytes have come: whole lines, masked.
    fn pass(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        // What was there before has no end of a line in it.
        let whole = match bytes.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => self.rest.len() - bytes.len() + last + 1,
            None if self.rest.len() >= LINE => cut(&self.rest),
            None => return String::new(),
        };
        self.take(whole)
    }

    /// What is left when no more comes.
    fn end(&mut self) -> String {
        self.take(self.rest.len())
    }

    fn take(&mut self, whole: usize) -> String {
        let text = String::from_utf8_lossy(self.rest.get(..whole).unwrap_or_default());
        let masked =
            if self.with_secrets { text.into_owned() } else { mask(&mut self.lines, &text) };
        self.rest.drain(..whole);
        masked
    }
}

fn mask(lines: &mut Lines, text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let bare = line.strip_suffix('\n');
        if let Some(line) = lines.mask(bare.unwrap_or(line)) {
            masked.push_str(&line);
            masked.push_str(if bare.is_some() { "\n" } else { "" });
        }
    }
    masked
}

/// Where a line is cut that is too long: in its last part, where no credential is and no character is cut in two. What
/// stands behind that place tells, so that some of it is there.
fn cut(line: &[u8]) -> usize {
    let last = line.len().saturating_sub(LINE / 2);
    let text = as_long(line.get(last..).unwrap_or_default());
    last + Rules::standard().cut(&text, text.len().saturating_sub(Rules::AROUND))
}

/// Bytes as text of the same length.
fn as_long(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes a text on in pieces of some bytes; what came out, and the most that was kept at once.
    fn passed(text: &[u8], piece: usize, with_secrets: bool) -> (String, usize) {
        let mut passing = Passing::new(with_secrets);
        let (mut out, mut kept) = (String::new(), 0);
        for bytes in text.chunks(piece) {
            let text = passing.pass(bytes);
            kept = kept.max(passing.rest.capacity() + text.capacity());
            out += &text;
        }
        out += &passing.end();
        (out, kept)
    }

    #[test]
    fn a_line_of_many_megabytes_is_not_kept() {
        // With characters of several bytes, with blanks and without any.
        for word in ["\u{e4}\u{20ac}\u{1f600}x", "some words "] {
            let text = word.repeat((16 << 20) / word.len()) + "\nand one more";
            let (out, kept) = passed(text.as_bytes(), 64 << 10, false);
            assert!(out == text, "{} bytes became {}", text.len(), out.len());
            assert!(kept < 4 << 20, "{kept} bytes were kept");
            let (out, _) = passed(text.as_bytes(), 64 << 10, true);
            assert!(out == text);
        }
    }

    #[test]
    fn a_credential_is_masked_wherever_a_long_line_is_cut() {
        let key = "MIIEpAIBAAKCAQEAabcdef0123456789\\n".repeat(6);
        let key = format!("-----BEGIN PRIVATE KEY-----\\n{key}-----END PRIVATE KEY-----\\n");
        // The first is cut when so much is there.
        let piece = 10_007;
        let end = LINE.div_ceil(piece) * piece - Rules::AROUND;
        for secret in
            ["Authorization: Bearer abcdef0123456789", r#""password": "correct horse, ba""#, &key]
        {
            // Also behind bytes that are no text.
            let strange = &b"\xff, "[..];
            for (inside, strange) in
                [(0, &b""[..]), (1, strange), (8, b""), (24, strange), (secret.len() / 2, b"")]
            {
                let filler = "word ".repeat(end / 5 + 1).into_bytes();
                let before = &filler[..end - inside - strange.len()];
                let line = [before, strange, secret.as_bytes(), b", ", &filler[..100_000]].concat();
                let (out, _) = passed(&line, piece, false);
                let masked = Rules::standard().mask(&String::from_utf8_lossy(&line)).into_owned();
                assert!(out == masked && out.contains("[REDACTED"), "{secret} {inside}");
            }
        }
    }

    #[test]
    fn a_text_is_as_long_as_its_bytes() {
        let bytes = b"\xa4a\xff\xfe\xe2\x82b\xe2\x82\xacc\xf0\x9f";
        let text = as_long(bytes);
        assert_eq!((text.as_str(), text.len()), ("?a????b\u{20ac}c??", bytes.len()));
    }

    #[test]
    fn lines_go_on_as_they_come() {
        let mut passing = Passing::new(false);
        assert_eq!(passing.pass(b"one\ntw"), "one\n");
        assert_eq!(passing.pass(b"o\n\nthree"), "two\n\n");
        assert_eq!(passing.end(), "three");
        assert_eq!(passing.end(), "");
    }
}
