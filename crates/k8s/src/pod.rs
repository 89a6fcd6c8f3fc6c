//! A container of a pod, as a place to take snapshots in.
//!
//! What a container can be asked by depends on its image. In this order: a shell in it; the Node binary that it
//! runs anyway (a second, small Node, gone after a moment); an ephemeral container beside it that shares its
//! processes, which stays in the pod's description for ever and is therefore last.

mod reach;

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapglass_collect::capture::Stop;
use heapglass_collect::place::{
    Place, PlaceError, RawProcess, RawSurroundings, RemoteFile, Signal,
};
use heapglass_collect::preflight::Probe;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;

use crate::access::Access;
use crate::client::{Cluster, api_error};
use crate::ephemeral::{self, User};
use crate::exec::{Output, Said, Target, place_error};
use crate::fate::{Before, Fate};
use crate::kept::{Asked, FRESH, Kept};
use crate::own::Own;
use crate::port::PortStream;
use crate::quantity;
use crate::script::{self, Guard, Seen, Tool};
use crate::status::{container_status, lasting, liveness};
use reach::Reach;

/// Most that a look may print.
const LOOK_LIMIT: u64 = 8 << 20;

/// How containers may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Via {
    /// A command in the container; an ephemeral container where that is not possible.
    #[default]
    Auto,
    /// Commands in the container alone.
    Exec,
    /// An ephemeral container at once.
    Ephemeral,
}

/// How pods are reached.
#[derive(Debug, Clone, Default)]
pub struct PodOptions {
    /// The way in.
    pub via: Via,
    /// The image of ephemeral containers; the container's own if there is none.
    pub debug_image: Option<String>,
    /// How long an ephemeral container may live.
    pub ephemeral_lifetime: Duration,
}

/// A container of a pod.
#[derive(Debug)]
pub struct Pod {
    target: Target,
    /// The pod as it was when it was found.
    uid: String,
    spec: core::PodSpec,
    /// The container as it was then.
    before: Before,
    /// What tells its processes from others.
    own: Own,
    /// The user of the container, as far as its description tells.
    user: User,
    options: PodOptions,
    /// Once this is asked for, no ephemeral container is added, and none that starts is waited for.
    stop: Stop,
    reach: OnceCell<Reach>,
    /// What was tried to get in, and what it answered.
    tried: Mutex<Vec<String>>,
    /// The ephemeral containers that were added, which nobody can take back.
    added: Mutex<Vec<String>>,
    /// What looks have shown that holds for the next ones.
    kept: Mutex<Kept>,
    /// When it was last asked for what is asked again and again.
    asked: tokio::sync::Mutex<Asked>,
    /// What finding the way in saw, until somebody asks for the processes.
    first: Mutex<Option<(Instant, Seen)>>,
    /// What was around the processes when they were listed, until somebody asks for it.
    around: Mutex<Option<(Instant, Seen)>>,
}

impl Pod {
    /// A container of a pod that was found in the cluster.
    pub fn new(cluster: &Cluster, pod: &core::Pod, container: &str, options: PodOptions) -> Pod {
        let status = container_status(pod, container);
        let spec = pod.spec.clone().unwrap_or_default();
        Pod {
            user: User::described(&spec, container, status),
            target: Target {
                cluster: cluster.clone(),
                namespace: pod.metadata.namespace.clone().unwrap_or_default(),
                pod: pod.metadata.name.clone().unwrap_or_default(),
                container: container.to_owned(),
            },
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            spec,
            before: Before::of(status),
            own: Own::new(pod, container),
            options,
            stop: Stop::never(),
            reach: OnceCell::new(),
            tried: Mutex::default(),
            added: Mutex::default(),
            kept: Mutex::default(),
            asked: tokio::sync::Mutex::default(),
            first: Mutex::default(),
            around: Mutex::default(),
        }
    }

    /// The same, to which nothing is added once somebody asks to stop.
    #[must_use]
    pub fn until(self, stop: Stop) -> Pod {
        Pod { stop, ..self }
    }

    /// What was tried to get into the container, one sentence each.
    pub fn tried(&self) -> Vec<String> {
        lock(&self.tried).clone()
    }

    /// The ephemeral container that is the way in, if one is.
    pub fn ephemeral_container(&self) -> Option<&str> {
        let reach = self.reach.get().filter(|reach| reach.ephemeral)?;
        Some(&reach.target.container)
    }

