//! What is done with fewer rights, and without a shell in the image.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::after::unharmed;
use super::super::manifests;
use super::super::{Lab, kube};
use super::app;

// Rights that are missing: each is named, with the rule to add; with all of them it works.

fn rules(resources: &[(&str, &[&str])]) -> Value {
    resources
        .iter()
        .map(|(resource, verbs)| {
            let (group, resource) = resource.split_once(':').unwrap_or(("", resource));
            json!({"apiGroups": [group], "resources": [resource], "verbs": verbs})
        })
        .collect()
}

pub(super) fn deploy_rights(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("rights");
    let all: &[(&str, &[&str])] = &[
        ("pods", &["get", "list"]),
        ("pods/log", &["get"]),
        ("apps:deployments", &["get", "list"]),
        ("apps:statefulsets", &["get", "list"]),
        ("rhdh.redhat.com:backstages", &["get", "list"]),
        ("pods/exec", &["create", "get"]),
        ("pods/portforward", &["create", "get"]),
    ];
    let mut objects = vec![app("web", &lab.images).object(&namespace)];
    objects.extend(manifests::account(&namespace, "enough", &rules(all)));
    objects.extend(manifests::account(&namespace, "no-exec", &rules(&all[..5])));
    objects.extend(manifests::account(&namespace, "no-forward", &rules(&all[..6])));
    objects.extend(manifests::account(&namespace, "no-pods", &rules(&all[2..5])));
    lab.deploy("rights", &objects)
}

