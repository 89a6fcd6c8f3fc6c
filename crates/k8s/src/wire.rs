//! The index of a collection, `heap-dumps.json`: the wire contract of `gather`.

use schemars::JsonSchema;
use serde::Serialize;

/// What was collected, from where, and what was not and why.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct HeapDumps {
    /// The version of this document's form. It changes when a reader has to.
    pub schema_version: u32,
    /// The program that wrote it, with its version.
    pub tool: String,
    /// When collecting began, as RFC 3339 in UTC.
    pub started: String,
    /// When it ended.
    pub finished: String,
    /// The cluster, as the user calls it.
    pub cluster: String,
    /// Whether credentials in the files beside the snapshots are masked. The snapshots themselves are not touched.
    pub redacted: bool,
    /// Whether collecting was interrupted before its end.
    pub interrupted: bool,
    /// Each workload that was found.
    pub workloads: Vec<Workload>,
    /// Rights that are missing.
    pub missing_rights: Vec<MissingRight>,
    /// What else stood in the way.
    pub errors: Vec<String>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Counts of all of it.
    pub summary: Summary,
}

/// A workload.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its kind: `Deployment`, `StatefulSet`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The Helm release, custom resource or workload that it is known by.
    pub instance: String,
    /// How it was found: `helm-release`, `helm-standalone`, `backstage` or `selector`.
    pub origin: String,
    /// Its directory, relative to this file.
    pub directory: String,
    /// Its running pods.
    pub pods: Vec<Pod>,
    /// Why nothing could be collected from it as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Why there is nothing of it to be collected, where that is no failure: all its pods are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A pod.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// Its unique id.
    pub uid: String,
    /// The node that it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Its directory, relative to this file.
    pub directory: String,
    /// The containers that were looked into.
    pub containers: Vec<Container>,
    /// What became of it before it was its turn, where another pod of its workload was asked: nothing is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<String>,
}

/// A container.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// How often it was started anew.
    pub restarts: i32,
    /// Its directory, relative to this file.
    pub directory: String,
    /// The Node.js processes in it.
    pub processes: Vec<Process>,
    /// Snapshots that lay in it already.
    pub found_snapshots: Vec<Snapshot>,
    /// The ephemeral container that it was reached by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_container: Option<String>,
    /// All ephemeral containers that were added, also those that failed. They have ended, or end themselves,
    /// but stay in the pod's description.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ephemeral_containers: Vec<String>,
    /// Why no process could be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// How a process's snapshot ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is whole, and was checked.
    Collected,
    /// A part of it is there.
    Partial,
    /// It would have been unsafe, so nothing was done.
    Refused,
    /// It was only looked at, and could be taken.
    DryRun,
    /// It ended by itself before it was its turn, as the processes of probes do, and others of its container were
    /// asked: nothing is missing.
    Ended,
    /// It was tried, and did not work.
    #[default]
    Failed,
}

/// A Node.js process.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Process {
    /// Its id inside the container.
    pub pid: u32,
    /// Its command line, masked.
    pub command: String,
    /// How its snapshot ended.
    pub outcome: Outcome,
    /// Its snapshots: the main thread's and, if asked for, those of worker threads.
    pub snapshots: Vec<Snapshot>,
    /// Why there is none, or no whole one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What else was tried and did not work: commands in the container, if an ephemeral container was tried after
    /// them, or that one, if it could not be added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<String>,
}

/// A snapshot.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Snapshot {
    /// The file, relative to this one.
    pub file: String,
    /// Its size on disk in bytes.
    pub bytes: u64,
    /// Whether it is whole: every section was there and the counts were right.
    pub complete: bool,
    /// When it was taken, as RFC 3339; for one that lay there, when its file was written last.
    pub time: String,
    /// How it was taken: `inspector`, `sigusr2` or `found`.
    pub method: String,
    /// Where it lay in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_path: Option<String>,
    /// Nodes in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u64>,
    /// Edges in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges: Option<u64>,
    /// How long the event loop stood still, in milliseconds; where that is only known from outside, at least so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_ms: Option<u64>,
    /// At most so long, where it is only known from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_most_ms: Option<u64>,
    /// From the request to the last byte, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Bytes of the snapshot a second, from the first to the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// How long the reader waited for the disk, in milliseconds, while the process kept what was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stalled_ms: Option<u64>,
    /// The process's resident memory in bytes before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_before: Option<u64>,
    /// At its peak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_peak: Option<u64>,
    /// Afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_after: Option<u64>,
    /// The worker thread that it is of; absent for the main thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
}

/// A right that is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingRight {
    /// What could not be done.
    pub what: String,
    /// Where the rule belongs.
    pub role: String,
    /// The rule, as YAML.
    pub rule: String,
}

/// Counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Workloads that were found.
    pub workloads: u64,
    /// Running pods that were looked into.
    pub pods: u64,
    /// Processes whose snapshot is whole.
    pub collected: u64,
    /// Processes of whose snapshot a part is there.
    pub partial: u64,
    /// Processes that it would have been unsafe to ask.
    pub refused: u64,
    /// Processes and containers that it did not work for.
    pub failed: u64,
    /// Processes that were only looked at, and whose snapshot could be taken.
    pub dry_run: u64,
    /// Snapshots that lay in pods already.
    pub found_snapshots: u64,
    /// Those of them that are not whole.
    pub found_partial: u64,
    /// Bytes of all snapshots.
    pub bytes: u64,
}