    /// All ephemeral containers that were added, also those that were of no use. They stay in the pod's
    /// description, since Kubernetes has no way to remove one.
    pub fn ephemeral_containers(&self) -> Vec<String> {
        lock(&self.added).clone()
    }

    /// The container as the pod describes it.
    pub fn container(&self) -> Option<&core::Container> {
        lasting(&self.spec).find(|container| container.name == self.target.container)
    }

    /// What has become of the pod and the container since they were found; `None` if nothing has, or nobody says.
    /// Cost: one question to the API server.
    pub(crate) async fn fate(&self) -> Option<Fate> {
        let api: Api<core::Pod> =
            Api::namespaced(self.target.cluster.client(), &self.target.namespace);
        let access = Access::new("get", "", "pods", Some(&self.target.namespace));
        let what = format!("pod {}", self.target.pod);
        match self.target.cluster.ask(&what, &access, api.get(&self.target.pod)).await {
            Ok(pod) => Fate::of(&pod, &self.uid, &self.target.container, &self.before),
            Err(error) if error.is_not_found() => {
                Some(Fate::Deleted { pod: self.target.pod.clone() })
            }
            Err(_) => None,
        }
    }

    /// Ends the ephemeral container, if there is one; its entry in the pod cannot be taken back.
    pub async fn leave(&self) {
        let Some(reach) = self.reach.get().filter(|reach| reach.ephemeral) else { return };
        self.end(reach).await;
    }

    /// Without the processes of others, which a process namespace that is shared shows.
    fn own(&self, mut processes: Vec<RawProcess>) -> Vec<RawProcess> {
        self.own.retain(&mut processes);
        processes
    }

    fn deadline(&self) -> Duration {
        self.target.cluster.deadline()
    }

    /// Keeps questions apart: whoever waits for something asks again and again, and each question is a
    /// process in the container.
    async fn pace(&self, reach: &Reach) {
        let shortest = match reach.tool {
            Tool::Shell => Duration::from_millis(100),
            Tool::Node(_) => Duration::from_millis(500),
        };
        let mut asked = self.asked.lock().await;
        if let Some(last) = asked.last {
            let apart = asked.apart(shortest);
            tokio::time::sleep(apart.saturating_sub(last.elapsed())).await;
        }
        asked.last = Some(Instant::now());
        asked.again = asked.again.saturating_add(1);
    }

    /// Something happens: what is waited for may be there soon.
    async fn stir(&self) {
        self.asked.lock().await.again = 0;
    }

    /// Looks at what changes from moment to moment alone; the rest is as it was when all was looked at. `None`
    /// where that is not enough: before such a look, or when there is a process that it did not see.
    async fn glance(&self, process: Option<u32>) -> Result<Option<Seen>, PlaceError> {
        let reach = self.reach().await?;
        let mark = script::mark();
        let said = self.ask(reach, &reach.tool.glance(&mark, process)).await?;
        let Some(mut seen) = script::seen(&said.stdout, &mark) else { return Ok(None) };
        self.tidy(reach, &mut seen);
        let kept = lock(&self.kept);
        let whole = match process {
            None => kept.complete(&mut seen),
            Some(_) => kept.complete_around(&mut seen),
        };
        Ok(whole.then_some(seen))
    }

    async fn ask(&self, reach: &Reach, command: &[String]) -> Result<Said, PlaceError> {
        self.pace(reach).await;
        match reach.target.run(command, self.deadline(), LOOK_LIMIT).await {
            Ok(said) => Ok(said),
            Err(error) => Err(self.explain(error).await),
        }
    }

    fn tidy(&self, reach: &Reach, seen: &mut Seen) {
        if reach.ephemeral {
            seen.processes.retain(|process| !ephemeral::is_ours(&process.cmdline));
        }
        lock(&self.kept).sort_out(seen);
    }

    async fn look(&self, process: Option<u32>) -> Result<Seen, PlaceError> {
        let reach = self.reach().await?;
        let mark = script::mark();
        let said = self.ask(reach, &reach.tool.look(&mark, process, reach.ephemeral)).await?;
        if let Some(mut seen) = script::seen(&said.stdout, &mark) {
            self.tidy(reach, &mut seen);
            self.describe(&mut seen.surroundings);
            // An ephemeral container has limits of its own: those of a process are seen through the process.
            let around = process.is_some() || !reach.ephemeral;
            lock(&self.kept).keep(&seen, process.is_none(), around);
            return Ok(seen);
        }
        let why = format!("{:?} {}", said.end, crate::exec::one_line(&said.stderr));
        let error = PlaceError::Impossible { what: format!("looking into {}", self.name()), why };
        Err(self.explain(error).await)
    }

