//! Deployments and StatefulSets: all of a cluster, a page at a time, of which those of Backstage are kept.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::Api;
use kube::api::ListParams;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backstage::Backstage;
use super::rules::{Kept, Rules, cr_dir, directories, helm_dir};
use super::{Found, Kind, Release, Scope, Search};
use crate::access::Access;
use crate::client::{ApiError, Cluster};
use crate::lists;

/// A workload with the parts that are looked at.
pub(super) struct Controller {
    pub(super) kind: Kind,
    pub(super) metadata: ObjectMeta,
    pub(super) selector: LabelSelector,
    pub(super) template: Option<core::PodSpec>,
    pub(super) object: serde_json::Value,
}

impl From<Deployment> for Controller {
    fn from(deployment: Deployment) -> Controller {
        let object = object("Deployment", &deployment);
        let spec = deployment.spec.unwrap_or_default();
        Controller {
            kind: Kind::Deployment,
            metadata: deployment.metadata,
            selector: spec.selector,
            template: spec.template.spec,
            object,
        }
    }
}

impl From<StatefulSet> for Controller {
    fn from(set: StatefulSet) -> Controller {
        let object = object("StatefulSet", &set);
        let spec = set.spec.unwrap_or_default();
        Controller {
            kind: Kind::StatefulSet,
            metadata: set.metadata,
            selector: spec.selector,
            template: spec.template.spec,
            object,
        }
    }
}

/// Finds out whether pods may be listed everywhere, by listing one.
pub(super) async fn may_list_everywhere(
    cluster: &Cluster,
    access: &Access,
) -> Result<(), ApiError> {
    let api: Api<core::Pod> = Api::all(cluster.client());
    let params = ListParams::default().limit(1);
    cluster.ask("pods", access, api.list_metadata(&params)).await.map(|_| ())
}

/// Goes through all Deployments and StatefulSets, a page at a time, and keeps those of Backstage.
pub(super) async fn find(
    cluster: &Cluster,
    search: &Search,
    scope: &Scope,
    releases: &[Release],
    resources: &[Backstage],
    found: &mut Found,
) {
    let mut rules = Rules { search, releases, resources, kept: BTreeMap::new() };
    for namespace in scope.each() {
        let deployments = pages(cluster, namespace, "deployments", |deployment: Deployment| {
            rules.look(deployment.into());
        });
        if let Err(error) = deployments.await {
            found.failed(&error);
        }
        let sets = pages(cluster, namespace, "statefulsets", |set: StatefulSet| {
            rules.look(set.into());
        });
        if let Err(error) = sets.await {
            found.failed(&error);
        }
    }
    let kept = rules.kept;
    note_without_workload(search, releases, resources, &kept, found);
    warn_of_doubles(resources, &kept, found);
    if resources.is_empty() && !search.without_operator {
        let text = "No Backstage custom resources were found.\n".to_owned();
        found.files.push((PathBuf::from("operator/backstage-crs/no-crs.txt"), text));
    }
    found.workloads.extend(directories(kept));
}

/// Says which releases and resources no workload was found for.
fn note_without_workload(
    search: &Search,
    releases: &[Release],
    resources: &[Backstage],
    kept: &Kept,
    found: &mut Found,
) {
    for release in releases {
        let prefix = helm_dir("releases", &release.namespace, &release.name);
        if !kept.keys().any(|(directory, _)| directory.starts_with(&prefix)) {
            found.note(format!(
                "release {}/{} ({}) has no workload with container {}",
                release.namespace,
                release.name,
                release.chart,
                search.container_names()
            ));
        }
    }
    for resource in resources {
        let prefix = cr_dir(resource);
        if search.wants(&resource.workload(), &resource.name)
            && !kept.keys().any(|(directory, _)| directory.starts_with(&prefix))
        {
            found.note(format!(
                "Backstage {}/{} has no Deployment or StatefulSet {}",
                resource.namespace,
                resource.name,
                resource.workload()
            ));
        }
    }
}

/// Says of which resources there is a Deployment and a StatefulSet: one of both is left over.
fn warn_of_doubles(resources: &[Backstage], kept: &Kept, found: &mut Found) {
    for resource in resources {
        let name = resource.workload();
        let kinds: Vec<Kind> = kept
            .values()
            .filter(|workload| workload.namespace == resource.namespace && workload.name == name)
            .map(|workload| workload.kind)
            .collect();
        if let [_, _] = kinds[..] {
            let left = if resource.kind == "StatefulSet" { "Deployment" } else { "StatefulSet" };
            let text = format!(
                "Backstage {} has a Deployment and a StatefulSet called {name}. The resource asks for a {}: the \
                 {left} is left over from before and uses memory for nothing. Both are collected: deployment/ and \
                 rhdh-statefulset/.\n",
                resource.name, resource.kind
            );
            found.files.push((cr_dir(resource).join("warning-dual-workload.txt"), text));
        }
    }
}

/// Lists objects of a kind.
async fn pages<K>(
    cluster: &Cluster,
    namespace: Option<&str>,
    resource: &'static str,
    mut each: impl FnMut(K) + Send,
) -> Result<(), ApiError>
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Debug,
{
    let api: Api<K> = match namespace {
        Some(namespace) => Api::namespaced(cluster.client(), namespace),
        None => Api::all(cluster.client()),
    };
    let access = Access::new("list", "apps", resource, namespace);
    lists::objects(cluster, &api, ListParams::default(), resource, &access, &mut each).await
}

/// An object with its kind, which lists leave out.
pub(super) fn object(kind: &str, object: &impl Serialize) -> serde_json::Value {
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(map) = value.as_object_mut() {
        map.insert("apiVersion".to_owned(), "apps/v1".into());
        map.insert("kind".to_owned(), kind.into());
    }
    value
}

/// A label selector as the API takes it.
pub(super) fn selector(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.match_expressions.iter().flatten().filter_map(|expression| {
        let key = &expression.key;
        let values = expression.values.as_deref().unwrap_or_default().join(",");
        Some(match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.clone(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        })
    });
    equal.chain(expressions).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_with_expressions() {
        let value = json!({
            "matchLabels": {"a": "1"},
            "matchExpressions": [
                {"key": "b", "operator": "In", "values": ["x", "y"]},
                {"key": "c", "operator": "Exists"},
                {"key": "d", "operator": "DoesNotExist"},
            ],
        });
        let text = selector(&serde_json::from_value(value).expect("a selector"));
        assert_eq!(text, "a=1,b in (x,y),c,!d");
    }
}
