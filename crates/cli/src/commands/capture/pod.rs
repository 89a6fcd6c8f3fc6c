//! `--pod`: a process in a pod.

use std::time::Duration;

use heapglass_collect::Target;
use heapglass_collect::capture::{Stop, candidates};
use heapglass_collect::place::Place;
use heapglass_k8s::client::{Cluster, ConnectOptions};
use heapglass_k8s::named::{PodName, find};
use heapglass_k8s::pod::{PodOptions, Via};

use super::choose::which;
use crate::args::CaptureArgs;
use crate::commands::gather::{DEADLINE, failure};
use crate::context::Context;
use crate::env::GatherEnvironment;
use crate::exit::{ExitStatus, Failure};

/// Takes the snapshots, and leaves nothing running in the pod.
pub(super) async fn run(
    context: &Context,
    args: &CaptureArgs,
    name: &PodName,
    stop: &Stop,
) -> anyhow::Result<ExitStatus> {
    let deadline = GatherEnvironment::read().number("CMD_TIMEOUT", DEADLINE)?;
    let connect =
        ConnectOptions { context: args.context.clone(), deadline: Duration::from_secs(deadline) };
    let mut stops = stop.clone();
    // Nothing is begun yet that would have to be cleaned up.
    let cluster = tokio::select! {
        cluster = Cluster::connect(&connect) => cluster.map_err(|error| failure(&error))?,
        () = stops.asked() => return Ok(ExitStatus::Interrupted),
    };
    let options = PodOptions {
        debug_image: args.debug_image.clone(),
        ephemeral_lifetime: args.timeout * 2,
        // An ephemeral container stays in the pod's description: not for a look.
        via: if args.dry_run { Via::Exec } else { Via::Auto },
    };
    let place = tokio::select! {
        place = find(&cluster, name, options) => place.map_err(|error| failure(&error))?,
        () = stops.asked() => return Ok(ExitStatus::Interrupted),
    };
    let place = place.until(stop.clone());
    let status = match process(context, &place, args).await {
        Ok(pid) if args.close_inspector => super::close(context, args, &place, pid).await,
        Ok(pid) => super::series(context, args, &place, &Target::Process(pid), stop).await,
        Err(failure) => Err(failure.into()),
    };
    place.leave().await;
    for ephemeral in place.ephemeral_containers() {
        let text = format!(
            "ephemeral container {ephemeral} is not needed any more; its entry stays in the pod"
        );
        context.messages.note(&text);
    }
    status
}

/// The process that is meant: the one that was named, else the only one.
async fn process(
    context: &Context,
    place: &impl Place,
    args: &CaptureArgs,
) -> Result<u32, Failure> {
    if let Some(pid) = args.pid {
        return Ok(pid);
    }
    let found = candidates(place).await;
    let found = found.map_err(|error| Failure::not_collected(error.to_string()))?;
    match found.as_slice() {
        [one] => Ok(one.pid),
        [] => Err(Failure::usage(format!("there is no Node.js process in {}", place.name()))),
        several => {
            let text = format!("{} Node.js processes are in {}", several.len(), place.name());
            Err(which(context, several, &text))
        }
    }
}