    /// Adds what the pod's description allows the container.
    fn describe(&self, surroundings: &mut RawSurroundings) {
        surroundings.described = self.container().map(quantity::limits).unwrap_or_default();
    }

    /// Looks whether the pod is still there: that explains most errors better than they do themselves.
    async fn explain(&self, error: PlaceError) -> PlaceError {
        if matches!(error, PlaceError::Forbidden { .. }) {
            return error;
        }
        match self.fate().await {
            Some(fate) => PlaceError::Gone { what: self.name(), why: fate.to_string() },
            None => error,
        }
    }

    /// What a command has to look at first that is about a process, or about files behind one's root.
    fn guard(&self, process: u32) -> Option<Guard> {
        lock(&self.kept).guard(process)
    }

    fn guard_of(&self, path: &str) -> Option<Guard> {
        let (process, _) = path.strip_prefix("/proc/")?.split_once("/root")?;
        self.guard(process.parse().ok()?)
    }

    fn note(&self, text: String) {
        lock(&self.tried).push(text);
    }
}

impl Place for Pod {
    type Stream = PortStream;
    type File = Output;

    fn name(&self) -> String {
        let Target { namespace, pod, container, .. } = &self.target;
        format!("pod {namespace}/{pod}, container {container}")
    }

    fn arguments(&self, process: u32) -> String {
        let Target { namespace, pod, container, .. } = &self.target;
        format!("--pod {namespace}/{pod}/{container} --pid {process}")
    }

    fn probe(&self) -> Option<Probe> {
        self.container().and_then(liveness)
    }

    async fn processes(&self) -> Result<Vec<RawProcess>, PlaceError> {
        self.reach().await?;
        // Finding the way in was a look already.
        let first = lock(&self.first).take().filter(|(when, _)| when.elapsed() < FRESH);
        let seen = match first {
            Some((_, seen)) => seen,
            None => match self.glance(None).await? {
                // What surrounds them was not looked at.
                Some(seen) => return Ok(self.own(seen.processes)),
                None => self.look(None).await?,
            },
        };
        let processes = self.own(seen.processes.clone());
        // An ephemeral container has limits of its own: those of a process are seen through the process.
        if self.ephemeral_container().is_none() {
            *lock(&self.around) = Some((Instant::now(), seen));
        }
        Ok(processes)
    }

    async fn surroundings(&self, process: u32) -> Result<RawSurroundings, PlaceError> {
        // A container's processes share what surrounds them; one look answers the first question.
        let known = lock(&self.around).take().filter(|(when, seen)| {
            when.elapsed() < FRESH && seen.descriptors.contains_key(&process)
        });
        let seen = match known {
            Some((_, seen)) => seen,
            None => match self.glance(Some(process)).await? {
                Some(seen) => seen,
                None => self.look(Some(process)).await?,
            },
        };
        let descriptors = seen.descriptors.get(&process).cloned();
        let Some(descriptors) = descriptors else {
            let why = match self.guard(process).filter(|_| seen.started.contains_key(&process)) {
                Some(guard) => guard.broken(),
                None => "it has ended".to_owned(),
            };
            return Err(PlaceError::Gone { what: format!("process {process}"), why });
        };
        Ok(RawSurroundings { descriptors, ..seen.surroundings })
    }

