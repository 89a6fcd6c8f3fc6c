//! `gather`: snapshots of a whole cluster's workloads, laid out as a must-gather.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use heapglass_k8s::client::{ApiError, Cluster, ConnectOptions};
use heapglass_k8s::discover::Search;
use heapglass_k8s::gather::{GatherOptions, Since, Stop, gather};
use heapglass_k8s::pod::{PodOptions, Via};
use heapglass_k8s::wire::HeapDumps;

use super::redact::refuse_to_share;
use crate::context::Context;
use crate::env::GatherEnvironment;
use crate::exit::{ExitStatus, Failure};
use crate::gather::args::{GatherArgs, GatherMethod};
use crate::gather::summary;
use crate::gather::watching::Watching;

/// How long the clean-up may take after Ctrl-C: inspectors are closed and files removed over the network.
const CLEAN_UP: Duration = Duration::from_secs(30);
/// How long a question to the cluster may take, unless `CMD_TIMEOUT` says otherwise.
pub(crate) const DEADLINE: u64 = 90;
/// How long a snapshot may take, unless `HEAP_DUMP_TIMEOUT` says otherwise.
const TIMEOUT: u64 = 600;
/// Where a must-gather image writes.
const IN_CLUSTER: &str = "/must-gather";

/// Collects, and says in the end what was and what was not.
pub(crate) fn run(context: &Context, args: &GatherArgs) -> anyhow::Result<ExitStatus> {
    let environment = GatherEnvironment::read();
    let options = options(args, &environment)?;
    let deadline = environment.number("CMD_TIMEOUT", DEADLINE)?;
    let connect =
        ConnectOptions { context: args.context.clone(), deadline: Duration::from_secs(deadline) };
    if !options.with_heap_dumps {
        context.messages.note("no snapshots are taken: add --with-heap-dumps");
    }
    let (handle, stop) = Stop::pair();
    let _cleans_up = context.interrupt.cleans_up_within(CLEAN_UP);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let index = runtime.block_on(async {
        let mut stops = stop.clone();
        let asked = tokio::spawn(pass_on(context.interrupt.clone(), handle));
        let debug = environment.log_level_is_debug();
        let watching = Watching::new(context.settings.progress, debug);
        let result = async {
            // Nothing is begun yet that would have to be cleaned up.
            let cluster = tokio::select! {
                cluster = Cluster::connect(&connect) => cluster?,
                () = stops.asked() => return Ok(None),
            };
            watching.line(&format!("{}, writing to {}", cluster.name(), options.base.display()));
            gather(&cluster, &options, &watching, stop).await.map(Some)
        };
        let result = result.await;
        asked.abort();
        watching.finish();
        result
    });
    // What still waits for the network is of no use any more.
    runtime.shutdown_timeout(Duration::from_millis(200));
    let Some(index) = index.map_err(|error| failure(&error))? else {
        return Ok(context.interrupt.asked().unwrap_or(ExitStatus::Interrupted));
    };
    let mut stdout = std::io::stdout().lock();
    if context.settings.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&index)?)?;
    } else {
        write!(stdout, "{}", summary::text(&index, &options))?;
    }
    stdout.flush()?;
    Ok(status(context, args, &index))
}

fn status(context: &Context, args: &GatherArgs, index: &HeapDumps) -> ExitStatus {
    if let Some(asked) = context.interrupt.asked() {
        return asked;
    }
    let summary = &index.summary;
    let taken = summary.collected + summary.found_snapshots + summary.dry_run;
    let nothing = taken == 0 && !index.is_done();
    if args.strict && (!index.is_whole() || args.with_heap_dumps && nothing) {
        return ExitStatus::NotCollected;
    }
    ExitStatus::Fine
}

/// Passes the user's wish to stop on to those who wait for the network.
async fn pass_on(
    interrupt: crate::interrupt::Interrupt,
    handle: Arc<tokio::sync::watch::Sender<bool>>,
) {
    while interrupt.asked().is_none() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let _ = handle.send(true);
}

