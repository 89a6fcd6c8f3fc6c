//! What `capture` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use heapglass_collect::capture::Method;
use heapglass_collect::watch::Condition;
use heapglass_k8s::named::PodName;

use super::choice::choices;
use super::{ForceArg, InspectorAddress, PolicyChoice, value};

#[derive(Debug, Args)]
pub(crate) struct CaptureArgs {
    /// The process's id
    #[arg(long, value_name = "N", group = "which", help_heading = "Which process")]
    pub(crate) pid: Option<u32>,
    /// An inspector that is open: `HOST:PORT`, `PORT` or a `ws://` address
    #[arg(long, value_name = "ADDRESS", group = "which", help_heading = "Which process", value_parser = value::inspector_address)]
    pub(crate) inspect: Option<InspectorAddress>,
    /// The Node.js process whose command line matches this regular expression
    #[arg(long, value_name = "REGEX", group = "which", help_heading = "Which process")]
    pub(crate) name: Option<String>,
    /// A pod: `NAMESPACE/NAME` or `NAMESPACE/NAME/CONTAINER`; with --pid, a process in it
    #[arg(long, value_name = "POD", conflicts_with_all = ["inspect", "name"], help_heading = "Which process", value_parser = PodName::parse)]
    pub(crate) pod: Option<PodName>,
    /// Context of the kubeconfig, for --pod [default: the current one]
    #[arg(long, value_name = "NAME", requires = "pod", help_heading = "Which process")]
    pub(crate) context: Option<String>,
    /// Image with a shell for an ephemeral container, if the pod's has neither shell nor Node.js, for --pod
    #[arg(long, value_name = "IMAGE", requires = "pod", help_heading = "Which process")]
    pub(crate) debug_image: Option<String>,
    /// How to take it
    #[arg(long, value_name = "METHOD", default_value = "auto", help_heading = "What to take")]
    pub(crate) method: CaptureMethod,
    /// Take worker threads too, each into a file of its own
    #[arg(long, help_heading = "What to take")]
    pub(crate) workers: bool,
    /// Show V8's own objects under their own names
    #[arg(long, help_heading = "What to take")]
    pub(crate) expose_internals: bool,
    /// Put the values of numbers in
    #[arg(long, help_heading = "What to take")]
    pub(crate) numeric_values: bool,
    /// File to write [default: heapdump-YYYYMMDD-HHMMSS.heapsnapshot here]
    #[arg(long, value_name = "FILE", help_heading = "What to take")]
    pub(crate) out: Option<PathBuf>,
    /// Compress with zstd; also if the name of --out ends in .zst
    #[arg(long, help_heading = "What to take")]
    pub(crate) compress: bool,
    /// Redact it as it comes: what is private never reaches this disk
    #[arg(long, value_name = "POLICY", num_args = 0..=1, default_missing_value = "strict", require_equals = true, help_heading = "What to take")]
    pub(crate) redact: Option<PolicyChoice>,
    /// Take the key for --redact from this file, or make it: the same text becomes the same in all files of one key
    #[arg(long, value_name = "FILE", requires = "redact", help_heading = "What to take")]
    pub(crate) key: Option<PathBuf>,
    /// Say what uses the memory as soon as the last byte is in; with --redact also which credentials were in it
    #[arg(long, help_heading = "What to take", conflicts_with = "json")]
    pub(crate) report: bool,
    /// Snapshots to take, one after the other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "When")]
    pub(crate) snapshots: u32,
    /// Time between the starts of two snapshots
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = value::duration, help_heading = "When")]
    pub(crate) interval: Duration,
    /// Watch the process, and take the (first) snapshot when this holds: `heap>80%`, `rss>1.5GiB`, `heap>+50MB/10m`
    #[arg(long, value_name = "CONDITION", value_parser = value::condition, help_heading = "When")]
    pub(crate) when: Option<Condition>,
    /// Only check whether it is safe, and do nothing to the process
    #[arg(long, help_heading = "Safety")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) force: ForceArg,
    /// Send no signal: take it only if the inspector is open already
    #[arg(long, help_heading = "Safety")]
    pub(crate) no_signal: bool,
    /// Refuse if the event loop would surely stand still for longer than this
    #[arg(long, value_name = "TIME", value_parser = value::duration, help_heading = "Safety")]
    pub(crate) max_pause: Option<Duration>,
    /// Give up on a snapshot after this time, and keep what arrived
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = value::duration, help_heading = "Safety")]
    pub(crate) timeout: Duration,
    /// Give up on a process that does not answer for this time
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::duration, help_heading = "Safety")]
    pub(crate) patience: Duration,
    /// Only close an inspector that was left open
    #[arg(long, conflicts_with_all = ["dry_run", "inspect"], help_heading = "Safety")]
    pub(crate) close_inspector: bool,
}

choices! {
    CaptureMethod for Method {
        /// The inspector, else SIGUSR2 if the process catches it
        Auto,
        /// V8's inspector: nothing is written where the process is
        Inspector,
        /// SIGUSR2, for a process that was started with --heapsnapshot-signal=SIGUSR2
        Sigusr2,
    }
}
