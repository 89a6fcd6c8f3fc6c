//! `cargo xtask cluster`: the collector against a real Kubernetes.
//!
//! Deploys what the cases need into namespaces of their own, lets the built program collect, opens the result with
//! the engine, and looks at the pods afterwards. Which cluster: whichever `KUBECONFIG` names. Its nodes need the
//! images of [`kube::Images`], and for the cases inside the cluster one of the program ([`image`]).

mod after;
mod cases;
mod guide;
mod image;
mod kube;
mod manifests;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::workspace::{self, Profile};
use kube::Images;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the cases whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Test this binary instead of building one.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Build with optimisation, as a user gets it.
    #[arg(long)]
    release: bool,
    /// Leave the namespaces and the collected files.
    #[arg(long)]
    keep: bool,
}

/// What every case has.
pub(crate) struct Lab {
    pub(crate) program: PathBuf,
    pub(crate) images: Images,
    /// An image of the program, for the cases that need one.
    inside: Option<String>,
    /// Where collections go, each into a directory of its own.
    pub(crate) out: PathBuf,
    /// Told apart from those of other runs.
    pub(crate) run: u32,
}

/// A case: what it deploys, and what it checks.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) deploy: fn(&Lab) -> Result<()>,
    pub(crate) check: fn(&Lab) -> Result<()>,
}

impl Case {
    pub(crate) const fn new(
        name: &'static str,
        deploy: fn(&Lab) -> Result<()>,
        check: fn(&Lab) -> Result<()>,
    ) -> Case {
        Case { name, deploy, check }
    }

    /// Whether the program runs in the cluster.
    fn is_inside(&self) -> bool {
        self.name.starts_with("inside")
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if std::env::var_os("KUBECONFIG").is_none() {
        println!(
            "SKIPPED: no cluster. Set KUBECONFIG to one that can run the images of the tests."
        );
        return Ok(());
    }
    let version = kube::ask(&["get", "--raw", "/version"]).context("the cluster of KUBECONFIG")?;
    let version: Value = serde_json::from_str(&version)?;
    println!("cluster: Kubernetes {}", version["gitVersion"].as_str().unwrap_or("?"));
    let profile = if args.release { Profile::Release } else { Profile::Dev };
    let program = workspace::given_or_built(args.program.as_ref(), profile)?;
    let folder = tempfile::tempdir()?;
    let wanted = |case: &&Case| args.only.as_ref().is_none_or(|only| case.name.contains(only));
    let mut cases: Vec<&Case> = cases::ALL.iter().filter(wanted).collect();
    let needed = cases.iter().any(|case| case.is_inside());
    let inside = if needed { image::find(&program, folder.path())? } else { None };
    if inside.is_none() {
        for case in cases.extract_if(.., |case| case.is_inside()) {
            println!("SKIPPED {}: {}", case.name, image::HOW);
        }
    }
    let lab = Lab {
        program,
        images: Images::from_environment(),
        inside,
        out: folder.path().to_owned(),
        run: std::process::id(),
    };
    let start = Instant::now();
    let failed = failed_of(&cases, &lab);
    if args.keep {
        println!("kept: {}", folder.keep().display());
    } else {
        let label = format!("heapglass-test=run{}", lab.run);
        // Whoever may not delete the one may still delete the others.
        for kind in ["clusterrolebinding", "clusterrole", "namespace"] {
            let _ = kube::ask(&["delete", kind, "-l", &label, "--wait=false"]);
        }
    }
    println!("after {} s", start.elapsed().as_secs());
    ensure!(failed.is_empty(), "{} cases failed: {}", failed.len(), failed.join(", "));
    Ok(())
}

/// Runs cases, and gives the names of those that failed.
fn failed_of(cases: &[&Case], lab: &Lab) -> Vec<&'static str> {
    let mut failed = Vec::new();
    // All is deployed first, so that the slow starts go on beside each other.
    let mut ready = Vec::new();
    for case in cases {
        match (case.deploy)(lab) {
            Ok(()) => ready.push(case),
            Err(error) => {
                println!("FAILED  {}: cannot be deployed: {error:#}", case.name);
                failed.push(case.name);
            }
        }
    }
    for case in ready {
        let began = Instant::now();
        let outcome = (case.check)(lab);
        let seconds = began.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("ok      {} ({seconds:.1} s)", case.name),
            Err(error) => {
                println!("FAILED  {} ({seconds:.1} s): {error:#}", case.name);
                failed.push(case.name);
            }
        }
    }
    failed
}