/// Flags first, then the environment, then what is usual.
fn options(args: &GatherArgs, env: &GatherEnvironment) -> Result<GatherOptions, Failure> {
    let list = |flag: &[String], variable: &str| -> Vec<String> {
        let named = env.list(variable);
        let all = if flag.is_empty() { named } else { flag.to_vec() };
        all.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    };
    let method = match args.heap_dump_method {
        Some(method) => method,
        None => env.choice("RHDH_HEAP_DUMP_METHOD")?.unwrap_or(GatherMethod::Auto),
    };
    let timeout = Duration::from_secs(env.number("HEAP_DUMP_TIMEOUT", TIMEOUT)?);
    let base = base(args, env);
    // A look makes no file, nor a key.
    let key = args.key.as_deref().filter(|_| !args.dry_run);
    if let Some(key) = key {
        refuse_to_share(key, &base)?;
    }
    Ok(GatherOptions {
        search: Search {
            namespaces: list(&args.namespaces, "RHDH_TARGET_NAMESPACES"),
            instances: list(&args.heap_dump_instances, "RHDH_HEAP_DUMP_INSTANCES"),
            selector: args.selector.clone(),
            containers: args.container.clone(),
            without_helm: args.without_helm,
            without_operator: args.without_operator,
        },
        base,
        with_heap_dumps: args.with_heap_dumps || env.is_true("RHDH_WITH_HEAP_DUMPS"),
        method: method.into(),
        timeout,
        remote_dir: env.text("HEAP_DUMP_REMOTE_DIR").unwrap_or_else(|| "/tmp".to_owned()),
        parallel: usize::from(args.parallel),
        replicas_at_once: args.replicas_at_once,
        workers: args.workers,
        compress: args.compress,
        redaction: args.redact.map(|policy| policy.redaction(key)).transpose()?,
        force: args.force.forced(),
        dry_run: args.dry_run,
        pod: PodOptions {
            // An ephemeral container stays in the pod's description: not for a look.
            via: if args.dry_run { Via::Exec } else { args.via.into() },
            debug_image: args.debug_image.clone(),
            ephemeral_lifetime: timeout * 2,
        },
        since: since(env)?,
        with_secrets: args.with_secrets,
        tool: format!("heapglass {}", env!("CARGO_PKG_VERSION")),
    })
}

/// Where the collection goes: `/must-gather` where that is, a directory of its own elsewhere.
fn base(args: &GatherArgs, env: &GatherEnvironment) -> PathBuf {
    if let Some(path) = &args.base_collection_path {
        return path.clone();
    }
    if let Some(path) = env.text("BASE_COLLECTION_PATH") {
        return path.into();
    }
    if Path::new(IN_CLUSTER).is_dir() {
        return IN_CLUSTER.into();
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    PathBuf::from(format!("must-gather.local.{}", now.map_or(0, |since| since.as_secs())))
}

fn since(env: &GatherEnvironment) -> Result<Since, Failure> {
    if let Some(text) = env.text("MUST_GATHER_SINCE_TIME") {
        return text.parse().map(Since::Time).map_err(|_| {
            Failure::usage(format!("MUST_GATHER_SINCE_TIME is not a time: {text}"))
                .hint("write it like 2026-11-22T10:00:00Z")
        });
    }
    let Some(text) = env.text("MUST_GATHER_SINCE") else { return Ok(Since::Ever) };
    duration(&text).map(Since::Ago).ok_or_else(|| {
        Failure::usage(format!("MUST_GATHER_SINCE is not a length of time: {text}"))
            .hint("write it like 2h, 30m or 1h30m")
    })
}

/// A length of time: `2h`, `30m`, `1h30m`, `90s`, `90`.
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0u64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next();
        let factor = match unit {
            None | Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86400,
            Some(_) => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[digits + unit.map_or(0, char::len_utf8)..];
    }
    Some(Duration::from_secs(seconds))
}

/// Why nothing could be collected at all.
pub(crate) fn failure(error: &ApiError) -> Failure {
    let hint = match error {
        ApiError::NoCluster { .. } => Some(
            "set KUBECONFIG, log in (`oc login`), or name a context of the kubeconfig with --context"
                .to_owned(),
        ),
        ApiError::Unreachable { .. } => Some(
            "see whether the server runs and is reached from here (VPN, proxy), or name another context of the \
             kubeconfig with --context"
                .to_owned(),
        ),
        ApiError::Forbidden { access, .. } => Some(access.advice()),
        ApiError::Unauthorized { .. } => Some("log in again".to_owned()),
        ApiError::Late { .. } => Some("CMD_TIMEOUT=300 waits longer".to_owned()),
        _ => None,
    };
    Failure { status: ExitStatus::NotCollected, message: error.to_string(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(duration(text), expected.map(Duration::from_secs), "{text}");
        };
        check("2h", Some(7200));
        check("1h30m", Some(5400));
        check("90s", Some(90));
        check("15", Some(15));
        check("1d", Some(86400));
        check("", None);
        check("h", None);
        check("2 weeks", None);
    }
}
