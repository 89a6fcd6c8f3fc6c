//! `__generate`: the committed documents that are made from the code.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::{Command, CommandFactory};
use heapglass_report::schema::schemas;

use crate::args::Cli;
use crate::exit::ExitStatus;

/// Writes docs/cli.md and docs/schema into the repository at `dir`.
pub(crate) fn run(dir: &Path) -> anyhow::Result<ExitStatus> {
    let schema_dir = dir.join("docs/schema");
    fs::create_dir_all(&schema_dir)
        .with_context(|| format!("cannot make {}", schema_dir.display()))?;
    let write = |path: &Path, text: String| {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    let collecting = heapglass_collect::wire::schemas();
    let gathered = ("heap-dumps", heapglass_k8s::wire::schema());
    for (name, schema) in schemas().into_iter().chain(collecting).chain([gathered]) {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        write(&schema_dir.join(format!("{name}.schema.json")), text)?;
    }
    write(&dir.join("docs/cli.md"), cli_reference())?;
    Ok(ExitStatus::Fine)
}

/// The command line as Markdown: what `--help` says of each command.
fn cli_reference() -> String {
    let mut text = String::from(
        "# The command line\n\n\
         This page is generated from the program (`cargo xtask generate`); do not edit it.\n\n\
         Every command takes the same inputs and the same options for reading and output. With `--json`, one \
         file gives one document; several inputs or a directory give an object with `snapshots`, a list of \
         such documents, and `errors`. The documents' schemas are in [schema/](schema/).\n",
    );
    let mut main = Cli::command().term_width(100);
    main.build();
    section(&mut text, &mut main.clone(), "heapglass");
    for command in main.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
        let name = format!("heapglass {}", command.get_name());
        section(&mut text, command, &name);
    }
    text
}

fn section(text: &mut String, command: &mut Command, name: &str) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing to a String cannot fail.
    let _ = write!(text, "\n## `{name}`\n\n```text\n{}\n```\n", help.join("\n").trim_end());
}
