//! The program as an image, made without a registry and without a builder: the layers of a base image, and one more
//! with what `deploy/Containerfile` puts beside its packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::workspace;

/// The name that the image gets.
const NAME: &str = "docker.io/local/heapglass:test";

/// What is said where there is no image.
pub(crate) const HOW: &str = "no image of the program: set HEAPGLASS_TEST_IMAGE to one that the nodes can pull, or \
                              HEAPGLASS_TEST_BASE to an image archive of Debian and HEAPGLASS_TEST_LOAD to the command \
                              that loads an archive into the nodes";

/// The image that pods can run: the one that is named, else one that is made and loaded; `None` where neither is
/// possible.
pub(crate) fn find(program: &Path, folder: &Path) -> Result<Option<String>> {
    let variable = |name: &str| set(std::env::var(format!("HEAPGLASS_TEST_{name}")).ok());
    if let Some(name) = variable("IMAGE") {
        return Ok(Some(name));
    }
    let (Some(base), Some(load)) = (variable("BASE"), variable("LOAD")) else { return Ok(None) };
    let archive = build(Path::new(&base), program, &folder.join("image"))?;
    let mut words = load.split_whitespace();
    let mut command = Command::new(words.next().context("HEAPGLASS_TEST_LOAD is empty")?);
    workspace::output(command.args(words).arg(&archive))?;
    Ok(Some(NAME.to_owned()))
}

/// A variable that is set to something: what a list of no files gives is nothing.
fn set(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.trim().is_empty())
}

/// Packages that `oc adm must-gather` needs in its image: to stop a collection, to copy it out by either way. And the
/// certificates of whoever signed the API's.
const NEEDED: [&str; 4] = ["ca-certificates", "procps", "rsync", "tar"];

/// An error if `deploy/Containerfile` lacks a package that `oc adm must-gather` needs.
pub(crate) fn has_what_must_gather_runs() -> Result<()> {
    let packages = Stage::read()?.packages;
    for package in NEEDED {
        let there = packages.iter().any(|other| other == package);
        ensure!(there, "deploy/Containerfile does not install {package}, but {packages:?}");
    }
    Ok(())
}

/// The packages that the commands of an image's stage install.
fn packages(stage: &str) -> Vec<String> {
    let joined = stage.replace("\\\n", " ");
    let commands = joined.split(['\n', ';', '|']).flat_map(|line| line.split("&&"));
    let installs = commands.filter_map(|command| command.split_once("apt-get install "));
    let words = installs.flat_map(|(_, words)| words.split_whitespace());
    words.filter(|word| !word.starts_with('-')).map(str::to_owned).collect()
}

/// What the last stage of the Containerfile asks for.
struct Stage {
    packages: Vec<String>,
    user: String,
    entrypoint: Value,
    env: Vec<String>,
    /// Links in the image, and where they lead.
    links: Vec<(String, String)>,
    /// Directories that everybody may write to.
    directories: Vec<String>,
}

impl Stage {
    fn read() -> Result<Stage> {
        let text = std::fs::read_to_string(workspace::root().join("deploy/Containerfile"))?;
        let (_, last) = text.rsplit_once("\nFROM ").context("no second stage")?;
        let line = |word: &str| {
            let found = last.lines().find_map(|line| line.strip_prefix(word));
            found.with_context(|| format!("no {word}in deploy/Containerfile"))
        };
        let links = Regex::new(r"ln -s (\S+) (\S+)")?;
        let directories = Regex::new(r"install -d -m 0777 (\S+)")?;
        Ok(Stage {
            packages: packages(last),
            user: line("USER ")?.to_owned(),
            entrypoint: serde_json::from_str(line("ENTRYPOINT ")?)?,
            env: vec![line("ENV ")?.to_owned()],
            links: links
                .captures_iter(last)
                .map(|it| (it[2].to_owned(), it[1].to_owned()))
                .collect(),
            directories: directories.captures_iter(last).map(|it| it[1].to_owned()).collect(),
        })
    }

    /// Lays the files out below a directory.
    fn lay(&self, program: &Path, root: &Path) -> Result<()> {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let below = |path: &str| root.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(below("/usr/bin"))?;
        std::fs::copy(program, below("/usr/bin/heapglass"))?;
        for (link, target) in &self.links {
            symlink(target, below(link))?;
        }
        for directory in &self.directories {
            std::fs::create_dir_all(below(directory))?;
            let everybody = std::fs::Permissions::from_mode(0o777);
            std::fs::set_permissions(below(directory), everybody)?;
        }
        Ok(())
    }
}

/// Makes the archive, as `docker save` writes it.
fn build(base: &Path, program: &Path, folder: &Path) -> Result<PathBuf> {
    let stage = Stage::read()?;
    ensure!(!stage.links.is_empty() && !stage.directories.is_empty(), "deploy/Containerfile");
    let (unpacked, root) = (folder.join("base"), folder.join("root"));
    std::fs::create_dir_all(&unpacked)?;
    workspace::output(Command::new("tar").arg("-xf").arg(base).arg("-C").arg(&unpacked))?;
    stage.lay(program, &root)?;
    let owner = ["--owner=0", "--group=0", "--numeric-owner", "-cf"];
    let layer = unpacked.join("program.tar");
    let mut tar = Command::new("tar");
    workspace::output(
        tar.args(owner).arg(&layer).arg("-C").arg(&root).args(["usr", "must-gather"]),
    )?;
    let mut manifest: Value = read(&unpacked.join("manifest.json"))?;
    let name = manifest[0]["Config"].as_str().context("no configuration")?.to_owned();
    let mut config: Value = read(&unpacked.join(&name))?;
    let layers = config["rootfs"]["diff_ids"].as_array_mut().context("no layers")?;
    layers.push(format!("sha256:{}", digest(&std::fs::read(&layer)?)).into());
    // It would have to name each layer.
    config.as_object_mut().context("no object")?.remove("history");
    let settings = &mut config["config"];
    settings["User"] = stage.user.as_str().into();
    settings["Entrypoint"] = stage.entrypoint.clone();
    settings["Cmd"] = Value::Null;
    let env = settings["Env"].as_array_mut().context("no environment")?;
    env.extend(stage.env.iter().map(|line| line.as_str().into()));
    let config = config.to_string();
    let name = format!("{}.json", digest(config.as_bytes()));
    std::fs::write(unpacked.join(&name), config)?;
    let files = manifest[0]["Layers"].as_array_mut().context("no layers")?;
    files.push("program.tar".into());
    let files: Vec<String> = files.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    manifest[0]["Config"] = name.as_str().into();
    manifest[0]["RepoTags"] = json!([NAME]);
    std::fs::write(unpacked.join("manifest.json"), manifest.to_string())?;
    let archive = folder.join("image.tar");
    let mut tar = Command::new("tar");
    tar.arg("-cf").arg(&archive).arg("-C").arg(&unpacked).args(["manifest.json", &name]);
    workspace::output(tar.args(&files))?;
    Ok(archive)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_has_what_must_gather_runs() {
        has_what_must_gather_runs().unwrap();
    }

    #[test]
    fn packages_are_what_is_installed() {
        let stage = "debian\nRUN apt-get update \\\n && apt-get install -y --no-install-recommends tar \\\n   \
                     rsync && rm -rf /x\nCOPY procps /usr/bin/\n";
        assert_eq!(packages(stage), ["tar", "rsync"]);
    }

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!(set(Some(String::new())), None);
        assert_eq!(set(Some("a.tar".to_owned())), Some("a.tar".to_owned()));
    }
}
