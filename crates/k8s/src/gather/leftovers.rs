//! Snapshots that lie in a container already: written at the end of memory, or on an earlier signal.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::place::{Place, RawProcess, RemoteFile};
use heapglass_collect::sink::{Sink, SinkOptions};
use jiff::Timestamp;
use tokio::io::AsyncReadExt;

use super::{Event, Run};
use crate::pod::Pod;
use crate::wire;

/// What a snapshot's file is called.
const ENDING: &str = ".heapsnapshot";

/// Collects them. They stay where they are.
pub(crate) async fn collect(
    run: &Run<'_>,
    place: &Pod,
    name: &str,
    node: &[(RawProcess, ProcessFacts)],
    directory: &Path,
) -> Vec<wire::Snapshot> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (process, folder) in folders(run, node) {
        if run.options.dry_run || run.stopped() {
            break;
        }
        let files = match place.list(&place.path_for(process, &folder)).await {
            Ok(files) => files,
            Err(error) => {
                run.say(name, format!("snapshots in {folder} are not looked for: {error}"));
                continue;
            }
        };
        for file in files {
            let short = shorten(&file.path, process);
            if !file.path.ends_with(ENDING) || file.size == 0 || !seen.insert(short.clone()) {
                continue;
            }
            run.say(name, format!("{short} lies there already: collecting it"));
            match one(run, place, name, &file, &short, directory).await {
                Ok(snapshot) => found.push(snapshot),
                Err(why) => {
                    run.complain(name, format!("{short}: {why}"));
                    run.error(format!("{name}: {short}: {why}"));
                }
            }
        }
    }
    found
}

/// Where Node.js writes snapshots, with a process that sees the directory.
fn folders(run: &Run<'_>, node: &[(RawProcess, ProcessFacts)]) -> Vec<(u32, String)> {
    let mut folders: Vec<(u32, String)> = Vec::new();
    let mut add = |pid: u32, folder: &str| {
        let folder = folder.trim_end_matches('/');
        if folder.starts_with('/') && !folders.iter().any(|(_, known)| known == folder) {
            folders.push((pid, folder.to_owned()));
        }
    };
    for (raw, facts) in node {
        if let Some(folder) = facts.options.diagnostic_dir.as_deref() {
            let absolute = if folder.starts_with('/') {
                folder.to_owned()
            } else {
                format!("{}/{folder}", raw.cwd)
            };
            add(raw.pid, &absolute);
        }
        add(raw.pid, &run.options.remote_dir);
        add(raw.pid, "/tmp");
        add(raw.pid, &raw.cwd);
    }
    folders
}

/// A path as the container calls it.
fn shorten(path: &str, process: u32) -> String {
    path.strip_prefix(&format!("/proc/{process}/root")).unwrap_or(path).to_owned()
}

async fn one(
    run: &Run<'_>,
    place: &Pod,
    name: &str,
    file: &RemoteFile,
    short: &str,
    directory: &Path,
) -> Result<wire::Snapshot, String> {
    let time = Timestamp::from_second(file.modified).unwrap_or_default();
    let ending = if run.options.compress { ".heapsnapshot.zst" } else { ENDING };
    let path = super::take::free_name(
        directory,
        &format!("heapdump-{}.found", super::take::stamp(time)),
        ending,
    );
    super::files::make_directory(directory).map_err(|error| error.to_string())?;
    let deadline = run.options.timeout;
    let copy = async {
        let mut remote = place.open(&file.path, 0).await.map_err(|error| error.to_string())?;
        let mut options = SinkOptions::new(path);
        options.queue = run.queue();
        let mut sink = Sink::create(options).map_err(|error| error.to_string())?;
        let mut broken = None;
        loop {
            let mut piece = vec![0; 1 << 18];
            match remote.read(&mut piece).await {
                Ok(0) => break,
                Ok(count) => {
                    piece.truncate(count);
                    if !sink.push(piece).await {
                        break;
                    }
                    run.listener.on(Event::Bytes { place: name.to_owned(), bytes: sink.bytes() });
                }
                Err(error) => {
                    broken = Some(error.to_string());
                    break;
                }
            }
            if run.stopped() {
                broken = Some("interrupted".to_owned());
                break;
            }
        }
        let written = sink.finish().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((written, broken))
    };
    let (written, broken) = tokio::time::timeout(deadline.max(Duration::from_secs(60)), copy)
        .await
        .map_err(|_| format!("it did not arrive within {} s", deadline.as_secs()))??;
    run.listener.on(Event::Bytes { place: name.to_owned(), bytes: 0 });
    let stopped = written.stopped.as_ref().map(ToString::to_string);
    let Some(path) = &written.path else {
        return Err(broken.or(stopped).unwrap_or_else(|| "nothing arrived".to_owned()));
    };
    let complete = written.checked.is_whole() && broken.is_none() && stopped.is_none();
    if let Some(why) = broken.or(stopped) {
        run.complain(name, format!("{short} arrived in part: {why}"));
    } else if !complete {
        run.complain(name, format!("{short} is not whole: the process died, or still writes it"));
    }
    Ok(wire::Snapshot {
        file: run.relative(path),
        bytes: written.bytes_on_disk,
        complete,
        time: time.to_string(),
        method: "found".to_owned(),
        remote_path: Some(short.to_owned()),
        nodes: Some(written.checked.nodes),
        edges: Some(written.checked.edges),
        ..wire::Snapshot::default()
    })
}