/// What a run of the program said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lab {
    /// The image of the program.
    pub(crate) fn inside(&self) -> Result<String> {
        self.inside.clone().context(image::HOW)
    }

    /// The name of a namespace of this run.
    pub(crate) fn namespace(&self, name: &str) -> String {
        format!("hg-{name}-{}", self.run)
    }

    /// The label by which what this run puts beside namespaces, and they themselves, are known, as YAML of their metadata.
    pub(crate) fn label(&self) -> String {
        format!("  labels:\n    heapglass-test: run{}\n", self.run)
    }

    /// A namespace with the application, and these objects in it.
    pub(crate) fn deploy(&self, name: &str, objects: &[Value]) -> Result<()> {
        let mut all = manifests::namespace(&self.namespace(name));
        all[0]["metadata"]["labels"]["heapglass-test"] = format!("run{}", self.run).into();
        all.extend_from_slice(objects);
        kube::apply(&all)
    }

    /// Waits until so many pods with the label `app=NAME` are ready, and gives them back.
    pub(crate) fn ready(&self, namespace: &str, app: &str, count: usize) -> Result<Vec<Value>> {
        let namespace = self.namespace(namespace);
        let labels = format!("app={app}");
        let mut found = Vec::new();
        let what = format!("{count} pods {app} in {namespace} ready");
        kube::wait(&what, Duration::from_secs(90), || {
            found = kube::pods(&namespace, &labels)?;
            found.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
            Ok(found.len() == count && found.iter().all(kube::is_ready))
        })?;
        Ok(found)
    }

    pub(crate) fn command(&self, out: &str, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("gather").args(args).arg("--base-collection-path").arg(self.out.join(out));
        command.env("HEAPGLASS_CACHE_MAX", "0").stdin(std::process::Stdio::null());
        command
    }

    /// Collects into a directory of its own.
    pub(crate) fn gather(&self, out: &str, args: &[&str]) -> Result<Said> {
        let output = self.command(out, args).output().context("failed to start heapglass")?;
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The index of a collection.
    pub(crate) fn index(&self, out: &str) -> Result<Value> {
        let path = self.out.join(out).join("heap-dumps.json");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The files of a collection, relative to its root.
    pub(crate) fn files(&self, out: &str) -> Result<BTreeSet<String>> {
        let root = self.out.join(out);
        let mut found = BTreeSet::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.strip_prefix(&root)?.to_string_lossy().into_owned());
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn text(&self, out: &str, file: &str) -> Result<String> {
        let path = self.out.join(out).join(file);
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Opens every whole snapshot of a collection with the engine; how many there were.
    pub(crate) fn open(&self, out: &str) -> Result<usize> {
        let mut opened = 0;
        for file in self.files(out)? {
            if !file.contains(".heapsnapshot") || file.contains(".PARTIAL.") {
                continue;
            }
            let mut command = Command::new(&self.program);
            command
                .arg("statistics")
                .arg(self.out.join(out).join(&file))
                .args(["--json", "--no-index"]);
            let document: Value = serde_json::from_str(&workspace::output(&mut command)?)?;
            ensure!(
                document["total"].as_u64().is_some_and(|total| total > 1_000_000)
                    || document.to_string().len() > 200,
                "{file}: {document}"
            );
            opened += 1;
        }
        Ok(opened)
    }
}

/// The file below `directory` that begins and ends like this.
pub(crate) fn one_file(files: &BTreeSet<String>, begin: &str, end: &str) -> Result<String> {
    let found: Vec<&String> =
        files.iter().filter(|file| file.starts_with(begin) && file.ends_with(end)).collect();
    match found[..] {
        [file] => Ok(file.clone()),
        _ => bail!("{} files {begin}…{end} among {files:#?}", found.len()),
    }
}
