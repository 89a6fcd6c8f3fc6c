//! `heapglass`: open any V8 heap snapshot and say what is using the memory.

mod answer;
mod args;
mod budget;
mod cache;
mod commands;
mod context;
mod env;
mod exit;
mod export;
mod gather;
mod help;
mod hints;
mod inputs;
mod interrupt;
mod invoked;
mod messages;
mod open;
mod processes;
mod progress;
mod resident;
mod series;
mod settings;
mod source_maps;
mod sources;
mod timings;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::args::Cli;
use crate::context::Context;
use crate::env::Environment;
use crate::exit::{ExitStatus, Failure};
use crate::interrupt::Interrupt;
use crate::messages::Messages;
use crate::settings::Settings;
use crate::source_maps::MapFiles;

/// Says how much heap is allocated, for `cargo xtask bench --phases` alone.
#[cfg(feature = "count-allocations")]
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let cli = Cli::parse_from(invoked::arguments(std::env::args_os()));
    let settings = match Settings::resolve(&cli.common, &Environment::read()) {
        Ok(settings) => settings,
        Err(failure) => return finish(&Messages::new(false), Err(failure.into())),
    };
    let interrupt = Interrupt::default();
    let messages = Messages::new(settings.paint_messages);
    if let Err(error) = interrupt.listen() {
        messages.note(&format!("signals are not handled: {error}"));
    }
    let source_maps = match MapFiles::read(&cli.common.source_maps, &messages) {
        Ok(maps) => Arc::new(maps),
        Err(failure) => return finish(&messages, Err(failure.into())),
    };
    let context = Context { settings, messages, interrupt, source_maps };
    let result = commands::run(&context, &cli);
    finish(&context.messages, result)
}

/// Says what went wrong, if anything did, and with which code to end.
fn finish(messages: &Messages, result: anyhow::Result<ExitStatus>) -> ExitCode {
    let error = match result {
        Ok(status) => return status.into(),
        Err(error) => error,
    };
    if is_broken_pipe(&error) {
        return ExitStatus::Fine.into();
    }
    let failure =
        error.downcast::<Failure>().unwrap_or_else(|error| Failure::usage(format!("{error:#}")));
    messages.error(&failure);
    failure.status.into()
}

/// Whether the reader of our output went away, which is the reader's right.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind).or_else(|| {
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind)
        });
        kind == Some(io::ErrorKind::BrokenPipe)
    })
}
