//! Workloads of any sort, by the labels of their pods.

use std::collections::BTreeMap;
use std::path::Path;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::ListParams;
use serde_json::Value;

use super::controllers::object;
use super::{Found, Kind, Origin, Scope, Search, Workload};
use crate::access::Access;
use crate::client::Cluster;
use crate::lists;

/// Finds the owners of the pods that `selector` selects.
pub(super) async fn find(
    cluster: &Cluster,
    search: &Search,
    scope: &Scope,
    selector: &str,
    found: &mut Found,
) {
    let mut owners: BTreeMap<(String, Kind, String), ()> = BTreeMap::new();
    for namespace in scope.each() {
        let api: Api<core::Pod> = match namespace {
            Some(namespace) => Api::namespaced(cluster.client(), namespace),
            None => Api::all(cluster.client()),
        };
        let access = Access::new("list", "", "pods", namespace);
        let params = ListParams::default().labels(selector);
        let mut keep = |pod: kube::api::PartialObjectMeta<core::Pod>| {
            let namespace = pod.metadata.namespace.clone().unwrap_or_default();
            let (kind, name) = owner(&pod.metadata);
            if search.wants(&name, &name) {
                owners.insert((namespace, kind, name), ());
            }
        };
        let listed = lists::metadata(cluster, &api, params, "pods", &access, &mut keep).await;
        if let Err(error) = listed {
            found.failed(&error);
        }
    }
    if owners.is_empty() && found.missing.is_empty() && found.errors.is_empty() {
        found.note(format!("no pod has the labels {selector}"));
    }
    for (namespace, kind, name) in owners.into_keys() {
        let directory = Path::new("workloads")
            .join(format!("ns={namespace}"))
            .join(&name)
            .join(kind.directory());
        found.workloads.push(Workload {
            origin: Origin::Selector,
            kind,
            object: describe(cluster, &namespace, kind, &name).await,
            namespace,
            instance: name.clone(),
            name,
            selector: selector.to_owned(),
            directory,
            beside: None,
        });
    }
}

/// Who a pod belongs to. A ReplicaSet stands for its Deployment, whose name it has, with a hash.
pub(crate) fn owner(
    metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
) -> (Kind, String) {
    let owners = metadata.owner_references.as_deref().unwrap_or_default();
    let own = || metadata.name.clone().unwrap_or_default();
    let Some(owner) = owners.iter().find(|owner| owner.controller == Some(true)).or(owners.first())
    else {
        return (Kind::Pod, own());
    };
    let hash = metadata.labels.as_ref().and_then(|labels| labels.get("pod-template-hash"));
    match owner.kind.as_str() {
        "ReplicaSet" => {
            let deployment = match hash {
                Some(hash) => owner.name.strip_suffix(hash.as_str()),
                None => owner.name.rsplit_once('-').map(|(name, _)| name),
            };
            let name = deployment.map_or(owner.name.as_str(), |name| name.trim_end_matches('-'));
            (Kind::Deployment, name.to_owned())
        }
        "StatefulSet" => (Kind::StatefulSet, owner.name.clone()),
        "DaemonSet" => (Kind::DaemonSet, owner.name.clone()),
        "Job" => (Kind::Job, owner.name.clone()),
        _ => (Kind::Other, owner.name.clone()),
    }
}

/// The workload's own description; null where it may not be seen, which is no reason to stop.
async fn describe(cluster: &Cluster, namespace: &str, kind: Kind, name: &str) -> Value {
    let client = cluster.client();
    let right = |resource| Access::new("get", "apps", resource, Some(namespace));
    match kind {
        Kind::Deployment => {
            let api: Api<Deployment> = Api::namespaced(client, namespace);
            let asked = cluster.ask(name, &right("deployments"), api.get(name)).await;
            asked.map(|it| object("Deployment", &it)).unwrap_or_default()
        }
        Kind::StatefulSet => {
            let api: Api<StatefulSet> = Api::namespaced(client, namespace);
            let asked = cluster.ask(name, &right("statefulsets"), api.get(name)).await;
            asked.map(|it| object("StatefulSet", &it)).unwrap_or_default()
        }
        Kind::DaemonSet => {
            let api: Api<DaemonSet> = Api::namespaced(client, namespace);
            let asked = cluster.ask(name, &right("daemonsets"), api.get(name)).await;
            asked.map(|it| object("DaemonSet", &it)).unwrap_or_default()
        }
        Kind::Job | Kind::Pod | Kind::Other => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_of_pods() {
        let check = |value: Value, expected: (Kind, &str)| {
            let (kind, name) = owner(&serde_json::from_value(value).expect("metadata"));
            assert_eq!((kind, name.as_str()), expected);
        };
        check(serde_json::json!({"name": "fat"}), (Kind::Pod, "fat"));
        check(
            serde_json::json!({"name": "web-7d9-x", "labels": {"pod-template-hash": "7d9"}, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9", "uid": "u", "controller": true}]}),
            (Kind::Deployment, "web"),
        );
        check(
            serde_json::json!({"name": "db-0", "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "u"}]}),
            (Kind::StatefulSet, "db"),
        );
    }
}
