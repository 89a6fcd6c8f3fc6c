//! The cases, each with what it deploys and what has to be true afterwards.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::after::{self, unharmed};
use super::kube::{self, Images};
use super::manifests::{self, BACKEND, Workload};
use super::{Case, Lab, guide, one_file};
use crate::bench::measure::cost_of;

pub(crate) const ALL: &[Case] = &[
    // The first line deploys what takes longest to fill its heap.
    Case { name: "big-heap", deploy: deploy_big, check: check_big },
    Case { name: "two-namespaces", deploy: deploy_two, check: check_two },
    Case { name: "memory-limit", deploy: deploy_memory, check: check_memory },
    Case { name: "forced", deploy: deploy_forced, check: check_forced },
    Case { name: "liveness", deploy: deploy_liveness, check: check_liveness },
    Case { name: "rights", deploy: deploy_rights, check: check_rights },
    Case { name: "leftovers", deploy: deploy_leftovers, check: check_leftovers },
    Case { name: "ephemeral", deploy: deploy_ephemeral, check: check_ephemeral },
    Case { name: "several-processes", deploy: deploy_several, check: check_several },
    Case { name: "signal", deploy: deploy_signal, check: check_signal },
    Case { name: "nothing-there", deploy: deploy_nothing, check: check_nothing },
    Case { name: "interrupted", deploy: deploy_interrupted, check: check_interrupted },
    Case { name: "deleted", deploy: deploy_deleted, check: check_deleted },
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

// Two namespaces: a release that Helm knows (two replicas, read-only root, a sidecar, a second Deployment, a
// database) and Backstage resources (a Deployment without a shell in its image, a StatefulSet).

fn deploy_two(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("helm");
    let secret = "correct-horse-battery-staple";
    let hub = Workload {
        replicas: 2,
        read_only: true,
        probe: Some(
            json!({"httpGet": {"path": "/", "port": 3000}, "periodSeconds": 10, "failureThreshold": 3}),
        ),
        sidecar: Some(json!({
            "name": "proxy", "image": lab.images.busybox, "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", "echo proxy runs; sleep 3600"],
            "securityContext": {"runAsUser": 1000},
        })),
        ..Workload::new("hub-backstage", &lab.images)
    };
    let hub = hub
        .env("DB_PASSWORD", secret)
        .env("NODE_AUTH_TOKEN", secret)
        .env("NODE_OPTIONS", "--max-old-space-size=400");
    let second = Workload::new("hub-lightspeed", &lab.images);
    let database = Workload {
        container: "postgresql",
        kind: "StatefulSet",
        ..Workload::new("hub-postgresql", &lab.images)
    };
    let workloads = [hub, second, database].map(|workload| workload.object(&namespace));
    let release =
        manifests::release(&namespace, "hub", "backstage", &workloads.iter().collect::<Vec<_>>())?;
    lab.deploy("helm", &[workloads.as_slice(), &[release]].concat())?;

    kube::apply(&[manifests::definition()])?;
    kube::wait("the definition of Backstage resources", Duration::from_secs(30), || {
        Ok(kube::ask(&["get", "backstages.rhdh.redhat.com", "-A"]).is_ok())
    })?;
    let namespace = lab.namespace("crs");
    let portal = Workload::new("backstage-portal", &lab.images).bare(&lab.images);
    let set = Workload {
        kind: "StatefulSet",
        ..Workload::new("backstage-set", &lab.images).bare(&lab.images)
    };
    lab.deploy(
        "crs",
        &[
            manifests::backstage(&namespace, "portal", "Deployment"),
            manifests::backstage(&namespace, "set", "StatefulSet"),
            portal.object(&namespace),
            set.object(&namespace),
        ],
    )
}