    async fn signal(
        &self,
        process: u32,
        started: Option<u64>,
        signal: Signal,
    ) -> Result<(), PlaceError> {
        let reach = self.reach().await?;
        let name = match signal {
            Signal::Usr1 => "USR1",
            Signal::Usr2 => "USR2",
        };
        self.stir().await;
        let meant = started.map(|started| Guard { process, started });
        let command = reach.tool.signal(process, name, meant.or_else(|| self.guard(process)));
        let said = reach.target.run(&command, self.deadline(), 1 << 16).await;
        let done =
            said.and_then(|said| said.fine(&format!("sending SIG{name} to process {process}")));
        match done {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(error).await),
        }
    }

    async fn connect(&self, port: u16) -> Result<PortStream, PlaceError> {
        let Target { cluster, namespace, pod, .. } = &self.target;
        let api: Api<core::Pod> = Api::namespaced(cluster.client(), namespace);
        let what = format!("forwarding port {port} of pod {pod}");
        let access = Access::port_forward(namespace);
        let ports = [port];
        self.stir().await;
        let opened = tokio::time::timeout(self.deadline(), api.portforward(pod, &ports)).await;
        let mut forwarder = match opened {
            Ok(Ok(forwarder)) => forwarder,
            Ok(Err(error)) => {
                return Err(self.explain(place_error(api_error(&what, &access, &error))).await);
            }
            Err(_) => {
                let source = io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
                return Err(PlaceError::Io { what, source });
            }
        };
        let error = forwarder.take_error(port);
        match (forwarder.take_stream(port), error) {
            (Some(stream), Some(error)) => Ok(PortStream { stream, error: Some(Box::pin(error)) }),
            _ => Err(PlaceError::Impossible { what, why: "no stream was given".to_owned() }),
        }
    }

    async fn list(&self, directory: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        let reach = self.reach().await?;
        self.pace(reach).await;
        let mark = script::mark();
        let guard = self.guard_of(directory);
        let command = reach.tool.list(&mark, directory.trim_end_matches('/'), guard);
        let what = format!("listing {directory} in {}", self.name());
        let output = reach.target.run(&command, self.deadline(), LOOK_LIMIT).await;
        let output = match output.and_then(|said| said.fine(&what)) {
            Ok(output) => output,
            Err(error) => return Err(self.explain(error).await),
        };
        let why = "the image has no program that tells the size of a file".to_owned();
        script::listed(&output, &mark).ok_or(PlaceError::Impossible { what, why })
    }

    async fn open(&self, path: &str, offset: u64) -> Result<Output, PlaceError> {
        let reach = self.reach().await?;
        self.pace(reach).await;
        match reach.target.stream(&reach.tool.read(path, offset, self.guard_of(path))).await {
            Ok(output) => Ok(output),
            Err(error) => Err(self.explain(error).await),
        }
    }

    async fn writable(&self, process: u32, directory: &str) -> Result<bool, PlaceError> {
        let reach = self.reach().await?;
        let path = self.path_for(process, directory);
        let what = format!("asking whether {directory} can be written to");
        let command = reach.tool.writable(process, &path, self.guard(process));
        let said = reach.target.run(&command, self.deadline(), 1 << 16).await?.fine(&what)?;
        script::may_write(&String::from_utf8_lossy(&said))
            .map_err(|why| PlaceError::Impossible { what, why })
    }

    async fn group_file(&self, process: u32, path: &str) -> Option<String> {
        let path = self.path_for(process, path);
        let mut text = String::new();
        let read = async {
            let mut file = self.open(&path, 0).await.ok()?;
            file.read_to_string(&mut text).await.ok()
        };
        tokio::time::timeout(self.deadline(), read).await.ok()??;
        Some(text)
    }

    async fn now(&self) -> Option<i64> {
        let reach = self.reach().await.ok()?;
        let said = reach.target.run(&reach.tool.now(), self.deadline(), 1 << 10).await.ok()?;
        String::from_utf8_lossy(&said.fine("date").ok()?).trim().parse().ok()
    }

    fn path_for(&self, process: u32, path: &str) -> String {
        // From an ephemeral container, the files of the other one lie behind its processes' root.
        match self.ephemeral_container() {
            Some(_) => format!("/proc/{process}/root{path}"),
            None => path.to_owned(),
        }
    }

    async fn node_version(&self, exe: &str) -> Option<String> {
        let reach = self.reach().await.ok().filter(|reach| !reach.ephemeral)?;
        let said = reach.target.run(&reach.tool.version(exe), self.deadline(), 1 << 10).await;
        let output = said.ok()?.fine("node --version").ok()?;
        Some(String::from_utf8_lossy(&output).trim().to_owned())
    }

    async fn remove(&self, path: &str) -> Result<(), PlaceError> {
        let reach = self.reach().await?;
        let command = reach.tool.remove(path, self.guard_of(path));
        let said = reach.target.run(&command, self.deadline(), 1 << 16).await;
        match said.and_then(|said| said.fine(&format!("removing {path}"))) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(error).await),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
