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
    Case { name: "big-heap", deploy: collects::deploy_big, check: collects::check_big },
    Case { name: "two-namespaces", deploy: collects::deploy_two, check: collects::check_two },
    Case { name: "memory-limit", deploy: harm::deploy_memory, check: harm::check_memory },
    Case { name: "forced", deploy: harm::deploy_forced, check: harm::check_forced },
    Case { name: "liveness", deploy: harm::deploy_liveness, check: harm::check_liveness },
    Case { name: "rights", deploy: access::deploy_rights, check: access::check_rights },
    Case {
        name: "leftovers",
        deploy: collects::deploy_leftovers,
        check: collects::check_leftovers,
    },
    Case { name: "crashing", deploy: moves::deploy_crashing, check: moves::check_crashing },
    Case { name: "context", deploy: access::deploy_context, check: access::check_context },
    Case { name: "replicas", deploy: collects::deploy_replicas, check: collects::check_replicas },
    Case { name: "other-user", deploy: access::deploy_other_user, check: access::check_other_user },
    Case { name: "ephemeral", deploy: access::deploy_ephemeral, check: access::check_ephemeral },
    Case {
        name: "several-processes",
        deploy: collects::deploy_several,
        check: collects::check_several,
    },
    Case { name: "signal", deploy: collects::deploy_signal, check: collects::check_signal },
    Case {
        name: "nothing-there",
        deploy: collects::deploy_nothing,
        check: collects::check_nothing,
    },
    Case { name: "interrupted", deploy: harm::deploy_interrupted, check: harm::check_interrupted },
    Case { name: "deleted", deploy: harm::deploy_deleted, check: harm::check_deleted },
    Case { name: "restarted", deploy: moves::deploy_restarted, check: moves::check_restarted },
    Case { name: "evicted", deploy: moves::deploy_evicted, check: moves::check_evicted },
    Case { name: "shared", deploy: moves::deploy_shared, check: moves::check_shared },
    Case { name: "inside-job", deploy: inside::deploy_job, check: inside::check_job },
    Case {
        name: "inside-everywhere",
        deploy: inside::deploy_everywhere,
        check: inside::check_everywhere,
    },
    Case {
        name: "inside-must-gather",
        deploy: inside::deploy_must_gather,
        check: inside::check_must_gather,
    },
    Case { name: "guide", deploy: guide::deploy, check: guide::check },
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