fn check_two(lab: &Lab) -> Result<()> {
    let (helm, crs) = (lab.namespace("helm"), lab.namespace("crs"));
    let hub = lab.ready("helm", "hub-backstage", 2)?;
    let second = lab.ready("helm", "hub-lightspeed", 1)?;
    let portal = lab.ready("crs", "backstage-portal", 1)?;
    let set = lab.ready("crs", "backstage-set", 1)?;
    lab.ready("helm", "hub-postgresql", 1)?;
    let namespaces = format!("--namespaces={helm},{crs}");
    let said = lab
        .gather("two", &["--with-heap-dumps", &namespaces, "--strict", "--without-orchestrator"])?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let files = lab.files("two")?;
    let release = format!("helm/releases/ns={helm}/hub");
    let as_documented = regex::Regex::new(r"^heapdump-\d{8}-\d{6}\.heapsnapshot$")?;
    for pod in &hub {
        let directory = container(&format!("{release}/deployment"), pod);
        for file in ["process-info.txt", "heap-dump.log"] {
            ensure!(
                files.contains(&format!("{directory}/{file}")),
                "{directory}/{file}: {files:#?}"
            );
        }
        let snapshot = one_file(&files, &format!("{directory}/heapdump-"), ".heapsnapshot")?;
        let name = snapshot.rsplit('/').next().unwrap_or_default();
        ensure!(as_documented.is_match(name), "{name}");
        let name = kube::name(pod);
        for file in [
            format!("heap-dumps/pod={name}/pod-spec.yaml"),
            "deployment.yaml".to_owned(),
            format!("logs/pod={name}/container={BACKEND}/current.txt"),
            format!("logs/pod={name}/container=proxy/current.txt"),
        ] {
            ensure!(files.contains(&format!("{release}/deployment/{file}")), "{file}: {files:#?}");
        }
    }
    one_file(
        &files,
        &format!("{release}/deployment=hub-lightspeed/heap-dumps/pod={}", kube::name(&second[0])),
        ".heapsnapshot",
    )?;
    ensure!(!files.iter().any(|file| file.contains("postgresql")), "the database was dumped");
    let cr = |name: &str, pod: &Value| {
        let directory =
            container(&format!("operator/backstage-crs/ns={crs}/{name}/deployment"), pod);
        one_file(&files, &format!("{directory}/heapdump-"), ".heapsnapshot")
    };
    cr("portal", &portal[0])?;
    cr("set", &set[0])?;
    ensure!(
        files.contains(&format!("operator/backstage-crs/ns={crs}/set/deployment/statefulset.yaml"))
    );
    ensure!(lab.open("two")? == 5, "not five snapshots");
    let index = lab.index("two")?;
    ensure!(
        index["summary"]["collected"] == 5 && index["schema_version"] == 1,
        "{}",
        index["summary"]
    );
    ensure!(index["missing_rights"] == json!([]) && index["errors"] == json!([]), "{index}");
    // What is secret is nowhere but in the snapshots.
    let mut masked = 0;
    for file in files.iter().filter(|file| !file.contains(".heapsnapshot")) {
        let text = lab.text("two", file)?;
        ensure!(!text.contains("correct-horse"), "{file} has a password in it");
        masked += text.matches("[REDACTED").count();
    }
    ensure!(masked > 4, "only {masked} masks");
    for pod in hub.iter().chain(&second) {
        unharmed(pod, "node", &[])?;
    }
    for pod in portal.iter().chain(&set) {
        unharmed(pod, "/usr/bin/node", &[])?;
    }
    // Only one of them, by a part of its name.
    let said = lab.gather(
        "one",
        &["--with-heap-dumps", &namespaces, "--heap-dump-instances", "nobody,porta"],
    )?;
    let index = lab.index("one")?;
    ensure!(said.code == 0 && index["summary"]["collected"] == 1, "{}", index["summary"]);
    Ok(())
}

// A heap of many megabytes: the collector stays small.

fn deploy_big(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("big");
    let big = Workload { limit: "6Gi", ..app("big", &lab.images) }.env("OBJECTS", "900000");
    lab.deploy("big", &[big.object(&namespace)])
}

