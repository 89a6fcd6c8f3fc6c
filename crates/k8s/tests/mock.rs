//! What servers answer that the cluster of the end-to-end tests cannot be made to: newer versions, admission,
//! lists in pages. The server is a function.

#![expect(clippy::expect_used, reason = "a test that panics is a test that fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use heapglass_collect::place::{Place, PlaceError};
use heapglass_collect::preflight::Forced;
use heapglass_k8s::client::{ApiError, Cluster};
use heapglass_k8s::discover::{Origin, Search, find};
use heapglass_k8s::gather::{Event, GatherOptions, Listener, Method, Since, Stop, gather};
use heapglass_k8s::named::PodName;
use heapglass_k8s::pod::{Pod, PodOptions, Via};
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

/// The paths that were asked for, with their queries.
type Asked = Arc<Mutex<Vec<String>>>;

/// A cluster whose server answers like this.
fn cluster(
    answer: impl Fn(&str, &str) -> (u16, Value) + Clone + Send + Sync + 'static,
) -> (Cluster, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        log.lock().expect("not poisoned").push(format!("{} {path}?{query}", request.method()));
        let (code, body) = answer(&path, &query);
        async move {
            let response =
                Response::builder().status(code).header("content-type", "application/json");
            Ok::<_, std::io::Error>(
                response.body(Body::from(body.to_string().into_bytes())).expect("a response"),
            )
        }
    });
    let client = kube::Client::new(service, "own");
    (Cluster::with_client(client, Duration::from_secs(5)), asked)
}

fn status(code: u16, message: &str) -> (u16, Value) {
    let reason = match code {
        403 => "Forbidden",
        410 => "Expired",
        _ => "NotFound",
    };
    (
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}),
    )
}

fn list(kind: &str, items: Value, token: Option<&str>) -> (u16, Value) {
    (
        200,
        json!({"kind": kind, "apiVersion": "v1", "metadata": {"continue": token.unwrap_or_default()}, "items": items}),
    )
}

fn deployment(name: &str, annotations: Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations,
            "labels": {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": "backstage"}},
        "spec": {"selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": [{"name": "backstage-backend", "image": "x"}]}}},
    })
}

#[tokio::test]
async fn lists_come_in_pages_and_secrets_are_asked_for_by_label_alone() {
    let (cluster, asked) = cluster(|path, query| match path {
        "/api/v1/pods" => list("PodList", json!([]), None),
        "/api/v1/secrets" if query.contains("continue=more") => {
            list("PartialObjectMetadataList", json!([]), None)
        }
        "/api/v1/secrets" => list("PartialObjectMetadataList", json!([]), Some("more")),
        "/apis/apps/v1/deployments" if query.contains("continue=second") => list(
            "DeploymentList",
            json!([deployment("b", json!({"meta.helm.sh/release-name": "hub"}))]),
            None,
        ),
        "/apis/apps/v1/deployments" => {
            list("DeploymentList", json!([deployment("a", json!({}))]), Some("second"))
        }
        "/apis/apps/v1/statefulsets" => list("StatefulSetList", json!([]), None),
        _ => status(404, "no such group"),
    });
    let found = find(&cluster, &Search::default()).await.expect("found");
    let found: Vec<_> = found
        .workloads
        .iter()
        .map(|it| (it.origin, it.name.as_str(), it.instance.as_str()))
        .collect();
    assert_eq!(found, [(Origin::HelmRelease, "b", "hub"), (Origin::HelmStandalone, "a", "a")]);
    let asked = asked.lock().expect("not poisoned").clone();
    let secrets: Vec<_> = asked.iter().filter(|path| path.contains("/secrets")).collect();
    assert_eq!(secrets.len(), 2, "{asked:?}");
    for page in &secrets {
        assert!(page.contains("labelSelector=owner%3Dhelm"), "{secrets:?}");
        assert!(page.contains("limit=200"), "{secrets:?}");
    }
}

#[tokio::test]
async fn the_pods_of_a_selector_come_in_pages() {
    let pod = |name: &str| json!({"metadata": {"name": name, "namespace": "shop"}});
    let (cluster, asked) = cluster(move |path, query| match path {
        "/api/v1/pods" if query.contains("continue=second") => {
            list("PartialObjectMetadataList", json!([pod("b")]), None)
        }
        "/api/v1/pods" => list("PartialObjectMetadataList", json!([pod("a")]), Some("second")),
        _ => status(404, "no such group"),
    });
    let search = Search { selector: Some("app=x".to_owned()), ..Search::default() };
    let found = find(&cluster, &search).await.expect("found");
    let names: Vec<_> = found.workloads.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let asked = asked.lock().expect("not poisoned").clone();
    let pages = asked.iter().filter(|path| path.contains("limit=200")).count();
    assert_eq!(pages, 2, "{asked:?}");
}

