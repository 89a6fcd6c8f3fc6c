//! Which workloads to look at: Helm releases, Backstage custom resources, or whatever a selector names.

mod backstage;
mod controllers;
mod helm;
mod rules;
mod selected;

use std::path::PathBuf;

use k8s_openapi::api::core::v1 as core;
use serde_json::Value;

use crate::access::Access;
use crate::client::{ApiError, Cluster};
use crate::status::{lasting, stays};

pub use helm::Release;
pub(crate) use selected::owner;

/// The container that runs a Backstage backend.
pub const BACKEND: &str = "backstage-backend";

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only in these namespaces; in all if there are none.
    pub namespaces: Vec<String>,
    /// Only instances whose name, or whose workload's name, contains one of these.
    pub instances: Vec<String>,
    /// Pods with these labels, instead of Helm releases and Backstage resources.
    pub selector: Option<String>,
    /// Containers by name, instead of the backend's.
    pub containers: Vec<String>,
    /// Do not look for Helm releases.
    pub without_helm: bool,
    /// Do not look for Backstage resources.
    pub without_operator: bool,
}

impl Search {
    /// Whether an instance is wanted.
    fn wants(&self, workload: &str, instance: &str) -> bool {
        let mut wanted =
            self.instances.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
        let mut any = false;
        let found = wanted.any(|item| {
            any = true;
            workload.contains(item) || instance.contains(item)
        });
        found || !any
    }

    /// The names of the containers to look into, for a person.
    pub(crate) fn container_names(&self) -> String {
        match self.containers.as_slice() {
            [] => BACKEND.to_owned(),
            names => names.join(" or "),
        }
    }

    /// The containers of a pod to look into. One that stays beside the others, as a proxy does, only if it is named.
    pub(crate) fn wanted<'a>(&self, spec: &'a core::PodSpec) -> Vec<&'a core::Container> {
        let all: Vec<&core::Container> = lasting(spec).collect();
        let names: Vec<&str> = all.iter().map(|container| container.name.as_str()).collect();
        let is_wanted = |container: &&core::Container| {
            self.wants_container(&container.name, &names)
                && (!stays(container) || self.containers.contains(&container.name))
        };
        all.iter().copied().filter(is_wanted).collect()
    }

    /// Whether a container is one to look into, when `all` are its pod's.
    fn wants_container(&self, name: &str, all: &[&str]) -> bool {
        if !self.containers.is_empty() {
            return self.containers.iter().any(|wanted| wanted == name);
        }
        name == BACKEND || self.selector.is_some() && !all.contains(&BACKEND)
    }
}

/// The kinds of workload that have pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `batch/v1` Job.
    Job,
    /// A pod that nobody owns.
    Pod,
    /// Any other owner.
    Other,
}

impl Kind {
    /// As it is written in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Deployment => "Deployment",
            Kind::StatefulSet => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
            Kind::Job => "Job",
            Kind::Pod => "Pod",
            Kind::Other => "Other",
        }
    }

    /// As it is written in directory names.
    pub fn directory(self) -> &'static str {
        match self {
            Kind::Deployment => "deployment",
            Kind::StatefulSet => "statefulset",
            Kind::DaemonSet => "daemonset",
            Kind::Job => "job",
            Kind::Pod => "pod",
            Kind::Other => "other",
        }
    }
}

/// How a workload was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A release that Helm knows.
    HelmRelease,
    /// Made by `helm template`, by its labels or its image.
    HelmStandalone,
    /// A Backstage custom resource.
    Backstage,
    /// The user's selector.
    Selector,
}

/// A workload to collect from.
#[derive(Debug, Clone)]
pub struct Workload {
    /// How it was found.
    pub origin: Origin,
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The release, custom resource or workload that users know it by.
    pub instance: String,
    /// Selects its pods.
    pub selector: String,
    /// Where its files belong, below the collection's root.
    pub directory: PathBuf,
    /// It, as the server describes it; null if it may not be seen.
    pub object: Value,
    /// What it belongs to, if that has a description of its own: file name and content.
    pub beside: Option<(PathBuf, Value)>,
}

/// What was found, and what stood in the way.
#[derive(Debug, Default)]
pub struct Found {
    /// The workloads, each once.
    pub workloads: Vec<Workload>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Rights that are missing.
    pub missing: Vec<Access>,
    /// Questions that failed for other reasons.
    pub errors: Vec<String>,
    /// Files about what was found, below the collection's root.
    pub files: Vec<(PathBuf, String)>,
}

impl Found {
    fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Keeps what failed, so that the rest can go on.
    fn failed(&mut self, error: &ApiError) {
        match error.missing() {
            Some(access) => {
                if !self.missing.contains(access) {
                    self.missing.push(access.clone());
                }
            }
            None => self.errors.push(error.to_string()),
        }
    }
}

