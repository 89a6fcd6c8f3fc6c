//! The options of `gather`.

use std::path::PathBuf;

use clap::Args;
use heapglass_k8s::gather::Method;
use heapglass_k8s::pod::Via;

use crate::args::choices;

#[derive(Debug, Args)]
pub(crate) struct GatherArgs {
    /// Take snapshots; without it only logs and descriptions are collected
    #[arg(long)]
    pub(crate) with_heap_dumps: bool,
    /// How to take them [default: auto; env: RHDH_HEAP_DUMP_METHOD]
    #[arg(long, value_name = "METHOD")]
    pub(crate) heap_dump_method: Option<GatherMethod>,
    /// Only instances whose name contains one of these [env: RHDH_HEAP_DUMP_INSTANCES]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) heap_dump_instances: Vec<String>,
    /// Only these namespaces [default: all; env: RHDH_TARGET_NAMESPACES]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) namespaces: Vec<String>,
    /// Where to write [default: /must-gather if it is there, else a new directory here; env: BASE_COLLECTION_PATH]
    #[arg(long, value_name = "DIR")]
    pub(crate) base_collection_path: Option<PathBuf>,
    /// Pods with these labels, instead of Helm releases and Backstage resources
    #[arg(long, value_name = "LABELS")]
    pub(crate) selector: Option<String>,
    /// Containers to look into [default: backstage-backend; with --selector all]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) container: Vec<String>,
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Workloads to collect from at a time; the replicas of one come one after the other
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) parallel: u16,
    /// Collect from the replicas of a workload at the same time: all of them pause together
    #[arg(long)]
    pub(crate) replicas_at_once: bool,
    /// End with code 4 if anything could not be collected
    #[arg(long)]
    pub(crate) strict: bool,
    /// Look and judge, take nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) force: crate::args::ForceArg,
    /// Take worker threads too, each into a file of its own
    #[arg(long)]
    pub(crate) workers: bool,
    /// Compress the snapshots with zstd
    #[arg(long)]
    pub(crate) compress: bool,
    /// Redact the snapshots as they come: what is private never reaches this disk
    #[arg(long, value_name = "POLICY", num_args = 0..=1, default_missing_value = "strict", require_equals = true)]
    pub(crate) redact: Option<crate::args::PolicyChoice>,
    /// Take the key for --redact from this file, or make it: the same text becomes the same in all files of one key
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub(crate) key: Option<PathBuf>,
    /// How to reach a container
    #[arg(long, value_name = "WAY", default_value = "auto")]
    pub(crate) via: ReachVia,
    /// Image with a shell for ephemeral containers [default: docker.io/library/busybox:stable]
    #[arg(long, value_name = "IMAGE", env = "HEAPGLASS_DEBUG_IMAGE")]
    pub(crate) debug_image: Option<String>,
    /// Leave credentials in logs and descriptions
    #[arg(long)]
    pub(crate) with_secrets: bool,
    /// Do not look for Helm releases
    #[arg(long)]
    pub(crate) without_helm: bool,
    /// Do not look for Backstage custom resources
    #[arg(long)]
    pub(crate) without_operator: bool,
}

choices! {
    GatherMethod for Method {
        /// The inspector, else SIGUSR2 if the process catches it
        Auto,
        /// V8's inspector: nothing is written in the pod
        Inspector,
        /// SIGUSR2, for a process that was started for it
        Sigusr2,
    }
}

choices! {
    ReachVia for Via {
        /// A shell in the container, else its Node.js, else an ephemeral container
        Auto,
        /// Commands in the container alone
        Exec,
        /// An ephemeral container that shares the processes
        Ephemeral,
    }
}