/// A kubeconfig for a service account.
fn kubeconfig(lab: &Lab, namespace: &str, account: &str) -> Result<std::path::PathBuf> {
    let mut config = kube::ask_json(&["config", "view", "--raw", "--minify", "--flatten"])?;
    let token = kube::ask(&["-n", namespace, "create", "token", account]).or_else(|_| {
        // Before 1.24 every account has a Secret with its token.
        let mut secret = String::new();
        kube::wait("the account's token", Duration::from_secs(20), || {
            let found = kube::ask_json(&["-n", namespace, "get", "serviceaccount", account])?;
            secret = found
                .pointer("/secrets/0/name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            Ok(!secret.is_empty())
        })?;
        let template = "{{.data.token | base64decode}}";
        kube::ask(&[
            "-n",
            namespace,
            "get",
            "secret",
            &secret,
            "-o",
            &format!("go-template={template}"),
        ])
    })?;
    config["users"][0]["user"] = json!({"token": token.trim()});
    config["contexts"][0]["context"]["namespace"] = namespace.into();
    let path = lab.out.join(format!("{account}.kubeconfig"));
    std::fs::write(&path, config.to_string())?;
    Ok(path)
}

pub(super) fn check_rights(lab: &Lab) -> Result<()> {
    let pods = lab.ready("rights", "web", 1)?;
    let namespace = lab.namespace("rights");
    let as_account = |account: &str, args: &[&str]| -> Result<(i32, String, Value)> {
        let out = format!("rights-{account}-{}", args.len());
        let mut command = lab.command(&out, &[&["--with-heap-dumps"], args].concat());
        command.env("KUBECONFIG", kubeconfig(lab, &namespace, account)?);
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        Ok((output.status.code().unwrap_or(-1), text, lab.index(&out).unwrap_or_default()))
    };
    // No right to list pods everywhere, nor to read Secrets: its own namespace, and Helm's annotations and labels.
    let (code, text, index) = as_account("enough", &[])?;
    ensure!(code == 0 && index["summary"]["collected"] == 1, "enough: {text}");
    ensure!(text.contains("secrets") && text.contains("only namespace"), "enough: {text}");
    for (account, rule) in [
        ("no-exec", r#"- {apiGroups: [""], resources: ["pods/exec"], verbs: [create, get]}"#),
        (
            "no-forward",
            r#"- {apiGroups: [""], resources: ["pods/portforward"], verbs: [create, get]}"#,
        ),
        ("no-pods", r#"- {apiGroups: [""], resources: ["pods"], verbs: [list]}"#),
    ] {
        let (code, text, index) = as_account(account, &["--namespaces", &namespace])?;
        ensure!(code == 0, "{account}: code {code}: {text}");
        ensure!(text.contains(rule), "{account}: {rule}: {text}");
        let missing = index["missing_rights"].to_string();
        ensure!(missing.contains(&rule.replace('"', "\\\"")), "{account}: {missing}");
        ensure!(index["summary"]["failed"] == 1, "{account}: {}", index["summary"]);
    }
    unharmed(&pods[0], "node", &[])
}

// A kubeconfig of two contexts, of which the current one leads nowhere: the one that is named is used.

pub(super) fn deploy_context(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("context");
    lab.deploy("context", &[app("named", &lab.images).object(&namespace)])
}

pub(super) fn check_context(lab: &Lab) -> Result<()> {
    lab.ready("context", "named", 1)?;
    let namespace = lab.namespace("context");
    let mut config = kube::ask_json(&["config", "view", "--raw", "--minify", "--flatten"])?;
    config["contexts"][0]["name"] = "here".into();
    let user = config["contexts"][0]["context"]["user"].clone();
    let add = |config: &mut Value, list: &str, item: Value| {
        config[list].as_array_mut().context("no list in the kubeconfig")?.push(item);
        anyhow::Ok(())
    };
    // Nobody listens at this port.
    let nowhere = json!({"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}});
    add(&mut config, "clusters", nowhere)?;
    let nowhere = json!({"name": "nowhere", "context": {"cluster": "nowhere", "user": user}});
    add(&mut config, "contexts", nowhere)?;
    config["current-context"] = "nowhere".into();
    let path = lab.out.join("contexts.kubeconfig");
    std::fs::write(&path, config.to_string())?;
    let collected = |out: &str, more: &[&str]| -> Result<(Value, String)> {
        let args = [&["--with-heap-dumps", "--namespaces", &namespace], more].concat();
        let output = lab.command(out, &args).env("KUBECONFIG", &path).output()?;
        let index = lab.index(out).unwrap_or_default();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((index["summary"]["collected"].clone(), said))
    };
    let (here, said) = collected("context-here", &["--context", "here"])?;
    ensure!(here == 1, "{here}: {said}");
    let (nowhere, said) = collected("context-current", &[])?;
    ensure!(nowhere != 1, "the context that leads nowhere was not used: {said}");
    let (nobody, said) = collected("context-unknown", &["--context", "nobody"])?;
    ensure!(nobody.is_null() && said.contains("nobody"), "{nobody}: {said}");
    Ok(())
}

// No shell in the image, and commands in the container are not wanted: an ephemeral container.

pub(super) fn deploy_ephemeral(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("ephemeral");
    lab.deploy("ephemeral", &[app("bare", &lab.images).bare(&lab.images).object(&namespace)])
}

pub(super) fn check_ephemeral(lab: &Lab) -> Result<()> {
    let pods = lab.ready("ephemeral", "bare", 1)?;
    let namespace = lab.namespace("ephemeral");
    let image = lab.images.busybox.clone();
    let said = lab.gather(
        "ephemeral",
        &[
            "--with-heap-dumps",
            "--namespaces",
            &namespace,
            "--via",
            "ephemeral",
            "--debug-image",
            &image,
            "--strict",
        ],
    )?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("ephemeral")?;
    let container = index.pointer("/workloads/0/pods/0/containers/0").context("no container")?;
    let name =
        container["ephemeral_container"].as_str().context("no ephemeral container")?.to_owned();
    ensure!(lab.open("ephemeral")? == 1);
    kube::wait("the ephemeral container to end", Duration::from_secs(15), || {
        let pod = kube::ask_json(&["-n", &namespace, "get", "pod", &kube::name(&pods[0])])?;
        let all =
            pod["status"]["ephemeralContainerStatuses"].as_array().cloned().unwrap_or_default();
        Ok(all
            .iter()
            .any(|it| it["name"] == name.as_str() && it["state"]["terminated"].is_object()))
    })?;
    unharmed(&pods[0], "/usr/bin/node", &[])
}

// A process of another user than the container's: commands in the container may neither see it nor signal it, and an
// ephemeral container as its user may.

pub(super) fn deploy_other_user(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("other-user");
    let mut object = app("other", &lab.images).object(&namespace);
    let pod = &mut object["spec"]["template"]["spec"];
    pod["securityContext"] = Value::Null;
    let container = &mut pod["containers"][0];
    container["command"] =
        json!(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "node", "/cfg/app.js"]);
    container["securityContext"] = json!({
        "runAsUser": 0,
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID"]},
    });
    lab.deploy("other-user", &[object])
}

pub(super) fn check_other_user(lab: &Lab) -> Result<()> {
    let pods = lab.ready("other-user", "other", 1)?;
    let namespace = lab.namespace("other-user");
    let args = ["--with-heap-dumps", "--namespaces", &namespace];
    // Without it: why not, and nothing added.
    let said = lab.gather("other-exec", &[&args[..], &["--via", "exec"]].concat())?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("other-exec")?;
    ensure!(index["summary"]["collected"] == 0, "{}", said.stdout);
    let said =
        lab.gather("other-user", &[&args[..], &["--debug-image", &lab.images.busybox]].concat())?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("other-user")?;
    let container = index.pointer("/workloads/0/pods/0/containers/0").context("no container")?;
    let process = &container["processes"][0];
    ensure!(process["outcome"] == "collected", "{container:#}");
    let attempt = process["attempts"][0].as_str().unwrap_or_default();
    ensure!(attempt.starts_with("by commands in the container: "), "{container:#}");
    ensure!(container["ephemeral_container"].is_string(), "{container:#}");
    ensure!(lab.open("other-user")? == 1);
    unharmed(&pods[0], "node", &[])
}