/// The namespaces to ask in: each that was named, or all at once, or, where that is not allowed, the one of the
/// context.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    All,
    Some(Vec<String>),
}

impl Scope {
    pub(crate) fn each(&self) -> Vec<Option<&str>> {
        match self {
            Scope::All => vec![None],
            Scope::Some(names) => names.iter().map(|name| Some(name.as_str())).collect(),
        }
    }
}

/// Whether a text can be the name of an object: letters, digits, `-` and `.`, at both ends a letter or digit.
fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().last()];
    text.len() <= 253
        && ends.iter().all(|end| end.is_some_and(inner))
        && text.bytes().all(|byte| inner(byte) || matches!(byte, b'-' | b'.'))
}

/// Finds the workloads.
pub async fn find(cluster: &Cluster, search: &Search) -> Result<Found, ApiError> {
    let mut found = Found::default();
    let scope = scope(cluster, search, &mut found).await?;
    if let Some(selector) = &search.selector {
        selected::find(cluster, search, &scope, selector, &mut found).await;
    } else {
        let releases = if search.without_helm {
            Vec::new()
        } else {
            helm::releases(cluster, &scope, &mut found).await
        };
        let resources = if search.without_operator {
            Vec::new()
        } else {
            backstage::resources(cluster, &scope, &mut found).await
        };
        controllers::find(cluster, search, &scope, &releases, &resources, &mut found).await;
    }
    found.workloads.sort_by(|a, b| a.directory.cmp(&b.directory));
    Ok(found)
}

/// Where to ask; an error if not even one namespace's pods may be listed because the cluster does not answer.
async fn scope(cluster: &Cluster, search: &Search, found: &mut Found) -> Result<Scope, ApiError> {
    let named: Vec<String> = search
        .namespaces
        .iter()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if !named.is_empty() {
        return Ok(Scope::Some(named));
    }
    let access = Access::new("list", "", "pods", None);
    match controllers::may_list_everywhere(cluster, &access).await {
        Ok(()) => Ok(Scope::All),
        Err(ApiError::Forbidden { .. }) => {
            let own = cluster.namespace().to_owned();
            found.note(format!(
                "pods may not be listed in all namespaces: only namespace {own} was searched; \
                 name others with --namespaces, or {}",
                access.advice()
            ));
            Ok(Scope::Some(vec![own]))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_found_by_a_part_of_their_name() {
        let search = |items: &[&str]| Search {
            instances: items.iter().map(|&item| item.to_owned()).collect(),
            ..Search::default()
        };
        let check = |items: &[&str], expected: bool| {
            assert_eq!(search(items).wants("backstage-hub", "hub"), expected, "{items:?}");
        };
        check(&[], true);
        check(&[""], true);
        check(&["hub"], true);
        check(&[" backstage "], true);
        check(&["other", "stage-h"], true);
        check(&["other"], false);
        // An empty item beside another one does not match everything.
        check(&["", "other"], false);
    }

    #[test]
    fn the_container_is_the_backend_unless_another_is_named() {
        let all = ["proxy", BACKEND];
        let default = Search::default();
        assert!(default.wants_container(BACKEND, &all) && !default.wants_container("proxy", &all));
        let named = Search { containers: vec!["proxy".to_owned()], ..Search::default() };
        assert!(named.wants_container("proxy", &all) && !named.wants_container(BACKEND, &all));
        let selector = Search { selector: Some("app=web".to_owned()), ..Search::default() };
        assert!(selector.wants_container("web", &["web"]));
        assert!(!selector.wants_container("proxy", &all));
    }

    #[test]
    fn what_stays_beside_the_others_is_looked_into_where_it_is_named() {
        let spec: core::PodSpec = serde_json::from_value(serde_json::json!({
            "initContainers": [{"name": "first"}, {"name": "proxy", "restartPolicy": "Always"}],
            "containers": [{"name": "web"}, {"name": "jobs"}],
        }))
        .expect("a pod");
        for (asked, expected) in [
            (&[][..], &["web", "jobs"][..]),
            (&["jobs"], &["jobs"]),
            (&["proxy"], &["proxy"]),
            (&["first", "typo"], &[]),
        ] {
            let search = Search {
                selector: Some("app=web".to_owned()),
                containers: asked.iter().map(|&name| name.to_owned()).collect(),
                ..Search::default()
            };
            let found: Vec<&str> = search.wanted(&spec).iter().map(|it| it.name.as_str()).collect();
            assert_eq!(found, expected, "{asked:?}");
        }
    }
}
