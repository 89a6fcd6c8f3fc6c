//! The logs of containers, without credentials.

use std::path::Path;
use std::time::Duration;

use futures_util::AsyncReadExt;
use heapglass_secrets::Lines;
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
    let mut lines = Lines::default();
    let mut rest = Vec::new();
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
        rest.extend_from_slice(&buffer[..count]);
        let Some(writer) = &mut out else { return Ok(()) };
        let at_end = count == 0;
        let whole = match rest.iter().rposition(|&byte| byte == b'\n') {
            _ if at_end => rest.len(),
            Some(last) => last + 1,
            None if rest.len() >= LINE => rest.len(),
            None => continue,
        };
        let text = String::from_utf8_lossy(&rest[..whole]);
        if with_secrets {
            writer.write_all(text.as_bytes()).await.map_err(failed)?;
        } else {
            for line in text.split_inclusive('\n') {
                let end = if line.ends_with('\n') { "\n" } else { "" };
                if let Some(masked) = lines.mask(line.trim_end_matches('\n')) {
                    writer.write_all(masked.as_bytes()).await.map_err(failed)?;
                    writer.write_all(end.as_bytes()).await.map_err(failed)?;
                }
            }
        }
        rest.drain(..whole);
        if at_end {
            return writer.flush().await.map_err(failed);
        }
    }
}