impl HeapDumps {
    /// The version that this program writes.
    pub const VERSION: u32 = 1;

    /// Counts anew.
    pub fn count(&mut self) {
        let mut summary = Summary { workloads: self.workloads.len() as u64, ..Summary::default() };
        for workload in &self.workloads {
            summary.failed += u64::from(workload.problem.is_some());
            for pod in &workload.pods {
                summary.pods += 1;
                for container in &pod.containers {
                    let is_missing = container.problem.is_some() && pod.gone.is_none();
                    summary.failed += u64::from(is_missing);
                    summary.found_snapshots += container.found_snapshots.len() as u64;
                    let found = container.found_snapshots.iter();
                    summary.found_partial += found.filter(|found| !found.complete).count() as u64;
                    let taken = container.processes.iter().flat_map(|process| &process.snapshots);
                    summary.bytes +=
                        taken.chain(&container.found_snapshots).map(|it| it.bytes).sum::<u64>();
                    for process in &container.processes {
                        let count = match process.outcome {
                            Outcome::Ended => continue,
                            Outcome::Collected => &mut summary.collected,
                            Outcome::Partial => &mut summary.partial,
                            Outcome::Refused => &mut summary.refused,
                            Outcome::Failed => &mut summary.failed,
                            Outcome::DryRun => &mut summary.dry_run,
                        };
                        *count += 1;
                    }
                }
            }
        }
        self.summary = summary;
    }

    /// Whether there is nothing to collect: workloads were found, and none has a process any more that could be asked.
    pub fn is_done(&self) -> bool {
        !self.workloads.is_empty() && self.workloads.iter().all(|workload| workload.note.is_some())
    }

    /// Whether everything that was found was collected whole.
    pub fn is_whole(&self) -> bool {
        let Summary { partial, refused, failed, found_partial, .. } = self.summary;
        partial + refused + failed + found_partial == 0
            && !self.interrupted
            && self.errors.is_empty()
            && self.missing_rights.is_empty()
    }
}

/// The schema of the document.
pub fn schema() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<HeapDumps>();
    schema.insert("title".to_owned(), "heapglass gather: heap-dumps.json".into());
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(process: Option<Outcome>, found: Option<bool>) -> HeapDumps {
        let process = process.map(|outcome| Process { outcome, ..Process::default() });
        let found = found.map(|complete| Snapshot { complete, ..Snapshot::default() });
        let container = Container {
            processes: process.into_iter().collect(),
            found_snapshots: found.into_iter().collect(),
            ..Container::default()
        };
        let pod = Pod { containers: vec![container], ..Pod::default() };
        let workload = Workload { pods: vec![pod], ..Workload::default() };
        let mut index = HeapDumps { workloads: vec![workload], ..HeapDumps::default() };
        index.count();
        index
    }

    #[test]
    fn a_snapshot_that_lay_there_in_part_is_not_the_whole_of_it() {
        assert!(index(Some(Outcome::Collected), Some(true)).is_whole());
        let part = index(Some(Outcome::Collected), Some(false));
        assert!(!part.is_whole());
        assert_eq!((part.summary.found_snapshots, part.summary.found_partial), (1, 1));
    }

    #[test]
    fn what_ended_by_itself_is_not_missing() {
        let ended = index(Some(Outcome::Ended), None);
        assert!(ended.is_whole());
        assert_eq!((ended.summary.failed, ended.summary.collected), (0, 0));
        assert!(!index(Some(Outcome::Failed), None).is_whole());
    }

    #[test]
    fn a_pod_that_went_away_is_missing_only_where_no_other_was_asked() {
        for (gone, failed) in [(None, 1), (Some("pod web-1 was deleted".to_owned()), 0)] {
            let mut index = index(None, None);
            let pod = &mut index.workloads[0].pods[0];
            pod.containers[0].problem = Some("pod web-1 was deleted".to_owned());
            pod.gone = gone;
            index.count();
            assert_eq!((index.summary.failed, index.is_whole()), (failed, failed == 0));
        }
    }

    #[test]
    fn where_all_is_done_there_is_nothing_to_collect() {
        let index = |notes: &[Option<&str>]| {
            let workload = |note: &Option<&str>| Workload {
                note: note.map(str::to_owned),
                ..Workload::default()
            };
            let workloads = notes.iter().map(workload).collect();
            HeapDumps { workloads, ..HeapDumps::default() }
        };
        let done = Some("all its pods are done");
        assert!(index(&[done, done]).is_done() && index(&[done]).is_whole());
        assert!(!index(&[done, None]).is_done());
        assert!(!index(&[]).is_done(), "what is not found may be missing");
    }

    #[test]
    fn what_was_only_looked_at_is_not_collected() {
        let looked = index(Some(Outcome::DryRun), None);
        assert_eq!((looked.summary.collected, looked.summary.dry_run), (0, 1));
        assert!(looked.is_whole());
        let text = serde_json::to_string(&looked).expect("JSON");
        assert!(text.contains("\"outcome\":\"dry_run\""), "{text}");
    }
}
