//! Where things are, and how programs are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Which build of the program to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What the tests build anyway: good enough for small files.
    Dev,
    /// What a user gets.
    Release,
}

/// Builds `heapglass` and returns the path of the binary.
pub(crate) fn heapglass(profile: Profile) -> Result<PathBuf> {
    heapglass_with(profile, &[])
}

/// The same with features of the package. The binary is at the same path as without.
pub(crate) fn heapglass_with(profile: Profile, features: &[&str]) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "heapglass"]);
    build.arg("--features").arg(features.join(","));
    if profile == Profile::Release {
        build.arg("--release");
    }
    run(&mut build)?;
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => "release",
    };
    Ok(target_directory()?.join(folder).join("heapglass"))
}

/// The program that was given, or else one that is built here.
pub(crate) fn given_or_built(given: Option<&PathBuf>, profile: Profile) -> Result<PathBuf> {
    given.map_or_else(|| heapglass(profile), |program| Ok(program.clone()))
}

/// Cargo's target directory.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = metadata()?;
    let path = metadata["target_directory"].as_str().context("cargo metadata has no target")?;
    Ok(PathBuf::from(path))
}

/// What cargo says of the workspace's own packages, without resolving their dependencies.
pub(crate) fn metadata() -> Result<serde_json::Value> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    Ok(serde_json::from_str(&output(&mut command)?)?)
}

/// Installs the oracle's npm packages if they are not there.
pub(crate) fn oracle_folder() -> Result<PathBuf> {
    let folder = root().join("oracle");
    let has_node = Command::new("node").arg("--version").output().is_ok_and(|o| o.status.success());
    if !has_node {
        bail!("this needs Node.js 20 or newer as `node` on the path");
    }
    if !folder.join("node_modules/chrome-devtools-frontend").exists() {
        println!("installing the oracle's npm packages");
        run(Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder))?;
    }
    Ok(folder)
}

/// Runs a command with our own input and output; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("failed to start {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// Runs a command and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start {shown}"))?;
    if !output.status.success() {
        bail!("{shown}: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
