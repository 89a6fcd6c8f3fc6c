//! What the tests deploy.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::kube::Images;

const APP: &str = include_str!("app.js");

/// The container's name by which the collector knows a backend.
pub(crate) const BACKEND: &str = "backstage-backend";

/// A workload of the tests.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) container: &'static str,
    pub(crate) image: String,
    pub(crate) node: &'static str,
    pub(crate) arguments: Vec<&'static str>,
    pub(crate) env: Vec<(&'static str, String)>,
    pub(crate) labels: Value,
    pub(crate) replicas: u32,
    pub(crate) limit: &'static str,
    pub(crate) read_only: bool,
    pub(crate) probe: Option<Value>,
    pub(crate) sidecar: Option<Value>,
    pub(crate) grace: u32,
}

impl Workload {
    pub(crate) fn new(name: &str, images: &Images) -> Workload {
        Workload {
            kind: "Deployment",
            name: name.to_owned(),
            container: BACKEND,
            image: images.debian.clone(),
            node: "node",
            arguments: Vec::new(),
            env: Vec::new(),
            labels: json!({}),
            replicas: 1,
            limit: "2Gi",
            read_only: false,
            probe: None,
            sidecar: None,
            grace: 1,
        }
    }

    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Workload {
        self.env.push((name, value.to_owned()));
        self
    }

    /// Node and nothing else, on a file system that cannot be written to.
    pub(crate) fn bare(mut self, images: &Images) -> Workload {
        self.image = images.distroless.clone();
        self.node = "/usr/bin/node";
        self.read_only = true;
        self
    }

    pub(crate) fn object(&self, namespace: &str) -> Value {
        let mut command = vec![self.node];
        command.extend(&self.arguments);
        command.push("/cfg/app.js");
        let env: Vec<Value> =
            self.env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let mut container = json!({
            "name": self.container,
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": command,
            "env": env,
            "resources": {"limits": {"memory": self.limit}, "requests": {"memory": "32Mi", "cpu": "1m"}},
            "readinessProbe": {"httpGet": {"path": "/", "port": 3000}, "periodSeconds": 1},
            "volumeMounts": [{"name": "cfg", "mountPath": "/cfg"}, {"name": "tmp", "mountPath": "/tmp"}],
            "securityContext": {
                "readOnlyRootFilesystem": self.read_only,
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
            },
        });
        if let Some(probe) = &self.probe {
            container["livenessProbe"] = probe.clone();
        }
        let containers: Vec<Value> = self.sidecar.iter().cloned().chain([container]).collect();
        let mut template_labels = json!({"app": self.name});
        if let (Some(all), Some(more)) = (template_labels.as_object_mut(), self.labels.as_object())
        {
            all.extend(more.clone());
        }
        json!({
            "apiVersion": "apps/v1",
            "kind": self.kind,
            "metadata": {"name": self.name, "namespace": namespace, "labels": template_labels},
            "spec": {
                "replicas": self.replicas,
                "serviceName": self.name,
                "selector": {"matchLabels": {"app": self.name}},
                "template": {
                    "metadata": {"labels": {"app": self.name}},
                    "spec": {
                        "terminationGracePeriodSeconds": self.grace,
                        "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000},
                        "containers": containers,
                        "volumes": [{"name": "cfg", "configMap": {"name": "app"}}, {"name": "tmp", "emptyDir": {}}],
                    },
                },
            },
        })
    }
}

/// A namespace with the application in it.
pub(crate) fn namespace(name: &str) -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"heapglass-test": "yes"}}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": name}, "data": {"app.js": APP}}),
    ]
}

/// The custom resource definition of Backstage resources, as loose as can be.
pub(crate) fn definition() -> Value {
    let version = |name: &str, storage: bool| {
        json!({
            "name": name, "served": true, "storage": storage,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "backstages.rhdh.redhat.com"},
        "spec": {
            "group": "rhdh.redhat.com",
            "scope": "Namespaced",
            "names": {"kind": "Backstage", "plural": "backstages", "singular": "backstage", "listKind": "BackstageList"},
            "versions": [version("v1alpha3", false), version("v1alpha4", true)],
        },
    })
}

pub(crate) fn backstage(namespace: &str, name: &str, kind: &str) -> Value {
    json!({
        "apiVersion": "rhdh.redhat.com/v1alpha4",
        "kind": "Backstage",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"deployment": {"kind": kind}},
    })
}

/// A release's Secret, as Helm writes it.
pub(crate) fn release(
    namespace: &str,
    name: &str,
    chart: &str,
    workloads: &[&Value],
) -> Result<Value> {
    let manifest: Vec<String> = workloads
        .iter()
        .map(|workload| format!("---\n# Source: {chart}/templates/x.yaml\n{workload}\n"))
        .collect();
    let record = json!({
        "name": name, "namespace": namespace, "version": 1,
        "info": {"status": "deployed", "first_deployed": "2026-01-01T00:00:00Z"},
        "chart": {"metadata": {"name": chart, "version": "4.1.0"}, "templates": [], "values": {}},
        "manifest": manifest.concat(),
    });
    let packed = gzip(record.to_string().as_bytes())?;
    let encoded = base64(base64(&packed)?.as_bytes())?;
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": format!("sh.helm.release.v1.{name}.v1"),
            "namespace": namespace,
            "labels": {"name": name, "owner": "helm", "status": "deployed", "version": "1"},
        },
        "data": {"release": encoded},
    }))
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    through(&mut Command::new("gzip"), bytes)
}

fn base64(bytes: &[u8]) -> Result<String> {
    let text = through(Command::new("base64").arg("-w0"), bytes)?;
    Ok(String::from_utf8(text)?)
}

fn through(command: &mut Command, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer ended"))??;
    Ok(output.stdout)
}

/// A service account with a role of these rules, and a kubeconfig's worth of token.
pub(crate) fn account(namespace: &str, name: &str, rules: &Value) -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": name, "namespace": namespace}, "rules": rules}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]}),
    ]
}