/// Deployments a to e on three pages, whose last one is known so many times not at all.
fn expiring(times: usize) -> (Cluster, Asked) {
    let failures = Arc::new(Mutex::new(times));
    cluster(move |path, query| match path {
        "/apis/apps/v1/deployments" => {
            let named = |names: &[&str]| names.iter().map(|n| deployment(n, json!({}))).collect();
            let mut failures = failures.lock().expect("not poisoned");
            match query {
                _ if query.contains("continue=third") && *failures > 0 => {
                    *failures -= 1;
                    status(410, "The provided continue parameter is too old")
                }
                _ if query.contains("continue=third") => {
                    list("DeploymentList", named(&["e"]), None)
                }
                // One of the first page has moved on, and one is new.
                _ if query.contains("continue=second") => {
                    list("DeploymentList", named(&["b", "c", "d"]), Some("third"))
                }
                _ => list("DeploymentList", named(&["a", "b"]), Some("second")),
            }
        }
        "/api/v1/pods" => list("PodList", json!([]), None),
        "/apis/apps/v1/statefulsets" => list("StatefulSetList", json!([]), None),
        "/api/v1/secrets" => list("PartialObjectMetadataList", json!([]), None),
        _ => status(404, "no such group"),
    })
}

#[tokio::test]
async fn a_list_that_expires_is_begun_anew_and_gives_each_object_once() {
    for times in [0, 1, 4] {
        let (cluster, asked) = expiring(times);
        let found = find(&cluster, &Search::default()).await.expect("found");
        let names: Vec<_> = found.workloads.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"], "{times}");
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        let asked = asked.lock().expect("not poisoned").clone();
        let pages = asked.iter().filter(|path| path.contains("/deployments")).count();
        assert_eq!(pages, 3 * (times + 1), "{asked:?}");
    }
}

#[tokio::test]
async fn a_list_that_expires_always_is_an_error() {
    let (cluster, asked) = expiring(usize::MAX);
    let found = find(&cluster, &Search::default()).await.expect("found");
    assert!(
        found.errors.iter().any(|error| error.contains("changed too fast")),
        "{:?}",
        found.errors
    );
    let asked = asked.lock().expect("not poisoned").clone();
    let pages = asked.iter().filter(|path| path.contains("/deployments")).count();
    assert_eq!(pages, 15);
}

#[tokio::test]
async fn two_namespaces_are_two_questions() {
    let (cluster, asked) = cluster(|path, _| {
        if path.ends_with("/secrets") {
            return status(403, "secrets is forbidden");
        }
        if path.ends_with("/deployments") {
            return list("DeploymentList", json!([]), None);
        }
        if path.ends_with("/statefulsets") {
            return status(403, "statefulsets is forbidden");
        }
        status(404, "no such group")
    });
    let search = Search {
        namespaces: vec!["aaa".to_owned(), " bbb ".to_owned(), String::new()],
        ..Search::default()
    };
    let found = find(&cluster, &search).await.expect("found");
    let asked = asked.lock().expect("not poisoned").clone();
    for namespace in ["aaa", "bbb"] {
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        assert!(asked.iter().any(|it| it.contains(&path)), "{path}: {asked:?}");
    }
    // That Secrets may not be read is no lack: there is another way.
    let missing: Vec<String> = found.missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        missing,
        ["list statefulsets.apps in namespace aaa", "list statefulsets.apps in namespace bbb"]
    );
    assert!(found.notes.iter().any(|note| note.contains("annotations")), "{:?}", found.notes);
}

#[tokio::test]
async fn without_the_right_to_see_all_pods_its_own_namespace_is_searched() {
    let (cluster, asked) = cluster(|path, _| match path {
        "/api/v1/pods" => status(403, "pods is forbidden"),
        path if path.starts_with("/apis/apps/v1/namespaces/own/") => list("List", json!([]), None),
        path if path.ends_with("/secrets") => list("PartialObjectMetadataList", json!([]), None),
        _ => status(404, "no such group"),
    });
    let found = find(&cluster, &Search::default()).await.expect("found");
    assert!(
        found.notes.iter().any(|note| note.contains("only namespace own")),
        "{:?}",
        found.notes
    );
    let asked = asked.lock().expect("not poisoned").clone();
    assert!(asked.iter().any(|it| it.contains("namespaces/own/deployments")), "{asked:?}");
}