fn check_big(lab: &Lab) -> Result<()> {
    let pods = lab.ready("big", "big", 1)?;
    let namespace = lab.namespace("big");
    let command =
        lab.command("big", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"]);
    let cost = cost_of(&command)?;
    let index = lab.index("big")?;
    let snapshot = index
        .pointer("/workloads/0/pods/0/containers/0/processes/0/snapshots/0")
        .context("no snapshot")?;
    println!(
        "        collector: {} MB at its peak, {:.1} s, {:.1} s of processor; snapshot: {} MB, pause {} ms",
        cost.peak_rss_bytes / 1_000_000,
        cost.wall_s,
        cost.cpu_s(),
        snapshot["bytes"].as_u64().unwrap_or(0) / 1_000_000,
        snapshot["pause_ms"],
    );
    ensure!(snapshot["complete"] == true, "{snapshot}");
    ensure!(cost.peak_rss_bytes < 64 << 20, "the collector took {} bytes", cost.peak_rss_bytes);
    ensure!(lab.open("big")? == 1);
    unharmed(&pods[0], "node", &[])
}

// A memory limit that the snapshot would break.

fn deploy_memory(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("memory");
    let tight = Workload { limit: "180Mi", ..app("tight", &lab.images) }.env("OBJECTS", "250000");
    lab.deploy("memory", &[tight.object(&namespace)])
}

fn check_memory(lab: &Lab) -> Result<()> {
    let pods = lab.ready("memory", "tight", 1)?;
    let namespace = lab.namespace("memory");
    let said = lab.gather("memory", &["--with-heap-dumps", "--namespaces", &namespace])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let index = lab.index("memory")?;
    ensure!(index["summary"]["refused"] == 1, "{}", said.stdout);
    let files = lab.files("memory")?;
    let text = lab.text("memory", &one_file(&files, "", "collection-failed.txt")?)?;
    for expected in ["memory limit", "--subresource resize", "--force", "What was checked"] {
        ensure!(text.contains(expected), "{expected}: {text}");
    }
    ensure!(!files.iter().any(|file| file.contains(".heapsnapshot")), "{files:?}");
    unharmed(&pods[0], "node", &[])?;
    let said =
        lab.gather("memory2", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"])?;
    ensure!(said.code == 4, "with --strict: code {}", said.code);
    let said =
        lab.gather("memory3", &["--with-heap-dumps", "--namespaces", &namespace, "--dry-run"])?;
    let judged = said.stdout.contains("caution") || said.stdout.contains("not safe");
    ensure!(said.code == 0 && judged, "dry run: {}", said.stdout);
    unharmed(&pods[0], "node", &[])
}

// The same, and the user insists: the container is killed, and that is what is said.

fn deploy_forced(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("forced");
    let tight = Workload { limit: "180Mi", ..app("tight", &lab.images) }.env("OBJECTS", "250000");
    lab.deploy("forced", &[tight.object(&namespace)])
}

fn check_forced(lab: &Lab) -> Result<()> {
    lab.ready("forced", "tight", 1)?;
    let namespace = lab.namespace("forced");
    let said =
        lab.gather("forced", &["--with-heap-dumps", "--namespaces", &namespace, "--force"])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let index = lab.index("forced")?;
    ensure!(index["summary"]["collected"] == 0, "{}", said.stdout);
    let files = lab.files("forced")?;
    let text = lab.text("forced", &one_file(&files, "", "collection-failed.txt")?)?;
    for expected in ["OOMKilled", "--subresource resize"] {
        ensure!(text.contains(expected), "{expected}: {text}");
    }
    ensure!(!text.contains("Left behind"), "{text}");
    Ok(())
}

// A liveness probe that the pause would fail.

fn deploy_liveness(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("liveness");
    let probe = json!({"httpGet": {"path": "/", "port": 3000}, "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 1, "initialDelaySeconds": 20});
    let short = Workload { probe: Some(probe), limit: "3Gi", ..app("short", &lab.images) };
    lab.deploy("liveness", &[short.env("OBJECTS", "400000").object(&namespace)])
}

fn check_liveness(lab: &Lab) -> Result<()> {
    let pods = lab.ready("liveness", "short", 1)?;
    let namespace = lab.namespace("liveness");
    let said = lab.gather("liveness", &["--with-heap-dumps", "--namespaces", &namespace])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let index = lab.index("liveness")?;
    ensure!(index["summary"]["refused"] == 1, "{}", said.stdout);
    let files = lab.files("liveness")?;
    let text = lab.text("liveness", &one_file(&files, "", "collection-failed.txt")?)?;
    for expected in ["liveness probe", "failureThreshold", "restarts the pod"] {
        ensure!(text.contains(expected), "{expected}: {text}");
    }
    unharmed(&pods[0], "node", &[])
}

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

fn deploy_rights(lab: &Lab) -> Result<()> {
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

fn check_rights(lab: &Lab) -> Result<()> {
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

// A snapshot that lies in the pod, from before its restart.

fn deploy_leftovers(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("leftovers");
    let left =
        app("left", &lab.images).env("LEAVE", "1").env("NODE_OPTIONS", "--diagnostic-dir=/tmp");
    lab.deploy("leftovers", &[left.object(&namespace)])
}

fn check_leftovers(lab: &Lab) -> Result<()> {
    let pods = lab.ready("leftovers", "left", 1)?;
    let namespace = lab.namespace("leftovers");
    let said =
        lab.gather("leftovers", &["--with-heap-dumps", "--namespaces", &namespace, "--strict"])?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("leftovers")?;
    let found = index
        .pointer("/workloads/0/pods/0/containers/0/found_snapshots/0")
        .context("none found")?;
    ensure!(found["complete"] == true && found["method"] == "found", "{found}");
    ensure!(found["remote_path"] == "/tmp/Heap.20260101.120000.1.0.001.heapsnapshot", "{found}");
    ensure!(index["summary"]["collected"] == 1, "{}", index["summary"]);
    let files = lab.files("leftovers")?;
    one_file(&files, "", ".found.heapsnapshot")?;
    let previous = lab
        .text("leftovers", &one_file(&files, "", &format!("container={BACKEND}/previous.txt"))?)?;
    ensure!(previous.contains("leaving"), "{previous}");
    ensure!(lab.open("leftovers")? == 2);
    unharmed(&pods[0], "node", &["left", "Heap.20260101.120000.1.0.001.heapsnapshot"])?;
    let seen = after::look(&pods[0], BACKEND, "node")?;
    ensure!(seen["files"].to_string().contains("heapsnapshot"), "it was taken away: {seen}");
    Ok(())
}

// No shell in the image, and commands in the container are not wanted: an ephemeral container.

fn deploy_ephemeral(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("ephemeral");
    lab.deploy("ephemeral", &[app("bare", &lab.images).bare(&lab.images).object(&namespace)])
}

fn check_ephemeral(lab: &Lab) -> Result<()> {
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

// Several Node.js processes in one container, and worker threads.

fn deploy_several(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("several");
    let several = app("several", &lab.images).env("CHILDREN", "1").env("WORKERS", "1");
    lab.deploy("several", &[several.object(&namespace)])
}

fn check_several(lab: &Lab) -> Result<()> {
    let pods = lab.ready("several", "several", 1)?;
    let namespace = lab.namespace("several");
    let said = lab.gather(
        "several",
        &["--with-heap-dumps", "--namespaces", &namespace, "--workers", "--compress", "--strict"],
    )?;
    ensure!(said.code == 0, "code {}: {}{}", said.code, said.stdout, said.stderr);
    let index = lab.index("several")?;
    ensure!(index["summary"]["collected"] == 2, "{}", said.stdout);
    ensure!(lab.open("several")? == 3, "not three snapshots: {:?}", lab.files("several")?);
    unharmed(&pods[0], "node", &[])
}

// The inspector is shut for good: the signal.

fn deploy_signal(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("signal");
    let options = "--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp";
    let with =
        Workload { read_only: true, ..app("with", &lab.images) }.env("NODE_OPTIONS", options);
    let without = app("without", &lab.images);
    lab.deploy("signal", &[with.object(&namespace), without.object(&namespace)])
}

fn check_signal(lab: &Lab) -> Result<()> {
    let with = lab.ready("signal", "with", 1)?;
    let without = lab.ready("signal", "without", 1)?;
    let namespace = lab.namespace("signal");
    let mut command = lab.command(
        "signal",
        &["--with-heap-dumps", "--namespaces", &namespace, "--heap-dump-method=sigusr2"],
    );
    let output = command.env("HEAP_DUMP_SIGUSR2_STABLE_SECONDS", "3").output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(0), "{said}");
    let index = lab.index("signal")?;
    // The signal would kill the one that does not catch it: it must not be sent.
    ensure!(index["summary"]["collected"] == 1, "{said}");
    let (refused, failed) = (&index["summary"]["refused"], &index["summary"]["failed"]);
    ensure!(refused.as_u64().unwrap_or(0) + failed.as_u64().unwrap_or(0) == 1, "{said}");
    let files = lab.files("signal")?;
    let text = lab.text("signal", &one_file(&files, "", "collection-failed.txt")?)?;
    ensure!(text.contains("--heapsnapshot-signal=SIGUSR2"), "{text}");
    ensure!(lab.open("signal")? == 1);
    unharmed(&with[0], "node", &[])?;
    unharmed(&without[0], "node", &[])
}

// No pods, no Node.js, and pods by their labels.

fn deploy_nothing(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("nothing");
    let asleep = Workload { replicas: 0, ..app("asleep", &lab.images) };
    let mut shell = app("shell", &lab.images).object(&namespace);
    let container = &mut shell["spec"]["template"]["spec"]["containers"][0];
    container["command"] = json!(["sh", "-c", ": node; sleep 3600"]);
    container["readinessProbe"] = Value::Null;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "alone", "namespace": namespace, "labels": {"role": "worker", "app": "alone"}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
            "name": "app", "image": lab.images.debian, "imagePullPolicy": "IfNotPresent",
            "command": ["node", "-e", "setInterval(() => {}, 1000)"],
        }]},
    });
    lab.deploy("nothing", &[asleep.object(&namespace), shell, pod])
}

fn check_nothing(lab: &Lab) -> Result<()> {
    lab.ready("nothing", "shell", 1)?;
    lab.ready("nothing", "alone", 1)?;
    let namespace = lab.namespace("nothing");
    let said = lab.gather("nothing", &["--with-heap-dumps", "--namespaces", &namespace])?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let files = lab.files("nothing")?;
    let none =
        lab.text("nothing", &one_file(&files, "", "asleep/deployment/heap-dumps/no-pods.txt")?)?;
    ensure!(none.starts_with("No running pods found"), "{none}");
    let none = lab.text("nothing", &one_file(&files, "", "no-node-process.txt")?)?;
    ensure!(none.contains("No Node.js process found") && none.contains("sleep 3600"), "{none}");
    let said = lab.gather(
        "alone",
        &["--with-heap-dumps", "--namespaces", &namespace, "--selector", "role=worker"],
    )?;
    ensure!(said.code == 0, "code {}: {}", said.code, said.stderr);
    let files = lab.files("alone")?;
    one_file(
        &files,
        &format!("workloads/ns={namespace}/alone/pod/heap-dumps/pod=alone/container=app/heapdump-"),
        ".heapsnapshot",
    )?;
    Ok(())
}

// Ctrl-C in the middle.

fn deploy_interrupted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("interrupted");
    let slow = Workload { limit: "3Gi", ..app("slow", &lab.images) }.env("OBJECTS", "300000");
    lab.deploy("interrupted", &[slow.object(&namespace)])
}

