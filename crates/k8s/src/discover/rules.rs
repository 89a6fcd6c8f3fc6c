//! Which Deployments and StatefulSets run Backstage, and where each belongs in the collection.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1 as core;

use super::backstage::Backstage;
use super::controllers::{Controller, selector};
use super::helm::is_backstage;
use super::{Kind, Origin, Release, Search, Workload};

/// Images of Backstage by their place.
const IMAGES: &[&str] = &["quay.io/rhdh", "registry.redhat.io/rhdh", "ghcr.io/backstage/backstage"];

/// The rules by which a workload is one of Backstage, and those that it kept.
pub(super) struct Rules<'a> {
    pub(super) search: &'a Search,
    pub(super) releases: &'a [Release],
    pub(super) resources: &'a [Backstage],
    pub(super) kept: Kept,
}

impl Rules<'_> {
    /// Keeps a workload that is one of Backstage and wanted.
    pub(super) fn look(&mut self, controller: Controller) {
        let Controller { metadata, template, .. } = &controller;
        let (Some(namespace), Some(name)) = (&metadata.namespace, &metadata.name) else { return };
        if template.as_ref().is_none_or(|spec| self.search.wanted(spec).is_empty()) {
            return;
        }
        let Some(placed) = self.place(&controller, namespace, name) else { return };
        if !self.search.wants(name, &placed.instance) {
            return;
        }
        let key = (placed.directory.clone(), (controller.kind, name.clone()));
        let workload = Workload {
            origin: placed.origin,
            kind: controller.kind,
            namespace: namespace.clone(),
            name: name.clone(),
            instance: placed.instance,
            selector: selector(&controller.selector),
            directory: placed.directory,
            object: controller.object,
            beside: placed.beside,
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
            let instance = release.name.clone();
            return Some(Placed { origin: Origin::HelmRelease, instance, directory, beside: None });
        }
        let resource =
            self.resources.iter().find(|cr| cr.namespace == namespace && cr.workload() == name);
        if let Some(resource) = resource {
            // What is not the kind that the resource asks for is left over from before.
            let is_leftover = self.has_both(resource, controller);
            let last = if is_leftover { "rhdh-statefulset" } else { "deployment" };
            let directory = cr_dir(resource).join(last);
            let file = cr_dir(resource).join(format!("{}.yaml", resource.name));
            let instance = resource.name.clone();
            let beside = Some((file, resource.object.clone()));
            return Some(Placed { origin: Origin::Backstage, instance, directory, beside });
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
        let (origin, instance, directory) = match release {
            Some(release) => {
                let directory = helm_dir("releases", release_namespace, release);
                (Origin::HelmRelease, release.as_str(), directory)
            }
            None => (Origin::HelmStandalone, name, helm_dir("standalone", namespace, name)),
        };
        let directory = directory.join(kind.directory());
        Some(Placed { origin, instance: instance.to_owned(), directory, beside: None })
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

/// Workloads by the directory that each would have alone, and the kind and name that tell several apart.
pub(super) type Kept = BTreeMap<(PathBuf, (Kind, String)), Workload>;

/// Where a workload belongs.
struct Placed {
    origin: Origin,
    /// What it is known by.
    instance: String,
    directory: PathBuf,
    /// A description that lies beside the directory, and its file.
    beside: Option<(PathBuf, serde_json::Value)>,
}

/// The directory of what Helm brought, below the collection.
pub(super) fn helm_dir(sort: &str, namespace: &str, name: &str) -> PathBuf {
    Path::new("helm").join(sort).join(format!("ns={namespace}")).join(name)
}

/// The directory of a Backstage resource, below the collection.
pub(super) fn cr_dir(resource: &Backstage) -> PathBuf {
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
pub(super) fn directories(kept: Kept) -> Vec<Workload> {
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

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::json;

    use super::*;

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
}
