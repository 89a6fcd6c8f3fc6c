//! The commands of docs/gather.md, as they stand there.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Lab;
use super::manifests::Workload;
use crate::workspace;

/// What stands before a block whose commands are run.
const RUN: &str = "<!-- run by `cargo xtask cluster` -->\n```";

pub(crate) fn deploy(lab: &Lab) -> Result<()> {
    let namespace = lab.namespace("guide");
    let shop = Workload { container: "web", ..Workload::new("shop", &lab.images) };
    lab.deploy("guide", &[shop.object(&namespace)])
}

/// Runs each block in a directory of its own, with the program on the path, in the namespace of the test.
pub(crate) fn check(lab: &Lab) -> Result<()> {
    lab.ready("guide", "shop", 1)?;
    let page = std::fs::read_to_string(workspace::root().join("docs/gather.md"))?;
    let folder = lab.out.join("guide");
    std::fs::create_dir_all(folder.join("bin"))?;
    for name in ["heapglass", "gather", "kubectl-heapglass"] {
        std::os::unix::fs::symlink(&lab.program, folder.join("bin").join(name))?;
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.join("bin").display());
    let mut ran = Vec::new();
    for block in page.split(RUN).skip(1) {
        let (_, rest) = block.split_once('\n').context("a block")?;
        let (commands, _) = rest.split_once("```").context("the end of a block")?;
        ran.extend(commands.lines().map(str::to_owned));
        let commands = commands.replace("my-namespace", &lab.namespace("guide"));
        let output = Command::new("bash")
            .args(["-euc", &commands])
            .current_dir(&folder)
            .env("PATH", &path)
            .env("HEAPGLASS_REPOSITORY", workspace::root())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{commands}\n{}: {said}", output.status);
    }
    // No command of the page is left out; what only `oc` can run is a case of its own.
    let ours =
        |line: &&str| line.starts_with("heapglass ") || line.starts_with("kubectl heapglass ");
    let left_out: Vec<&str> =
        page.lines().filter(ours).filter(|line| ran.iter().all(|it| it != line)).collect();
    ensure!(left_out.is_empty() && !ran.is_empty(), "not run: {left_out:#?}");
    Ok(())
}
