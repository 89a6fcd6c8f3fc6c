//! Backstage custom resources.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIGroup;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams};
use serde_json::Value;

use super::{Found, Scope};
use crate::access::Access;
use crate::client::{Cluster, api_error};
use crate::lists;

const GROUP: &str = "rhdh.redhat.com";

/// A Backstage custom resource.
#[derive(Debug, Clone)]
pub(crate) struct Backstage {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The kind of workload that it asks for; Deployment unless it says otherwise.
    pub(crate) kind: String,
    pub(crate) object: Value,
}

impl Backstage {
    /// The name of its workload.
    pub(crate) fn workload(&self) -> String {
        format!("backstage-{}", self.name)
    }
}

/// All of them. A cluster that does not know the kind has none.
pub(super) async fn resources(
    cluster: &Cluster,
    scope: &Scope,
    found: &mut Found,
) -> Vec<Backstage> {
    let Some(version) = version(cluster, found).await else { return Vec::new() };
    let kind = GroupVersionKind::gvk(GROUP, &version, "Backstage");
    let resource = ApiResource::from_gvk_with_plural(&kind, "backstages");
    let mut all = Vec::new();
    for namespace in scope.each() {
        let api: Api<DynamicObject> = match namespace {
            Some(namespace) => Api::namespaced_with(cluster.client(), namespace, &resource),
            None => Api::all_with(cluster.client(), &resource),
        };
        let access = Access::new("list", GROUP, "backstages", namespace);
        let params = ListParams::default();
        let mut keep = |object| all.extend(backstage(object));
        let what = "Backstage resources";
        match lists::objects(cluster, &api, params, what, &access, &mut keep).await {
            Ok(()) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => found.failed(&error),
        }
    }
    all
}

/// The version that the server prefers; discovery needs no right that one could lack.
async fn version(cluster: &Cluster, found: &mut Found) -> Option<String> {
    let request = kube::core::Request::new(format!("/apis/{GROUP}")).list(&ListParams::default());
    let mut request = request.ok()?;
    *request.uri_mut() = format!("/apis/{GROUP}").parse().ok()?;
    let what = "the versions of Backstage resources";
    let asked = cluster.client();
    let asked = asked.request::<APIGroup>(request);
    match tokio::time::timeout(cluster.deadline(), asked).await {
        Ok(Ok(group)) => {
            let preferred = group.preferred_version.or_else(|| group.versions.into_iter().next());
            preferred.map(|version| version.version)
        }
        Ok(Err(error)) => {
            let access = Access::new("get", GROUP, "backstages", None);
            let error = api_error(what, &access, &error);
            if !error.is_not_found() {
                found.failed(&error);
            }
            None
        }
        Err(_) => {
            found.errors.push(format!("{what}: no answer in time"));
            None
        }
    }
}

fn backstage(object: DynamicObject) -> Option<Backstage> {
    let namespace = object.metadata.namespace.clone()?;
    let name = object.metadata.name.clone()?;
    let kind = object.data.pointer("/spec/deployment/kind").and_then(Value::as_str);
    let kind = kind.unwrap_or("Deployment").to_owned();
    Some(Backstage { namespace, name, kind, object: serde_json::to_value(&object).ok()? })
}
