//! Deployments and StatefulSets, and which of them run Backstage.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::Api;
use kube::api::ListParams;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backstage::Backstage;
use super::helm::is_backstage;
use super::{Found, Kind, Origin, Release, Scope, Search, Workload};
use crate::access::Access;
use crate::client::{ApiError, Cluster};
use crate::lists;

/// Images of Backstage by their place.
const IMAGES: &[&str] = &["quay.io/rhdh", "registry.redhat.io/rhdh", "ghcr.io/backstage/backstage"];

/// A workload with the parts that are looked at.
struct Controller {
    kind: Kind,
    metadata: ObjectMeta,
    selector: LabelSelector,
    template: Option<core::PodSpec>,
    object: serde_json::Value,
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
                wanted(search)
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

fn wanted(search: &Search) -> String {
    match search.containers.as_slice() {
        [] => super::BACKEND.to_owned(),
        names => names.join(" or "),
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

/// How a workload was found, what it is known by, its directory, and what lies beside that.
type Placed = (Origin, String, PathBuf, Option<(PathBuf, serde_json::Value)>);

/// Workloads by the directory that each would have alone, and the kind and name that tell several apart.
type Kept = BTreeMap<(PathBuf, (Kind, String)), Workload>;

/// The rules by which a workload is one of Backstage, and those that it kept.
struct Rules<'a> {
    search: &'a Search,
    releases: &'a [Release],
    resources: &'a [Backstage],
    kept: Kept,
}

impl Rules<'_> {
    fn look(&mut self, controller: Controller) {
        let Controller { metadata, template, .. } = &controller;
        let (Some(namespace), Some(name)) = (&metadata.namespace, &metadata.name) else { return };
        let containers =
            template.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
        let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
        if !names.iter().any(|container| self.search.wants_container(container, &names)) {
            return;
        }
        let Some((origin, instance, directory, beside)) = self.place(&controller, namespace, name)
        else {
            return;
        };
        if !self.search.wants(name, &instance) {
            return;
        }
        let key = (directory.clone(), (controller.kind, name.clone()));
        let workload = Workload {
            origin,
            kind: controller.kind,
            namespace: namespace.clone(),
            name: name.clone(),
            instance,
            selector: selector(&controller.selector),
            directory,
            object: controller.object,
            beside,
        };
        self.kept.insert(key, workload);
    }

    /// How the workload was found and where it belongs; `None` if it is none of ours.
    fn place(&self, controller: &Controller, namespace: &str, name: &str) -> Option<Placed> {
        let kind = controller.kind;
        let release = self.releases.iter().find(|release| {
            release.workloads.iter().any(|(manifest_kind, manifest_namespace, manifest_name)| {
                manifest_kind == kind.name()
                    && manifest_namespace == namespace
                    && manifest_name == name
            })
        });
        if let Some(release) = release {
            let directory =
                helm_dir("releases", &release.namespace, &release.name).join(kind.directory());
            return Some((Origin::HelmRelease, release.name.clone(), directory, None));
        }
        let resource =
            self.resources.iter().find(|cr| cr.namespace == namespace && cr.workload() == name);
        if let Some(resource) = resource {
            // What is not the kind that the resource asks for is left over from before.
            let is_leftover = self.has_both(resource, controller);
            let last = if is_leftover { "rhdh-statefulset" } else { "deployment" };
            let directory = cr_dir(resource).join(last);
            let file = cr_dir(resource).join(format!("{}.yaml", resource.name));
            let beside = Some((file, resource.object.clone()));
            return Some((Origin::Backstage, resource.name.clone(), directory, beside));
        }
        if self.search.without_helm {
            return None;
        }
        let none = BTreeMap::new();
        let labels = controller.metadata.labels.as_ref().unwrap_or(&none);
        let annotations = controller.metadata.annotations.as_ref().unwrap_or(&none);
        if labels.get("app.kubernetes.io/managed-by").map(String::as_str) != Some("Helm")
            || name.contains("must-gather")
        {
            return None;
        }
        let tells = ["helm.sh/chart", "app.kubernetes.io/name", "app.kubernetes.io/instance"];
        let by_label =
            tells.iter().any(|label| labels.get(*label).is_some_and(|value| is_backstage(value)));
        if !by_label && !has_backstage_image(controller.template.as_ref()) {
            return None;
        }
        // Helm itself leaves its release's name; `helm template` does not.
        // Anybody who may annotate a workload writes these; they become directories.
        let release =
            annotations.get("meta.helm.sh/release-name").filter(|name| super::is_name(name));
        let release_namespace =
            annotations.get("meta.helm.sh/release-namespace").filter(|name| super::is_name(name));
        let release_namespace = release_namespace.map_or(namespace, String::as_str);
        Some(match release {
            Some(release) => {
                let directory = helm_dir("releases", release_namespace, release);
                (Origin::HelmRelease, release.clone(), directory.join(kind.directory()), None)
            }
            None => {
                let directory = helm_dir("standalone", namespace, name);
                (Origin::HelmStandalone, name.to_owned(), directory.join(kind.directory()), None)
            }
        })
    }

    /// Whether this is the StatefulSet beside a Deployment of the same resource.
    fn has_both(&self, resource: &Backstage, controller: &Controller) -> bool {
        // Deployments are listed before StatefulSets.
        controller.kind == Kind::StatefulSet
            && self.kept.values().any(|other| {
                other.kind == Kind::Deployment
                    && other.namespace == resource.namespace
                    && other.name == resource.workload()
            })
    }
}

fn helm_dir(sort: &str, namespace: &str, name: &str) -> PathBuf {
    Path::new("helm").join(sort).join(format!("ns={namespace}")).join(name)
}

fn cr_dir(resource: &Backstage) -> PathBuf {
    let Backstage { namespace, name, .. } = resource;
    Path::new("operator/backstage-crs").join(format!("ns={namespace}")).join(name)
}

fn has_backstage_image(spec: Option<&core::PodSpec>) -> bool {
    let Some(spec) = spec else { return false };
    let first = spec.init_containers.iter().flatten();
    first.chain(&spec.containers).filter_map(|container| container.image.as_ref()).any(|image| {
        let image = image.to_ascii_lowercase();
        IMAGES.iter().any(|place| image.contains(place)) && !image.contains("must-gather")
    })
}

/// Gives each workload its directory. The first of a chart's Deployments has the one that a chart with a
/// single one would have, the others one with their name.
fn directories(kept: Kept) -> Vec<Workload> {
    let mut taken = std::collections::BTreeSet::new();
    kept.into_values()
        .map(|mut workload| {
            if !taken.insert(workload.directory.clone()) {
                let last = workload.directory.file_name().unwrap_or_default().to_string_lossy();
                let name = format!("{last}={}", workload.name);
                workload.directory.set_file_name(name);
            }
            workload
        })
        .collect()
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
    use super::*;
    use serde_json::json;

    fn controller(kind: Kind, value: serde_json::Value) -> Controller {
        let deployment: Deployment = serde_json::from_value(value).expect("a deployment");
        let spec = deployment.spec.unwrap_or_default();
        Controller {
            kind,
            metadata: deployment.metadata,
            selector: spec.selector,
            template: spec.template.spec,
            object: serde_json::Value::Null,
        }
    }

    fn workload(
        name: &str,
        labels: serde_json::Value,
        annotations: serde_json::Value,
    ) -> serde_json::Value {
        json!({
            "metadata": {"name": name, "namespace": "ns", "labels": labels, "annotations": annotations},
            "spec": {
                "selector": {"matchLabels": {"app": name}},
                "template": {"spec": {"containers": [{"name": "backstage-backend", "image": "x/y:1"}]}},
            },
        })
    }

    fn dirs(releases: &[Release], resources: &[Backstage], all: Vec<Controller>) -> Vec<String> {
        let search = Search::default();
        let mut rules = Rules { search: &search, releases, resources, kept: BTreeMap::new() };
        for controller in all {
            rules.look(controller);
        }
        let found = directories(rules.kept);
        found.iter().map(|workload| workload.directory.display().to_string()).collect()
    }

    #[test]
    fn standalone_and_annotated_workloads_of_helm() {
        let helm =
            json!({"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "backstage-1.0"});
        let annotated = json!({"meta.helm.sh/release-name": "rel"});
        let all = vec![
            controller(Kind::Deployment, workload("one", helm.clone(), json!({}))),
            controller(Kind::StatefulSet, workload("two", helm.clone(), json!({}))),
            controller(Kind::Deployment, workload("three", helm.clone(), annotated)),
            controller(Kind::Deployment, workload("rhdh-must-gather", helm, json!({}))),
            controller(Kind::Deployment, workload("plain", json!({}), json!({}))),
        ];
        assert_eq!(
            dirs(&[], &[], all),
            [
                "helm/releases/ns=ns/rel/deployment",
                "helm/standalone/ns=ns/one/deployment",
                "helm/standalone/ns=ns/two/statefulset",
            ]
        );
    }

    #[test]
    fn annotations_do_not_lead_out_of_the_collection() {
        let helm =
            json!({"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "backstage-1.0"});
        for name in ["../../../../etc", "/etc/cron.d", "a/b", "..", ""] {
            let annotations =
                json!({"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": name});
            let all =
                vec![controller(Kind::Deployment, workload("one", helm.clone(), annotations))];
            assert_eq!(dirs(&[], &[], all), ["helm/standalone/ns=ns/one/deployment"], "{name}");
        }
    }

    #[test]
    fn several_deployments_in_one_chart() {
        let release = Release {
            namespace: "ns".to_owned(),
            name: "rel".to_owned(),
            chart: "backstage-1".to_owned(),
            revision: 1,
            status: "deployed".to_owned(),
            workloads: ["a", "b"]
                .map(|name| ("Deployment".to_owned(), "ns".to_owned(), name.to_owned()))
                .to_vec(),
        };
        let all = ["a", "b", "c"]
            .map(|name| controller(Kind::Deployment, workload(name, json!({}), json!({}))));
        assert_eq!(
            dirs(&[release], &[], all.into()),
            ["helm/releases/ns=ns/rel/deployment", "helm/releases/ns=ns/rel/deployment=b"]
        );
    }

    #[test]
    fn custom_resources_of_either_kind() {
        let resource = |name: &str| Backstage {
            namespace: "ns".to_owned(),
            name: name.to_owned(),
            kind: "Deployment".to_owned(),
            object: serde_json::Value::Null,
        };
        let all = vec![
            controller(Kind::Deployment, workload("backstage-a", json!({}), json!({}))),
            controller(Kind::StatefulSet, workload("backstage-a", json!({}), json!({}))),
            controller(Kind::StatefulSet, workload("backstage-b", json!({}), json!({}))),
        ];
        assert_eq!(
            dirs(&[], &[resource("a"), resource("b")], all),
            [
                "operator/backstage-crs/ns=ns/a/deployment",
                "operator/backstage-crs/ns=ns/a/rhdh-statefulset",
                "operator/backstage-crs/ns=ns/b/deployment",
            ]
        );
    }

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
