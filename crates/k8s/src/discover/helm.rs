//! Helm's own records: one Secret for each revision of a release.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ListParams, PartialObjectMeta};
use serde::Deserialize;

use super::{Found, Scope};
use crate::access::Access;
use crate::client::{ApiError, Cluster};
use crate::lists;

/// Most bytes that a release may have, unpacked. Helm's own limit is a megabyte, packed.
const LIMIT: u64 = 16 << 20;
/// How many releases are read at a time.
const AT_ONCE: usize = 1;

/// A release of a chart that may hold Backstage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its chart, with the version.
    pub chart: String,
    /// Its revision.
    pub revision: u64,
    /// `deployed`, `failed`, …
    pub status: String,
    /// The workloads of its manifest: kind, namespace and name.
    pub workloads: Vec<(String, String, String)>,
}

/// The releases of charts whose name says Backstage.
pub(super) async fn releases(cluster: &Cluster, scope: &Scope, found: &mut Found) -> Vec<Release> {
    let mut latest: BTreeMap<(String, String), (bool, u64, String)> = BTreeMap::new();
    for namespace in scope.each() {
        let api: Api<Secret> = match namespace {
            Some(namespace) => Api::namespaced(cluster.client(), namespace),
            None => Api::all(cluster.client()),
        };
        let access =
            Access { verbs: vec!["list", "get"], ..Access::new("list", "", "secrets", namespace) };
        // Only names and labels: what other Secrets hold is not asked for.
        let params = ListParams::default().labels("owner=helm").fields("type=helm.sh/release.v1");
        let mut keep = |secret: PartialObjectMeta<Secret>| {
            note_revision(&mut latest, secret.metadata);
        };
        let what = "Helm's releases";
        match lists::metadata(cluster, &api, params, what, &access, &mut keep).await {
            Ok(()) => {}
            Err(error @ ApiError::Forbidden { .. }) => {
                found.note(format!(
                    "Helm's release Secrets may not be read ({error}): releases are found by the annotations \
                     that Helm leaves on what it installs; {}",
                    access.advice()
                ));
            }
            Err(error) => found.failed(&error),
        }
    }
    let read = latest.into_iter().map(|((namespace, _), (_, _, secret))| async move {
        (read(cluster, &namespace, &secret).await, secret)
    });
    let mut read = futures_util::stream::iter(read).buffer_unordered(AT_ONCE);
    let mut releases = Vec::new();
    while let Some((release, secret)) = read.next().await {
        match release {
            Ok(Some(release)) if is_backstage(&release.chart) => releases.push(release),
            Ok(Some(_)) => {}
            Ok(None) => found.note(format!("Secret {secret} is not a release that can be read")),
            Err(error) => found.failed(&error),
        }
    }
    releases.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    releases
}

/// Whether a chart, or a label that tells of one, is of Backstage.
pub(super) fn is_backstage(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["backstage", "rhdh", "developer-hub"].iter().any(|word| text.contains(word))
        && !text.contains("must-gather")
}

/// Keeps the newest revision of each release; what is deployed or failed goes before what is under way.
fn note_revision(
    latest: &mut BTreeMap<(String, String), (bool, u64, String)>,
    metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
) {
    let labels = metadata.labels.unwrap_or_default();
    let label = |name: &str| labels.get(name).map(String::as_str).unwrap_or_default();
    let (Some(namespace), Some(secret)) = (metadata.namespace, metadata.name) else { return };
    let settled = matches!(label("status"), "deployed" | "failed");
    let gone = matches!(label("status"), "uninstalled" | "uninstalling");
    let revision = label("version").parse().unwrap_or(0);
    if label("name").is_empty() || gone {
        return;
    }
    let key = (namespace, label("name").to_owned());
    let new = (settled, revision, secret);
    let entry = latest.entry(key).or_insert_with(|| new.clone());
    if (new.0, new.1) > (entry.0, entry.1) {
        *entry = new;
    }
}

async fn read(
    cluster: &Cluster,
    namespace: &str,
    secret: &str,
) -> Result<Option<Release>, ApiError> {
    let api: Api<Secret> = Api::namespaced(cluster.client(), namespace);
    let access = Access::new("get", "", "secrets", Some(namespace));
    let what = format!("Secret {secret}");
    let secret = cluster.ask(&what, &access, api.get(secret)).await?;
    let data = secret.data.and_then(|mut data| data.remove("release"));
    Ok(data.and_then(|data| decode(&data.0)))
}

/// The parts of Helm's record that are looked at; the rest is skipped while reading.
#[derive(Deserialize)]
struct Record {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    info: Info,
    #[serde(default)]
    chart: Chart,
}