/// Starts a collection and waits until it says that it takes the snapshot.
fn started(lab: &Lab, out: &str, args: &[&str]) -> Result<std::process::Child> {
    let mut child = lab.command(out, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().context("no standard error")?;
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr));
    let begun = lines.any(|line| line.is_ok_and(|line| line.contains("taking the snapshot")));
    // The rest is read along, so that the program never waits for us.
    std::thread::spawn(move || lines.count());
    ensure!(begun, "no snapshot was begun");
    Ok(child)
}

fn check_interrupted(lab: &Lab) -> Result<()> {
    let pods = lab.ready("interrupted", "slow", 1)?;
    let namespace = lab.namespace("interrupted");
    let child = started(lab, "interrupted", &["--with-heap-dumps", "--namespaces", &namespace])?;
    crate::workspace::run(
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]),
    )?;
    let output = child.wait_with_output()?;
    ensure!(output.status.code() == Some(130), "ended with {}", output.status);
    ensure!(lab.index("interrupted")?["interrupted"] == true);
    unharmed(&pods[0], "node", &[])
}

// The pod is deleted in the middle.

fn deploy_deleted(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("deleted");
    let goes = Workload { limit: "3Gi", ..app("goes", &lab.images) }.env("OBJECTS", "300000");
    lab.deploy("deleted", &[goes.object(&namespace)])
}

fn check_deleted(lab: &Lab) -> Result<()> {
    let pods = lab.ready("deleted", "goes", 1)?;
    let namespace = lab.namespace("deleted");
    let child = started(lab, "deleted", &["--with-heap-dumps", "--namespaces", &namespace])?;
    let name = kube::name(&pods[0]);
    kube::ask(&[
        "-n",
        &namespace,
        "delete",
        "pod",
        &name,
        "--grace-period=0",
        "--force",
        "--wait=false",
    ])?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(0), "ended with {}: {said}", output.status);
    let index = lab.index("deleted")?;
    ensure!(index["summary"]["collected"] == 0, "{said}");
    let files = lab.files("deleted")?;
    let text = lab.text("deleted", &one_file(&files, "", "collection-failed.txt")?)?;
    ensure!(text.contains("deleted") || text.contains("restarted"), "{text}");
    ensure!(text.contains("Run the same command again"), "{text}");
    ensure!(!text.contains("Left behind"), "{text}");
    Ok(())
}
