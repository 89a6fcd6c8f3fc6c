//! The cases, each with what it deploys and what has to be true afterwards.

mod access;
mod collects;
mod harm;
mod inside;
mod moves;

use serde_json::{Value, json};

use super::kube::{self, Images};
use super::manifests::{BACKEND, Workload};
use super::{Case, guide};

pub(crate) const ALL: &[Case] = &[
    // The first line deploys what takes longest to fill its heap.
    Case::new("big-heap", collects::deploy_big, collects::check_big),
    Case::new("two-namespaces", collects::deploy_two, collects::check_two),
    Case::new("memory-limit", harm::deploy_memory, harm::check_memory),
    Case::new("forced", harm::deploy_forced, harm::check_forced),
    Case::new("neighbour", harm::deploy_neighbour, harm::check_neighbour),
    Case::new("liveness", harm::deploy_liveness, harm::check_liveness),
    Case::new("rights", access::deploy_rights, access::check_rights),
    Case::new("leftovers", collects::deploy_leftovers, collects::check_leftovers),
    Case::new("crashing", moves::deploy_crashing, moves::check_crashing),
    Case::new("context", access::deploy_context, access::check_context),
    Case::new("replicas", collects::deploy_replicas, collects::check_replicas),
    Case::new("other-user", access::deploy_other_user, access::check_other_user),
    Case::new("ephemeral", access::deploy_ephemeral, access::check_ephemeral),
    Case::new("several-processes", collects::deploy_several, collects::check_several),
    Case::new("signal", collects::deploy_signal, collects::check_signal),
    Case::new("nothing-there", collects::deploy_nothing, collects::check_nothing),
    Case::new("interrupted", harm::deploy_interrupted, harm::check_interrupted),
    Case::new("deleted", harm::deploy_deleted, harm::check_deleted),
    Case::new("restarted", moves::deploy_restarted, moves::check_restarted),
    Case::new("evicted", moves::deploy_evicted, moves::check_evicted),
    Case::new("shared", moves::deploy_shared, moves::check_shared),
    Case::new("node-processes", moves::deploy_node, moves::check_node),
    Case::new("inside-job", inside::deploy_job, inside::check_job),
    Case::new("inside-everywhere", inside::deploy_everywhere, inside::check_everywhere),
    Case::new("inside-must-gather", inside::deploy_must_gather, inside::check_must_gather),
    Case::new("guide", guide::deploy, guide::check),
];

/// Labels that `helm template` leaves.
fn standalone() -> Value {
    json!({"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "backstage-4.1.0", "app.kubernetes.io/instance": "portal"})
}

fn app(name: &str, images: &Images) -> Workload {
    Workload { labels: standalone(), ..Workload::new(name, images) }
}

/// The container's directory in a collection, without its last slash.
fn container(workload: &str, pod: &Value) -> String {
    format!("{workload}/heap-dumps/pod={}/container={BACKEND}", kube::name(pod))
}