fn pod() -> k8s_openapi::api::core::v1::Pod {
    serde_json::from_value(json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1"},
        "spec": {"containers": [{"name": "app"}]},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "app", "ready": true, "restartCount": 0, "image": "x", "imageID": "", "containerID": "c1"}]},
    }))
    .expect("a pod")
}

#[tokio::test]
async fn newer_servers_want_create_for_exec() {
    let (cluster, _) = cluster(|path, _| {
        if path.ends_with("/exec") {
            return status(
                403,
                "pods \"web\" is forbidden: User \"u\" cannot create resource \"pods/exec\"",
            );
        }
        (200, serde_json::to_value(pod()).expect("a pod"))
    });
    let place = Pod::new(&cluster, &pod(), "app", PodOptions::default());
    let Err(PlaceError::Forbidden { why, .. }) = place.processes().await else {
        panic!("it is forbidden")
    };
    assert!(why.contains("resources: [\"pods/exec\"], verbs: [create, get]"), "{why}");
}

#[tokio::test]
async fn admission_is_no_missing_right() {
    let (cluster, _) = cluster(|path, _| {
        if path.ends_with("/ephemeralcontainers") {
            return status(
                403,
                "pods \"web\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
            );
        }
        (200, serde_json::to_value(pod()).expect("a pod"))
    });
    let options = PodOptions { via: Via::Ephemeral, ..PodOptions::default() };
    let place = Pod::new(&cluster, &pod(), "app", options);
    let error = place.processes().await.expect_err("it is not admitted");
    assert!(!matches!(error, PlaceError::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("PodSecurity"), "{error}");
}

#[tokio::test]
async fn an_ephemeral_container_that_starts_is_not_waited_for_after_an_interrupt() {
    let (handle, stop) = Stop::pair();
    let (cluster, asked) = cluster(move |path, _| {
        if path.ends_with("/ephemeralcontainers") {
            let _ = handle.send(true);
        }
        // It never runs.
        (200, serde_json::to_value(pod()).expect("a pod"))
    });
    let options = PodOptions { via: Via::Ephemeral, ..PodOptions::default() };
    let place = Pod::new(&cluster, &pod(), "app", options).until(stop);
    let why = place.processes().await.expect_err("it was interrupted").to_string();
    let added = place.ephemeral_containers();
    let [name] = &added[..] else { panic!("{added:?}") };
    let stays = format!("ephemeral container {name} stays in the description of pod web");
    assert!(why.contains("it was interrupted") && why.contains(&stays), "{why}");
    // Whoever tries again adds nothing more.
    let why = place.processes().await.expect_err("it was interrupted").to_string();
    assert!(why.ends_with("it was interrupted"), "{why}");
    let asked = asked.lock().expect("not poisoned").clone();
    assert_eq!(asked.iter().filter(|it| it.starts_with("PATCH")).count(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_person_is_told_how_the_process_is_found_from_anywhere() {
    let (cluster, _) = cluster(|_, _| status(404, "nothing there"));
    let place = Pod::new(&cluster, &pod(), "app", PodOptions::default());
    // Its number alone would be another process on whoever's machine.
    assert_eq!(place.arguments(1), "--pod shop/web/app --pid 1");
}

#[tokio::test]
async fn a_container_that_does_not_run_is_not_asked() {
    let name = PodName::parse("shop/web").expect("a name");
    let find = async |status: Value| {
        let mut pod = serde_json::to_value(pod()).expect("a pod");
        pod["status"] = status;
        let (cluster, _) = cluster(move |_, _| (200, pod.clone()));
        let found = heapglass_k8s::named::find(&cluster, &name, PodOptions::default()).await;
        found.map(|_| ()).map_err(|error| error.to_string())
    };
    let container = |state: Value| json!([{"name": "app", "ready": false, "restartCount": 0, "image": "x", "imageID": "", "state": state}]);
    let completed = json!({"terminated": {"reason": "Completed", "exitCode": 0}});
    let why = find(json!({"phase": "Succeeded", "containerStatuses": container(completed)})).await;
    let expected = "container app of pod shop/web: it does not run: web: Succeeded; container app: Completed, exit code 0";
    assert_eq!(why, Err(expected.to_owned()));
    let pulls = json!({"waiting": {"reason": "ImagePullBackOff"}});
    let why = find(json!({"phase": "Pending", "containerStatuses": container(pulls)})).await;
    assert!(why.is_err_and(|why| why.ends_with("container app: ImagePullBackOff")));
    let waits = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let why = find(json!({"phase": "Running", "containerStatuses": container(waits)})).await;
    assert!(why.is_err_and(|why| why.contains("it does not run: CrashLoopBackOff; what it left")));
    let runs = container(json!({"running": {}}));
    assert_eq!(find(json!({"phase": "Running", "containerStatuses": runs})).await, Ok(()));
}

#[tokio::test]
async fn nothing_is_added_to_a_pod_that_goes_away() {
    let (cluster, asked) = cluster(|_, _| {
        let mut pod = serde_json::to_value(pod()).expect("a pod");
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:30Z".into();
        pod["metadata"]["deletionGracePeriodSeconds"] = 30.into();
        (200, pod)
    });
    let options = PodOptions { via: Via::Ephemeral, ..PodOptions::default() };
    let place = Pod::new(&cluster, &pod(), "app", options);
    let Err(PlaceError::Gone { why, .. }) = place.processes().await else { panic!("it is gone") };
    // Kubernetes gives the time at which the grace ends.
    assert_eq!(why, "pod web is being deleted since 2026-01-01T00:00:00Z");
    let asked = asked.lock().expect("not poisoned").clone();
    assert!(!asked.iter().any(|it| it.starts_with("PATCH")), "{asked:?}");
}

#[tokio::test]
async fn a_pod_that_was_replaced_is_gone() {
    let (cluster, _) = cluster(|path, _| {
        if path.ends_with("/exec") {
            return status(404, "container not found (\"app\")");
        }
        let mut pod = serde_json::to_value(pod()).expect("a pod");
        pod["status"]["containerStatuses"][0]["containerID"] = "c2".into();
        pod["status"]["containerStatuses"][0]["restartCount"] = 1.into();
        pod["status"]["containerStatuses"][0]["lastState"] =
            json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}});
        (200, pod)
    });
    let place = Pod::new(&cluster, &pod(), "app", PodOptions::default());
    let Err(PlaceError::Gone { why, .. }) = place.processes().await else { panic!("it is gone") };
    assert_eq!(
        why,
        "container app of pod web ended meanwhile and was restarted: OOMKilled, exit code 137 \
         (restarts: 0 before, 1 now)"
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for_for_ever() {
    let service = tower::service_fn(|_: Request<Body>| async {
        std::future::pending::<Result<Response<Body>, std::io::Error>>().await
    });
    let cluster =
        Cluster::with_client(kube::Client::new(service, "own"), Duration::from_millis(50));
    let error = find(&cluster, &Search::default()).await.expect_err("no answer");
    assert!(matches!(error, ApiError::Late { .. }), "{error}");
}

/// Nobody listens.
struct Nobody;

impl Listener for Nobody {
    fn on(&self, _: Event) {}
}

/// Options that collect from the pods with a label.
fn collecting(base: &std::path::Path, via: Via) -> GatherOptions {
    GatherOptions {
        search: Search { selector: Some("app=x".to_owned()), ..Search::default() },
        base: base.to_owned(),
        with_heap_dumps: true,
        method: Method::Auto,
        timeout: Duration::from_secs(5),
        remote_dir: "/tmp".to_owned(),
        parallel: 1,
        replicas_at_once: false,
        workers: false,
        compress: false,
        redaction: None,
        force: Forced::Nothing,
        dry_run: false,
        pod: PodOptions { via, ..PodOptions::default() },
        since: Since::Ever,
        with_secrets: false,
        tool: "test".to_owned(),
    }
}

/// Collects from a pod whose container waits to be restarted and to which nothing may be added: what is said in place of
/// a snapshot, the rights that were missing, and what was asked.
async fn of_a_crashing_pod(via: Via) -> (String, Vec<String>, Vec<String>) {
    let pod = json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1"},
        "spec": {
            "containers": [{"name": "app", "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
        "status": {"phase": "Running", "containerStatuses": [{
            "name": "app", "ready": false, "restartCount": 3, "image": "x", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
        }]},
    });
    let (cluster, asked) = cluster(move |path, _| match path {
        "/api/v1/pods" => list("PartialObjectMetadataList", json!([pod]), None),
        "/api/v1/namespaces/shop/pods" => list("PodList", json!([pod]), None),
        "/api/v1/namespaces/shop/pods/web" => (200, pod.clone()),
        path if path.ends_with("/ephemeralcontainers") => status(
            403,
            "pods \"web\" is forbidden: User \"u\" cannot patch resource \"pods/ephemeralcontainers\"",
        ),
        _ => status(404, "nothing there"),
    });
    let folder = tempfile::tempdir().expect("a directory");
    let options = collecting(folder.path(), via);
    let index = gather(&cluster, &options, &Nobody, Stop::never()).await.expect("collected");
    let container = &index.workloads[0].pods[0].containers[0];
    assert!(container.found_snapshots.is_empty() && container.ephemeral_containers.is_empty());
    let file = folder.path().join(&container.directory).join("no-node-process.txt");
    let text = std::fs::read_to_string(file).expect("a text");
    let missing = index.missing_rights.into_iter().map(|right| right.rule).collect();
    let asked = asked.lock().expect("not poisoned").clone();
    (text, missing, asked)
}

#[tokio::test]
async fn of_what_a_crashing_container_left_it_is_said_why_it_is_not_here_and_how_to_get_it() {
    let right = |rules: &[String]| rules.iter().any(|it| it.contains("pods/ephemeralcontainers"));
    let patched = |asked: &[String]| asked.iter().any(|it| it.starts_with("PATCH"));
    let (text, missing, asked) = of_a_crashing_pod(Via::Auto).await;
    assert!(text.contains("(/tmp) could not be looked for") && patched(&asked), "{text}");
    assert!(right(&missing), "{missing:?}");
    assert!(text.contains("last time: OOMKilled, exit code 137"), "{text}");
    assert!(text.contains("kubectl -n shop debug web"), "{text}");
    let (text, missing, asked) = of_a_crashing_pod(Via::Exec).await;
    assert!(text.contains("(/tmp) were not looked for") && !patched(&asked), "{text}");
    assert!(text.contains("kubectl -n shop debug web") && !right(&missing), "{text}");
}

/// A rollout goes on: the pod that was found is deleted before it is its turn, and another one took its place.
#[tokio::test]
async fn pods_that_took_the_place_of_others_are_asked_too() {
    let pod = |name: &str| {
        json!({
            "metadata": {"name": name, "namespace": "shop", "uid": name, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "set", "uid": "s", "controller": true}]},
            "spec": {"containers": [{"name": "app"}]},
            "status": {"phase": "Running", "containerStatuses": [{
                "name": "app", "ready": false, "restartCount": 0, "image": "x", "imageID": "",
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
        })
    };
    let lists = Arc::new(Mutex::new(0));
    let (cluster, asked) = cluster(move |path, _| match path {
        "/api/v1/pods" => list("PartialObjectMetadataList", json!([pod("old")]), None),
        "/api/v1/namespaces/shop/pods" => {
            let mut lists = lists.lock().expect("not poisoned");
            *lists += 1;
            let name = if *lists == 1 { "old" } else { "new" };
            list("PodList", json!([pod(name)]), None)
        }
        "/api/v1/namespaces/shop/pods/new" => (200, pod("new")),
        "/apis/apps/v1/namespaces/shop/statefulsets/set" => (
            200,
            json!({"metadata": {"name": "set", "namespace": "shop"},
                "spec": {"selector": {"matchLabels": {"app": "x"}}}}),
        ),
        _ => status(404, "nothing there"),
    });
    let folder = tempfile::tempdir().expect("a directory");
    let options = collecting(folder.path(), Via::Auto);
    let index = gather(&cluster, &options, &Nobody, Stop::never()).await.expect("collected");
    let pods: Vec<_> = index.workloads[0]
        .pods
        .iter()
        .map(|pod| (pod.name.as_str(), pod.containers[0].problem.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        pods,
        [("old", "pod old was deleted"), ("new", "the container does not run: CrashLoopBackOff"),]
    );
    let file = folder.path().join(&index.workloads[0].pods[0].containers[0].directory);
    let text = std::fs::read_to_string(file.join("no-node-process.txt")).expect("a text");
    assert!(text.contains("went away before it was its turn"), "{text}");
    let asked = asked.lock().expect("not poisoned").clone();
    assert!(!asked.iter().any(|it| it.starts_with("PATCH")), "{asked:?}");
}