#[derive(Default, Deserialize)]
struct Info {
    #[serde(default)]
    status: String,
}

#[derive(Default, Deserialize)]
struct Chart {
    #[serde(default)]
    metadata: ChartMetadata,
}

#[derive(Default, Deserialize)]
struct ChartMetadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

/// Helm's encoding: base64 (within the Secret's own), gzip, JSON.
fn decode(data: &[u8]) -> Option<Release> {
    let text: Vec<u8> = data.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let packed = STANDARD.decode(text).ok()?;
    let json = if packed.starts_with(&[0x1f, 0x8b]) {
        heapglass_format::gunzip(&packed, LIMIT).ok()?
    } else {
        packed
    };
    let record: Record = serde_json::from_slice(&json).ok()?;
    if !super::is_name(&record.name) || !super::is_name(&record.namespace) {
        return None;
    }
    let Chart { metadata } = record.chart;
    Some(Release {
        workloads: workloads(&record.manifest, &record.namespace),
        chart: format!("{}-{}", metadata.name, metadata.version),
        namespace: record.namespace,
        name: record.name,
        revision: record.version,
        status: record.info.status,
    })
}

#[derive(Deserialize)]
struct Manifest {
    kind: Option<String>,
    metadata: Option<ManifestMetadata>,
}

#[derive(Deserialize)]
struct ManifestMetadata {
    name: Option<String>,
    namespace: Option<String>,
}

/// The Deployments and StatefulSets in a release's manifest.
fn workloads(manifest: &str, namespace: &str) -> Vec<(String, String, String)> {
    let documents = documents(manifest);
    let workload = |document: String| {
        if !document.contains("Deployment") && !document.contains("StatefulSet") {
            return None;
        }
        let manifest: Manifest = serde_saphyr::from_str(&document).ok()?;
        let kind = manifest.kind.filter(|kind| kind == "Deployment" || kind == "StatefulSet")?;
        let metadata = manifest.metadata?;
        let namespace = metadata.namespace.unwrap_or_else(|| namespace.to_owned());
        Some((kind, namespace, metadata.name?))
    };
    documents.into_iter().filter_map(workload).collect()
}

/// A stream of YAML documents, cut at its markers.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line == "---" || line.starts_with("--- ") {
            documents.push(String::new());
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "---\n# Source: backstage/templates/service.yaml\napiVersion: v1\nkind: Service\n\
        metadata:\n  name: hub\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: hub-backstage\n\
        spec: {}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: lightspeed\n  namespace: ai\n---\n\
        apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: hub-postgresql\n";

    #[test]
    fn a_release_is_read_as_helm_writes_it() {
        let record = serde_json::json!({
            "name": "hub", "namespace": "rhdh", "version": 3, "info": {"status": "deployed"},
            "chart": {"metadata": {"name": "backstage", "version": "4.2.0"}, "templates": [{"data": "xx"}]},
            "manifest": MANIFEST,
        });
        let data = STANDARD.encode(record.to_string());
        let release = decode(data.as_bytes()).expect("a release");
        assert_eq!((release.chart.as_str(), release.revision), ("backstage-4.2.0", 3));
        let workloads: Vec<_> = release
            .workloads
            .iter()
            .map(|(k, n, w)| (k.as_str(), n.as_str(), w.as_str()))
            .collect();
        assert_eq!(
            workloads,
            [
                ("Deployment", "rhdh", "hub-backstage"),
                ("Deployment", "ai", "lightspeed"),
                ("StatefulSet", "rhdh", "hub-postgresql"),
            ]
        );
        assert!(decode(b"not base64!").is_none());
    }

    #[test]
    fn charts_of_backstage() {
        assert!(is_backstage("backstage-1.2.3") && is_backstage("redhat-Developer-Hub-1.8"));
        assert!(!is_backstage("postgresql-12") && !is_backstage("rhdh-must-gather-1.0"));
    }

    #[test]
    fn the_newest_settled_revision_counts() {
        let metadata = |version: &str, status: &str| {
            serde_json::from_value(serde_json::json!({
                "name": format!("sh.helm.release.v1.hub.v{version}"), "namespace": "a",
                "labels": {"name": "hub", "owner": "helm", "status": status, "version": version},
            }))
            .expect("metadata")
        };
        let mut latest = BTreeMap::new();
        for (version, status) in
            [("1", "superseded"), ("9", "failed"), ("10", "deployed"), ("11", "pending-upgrade")]
        {
            note_revision(&mut latest, metadata(version, status));
        }
        let only: Vec<_> = latest.values().map(|(_, revision, _)| *revision).collect();
        assert_eq!(only, [10]);
    }
}
