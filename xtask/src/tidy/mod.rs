//! `cargo xtask tidy`: the rules of ARCHITECTURE.md that the compiler does not know.
//!
//! Each rule is a function from what it looks at to a list of breaches, one sentence each, so that
//! a test can show that it notices a breach.

mod documents;
mod layers;
mod sources;

use std::path::Path;

use anyhow::{Result, bail};

use crate::workspace;

pub(crate) fn run() -> Result<()> {
    let breaches = breaches(workspace::root())?;
    for breach in &breaches {
        println!("{breach}");
    }
    match breaches.len() {
        0 => {
            println!("tidy");
            Ok(())
        }
        count => bail!("{count} breaches of the rules in ARCHITECTURE.md"),
    }
}

/// Every breach in the workspace at `root`.
fn breaches(root: &Path) -> Result<Vec<String>> {
    let mut found = layers::breaches(&workspace::metadata()?);
    let lock = std::fs::read_to_string(root.join("Cargo.lock"))?;
    found.extend(layers::banned_anywhere(&lock));
    let mut texts = sources::files(&root.join("docs"), "md")?;
    texts.extend(documents::DOCUMENTS.iter().map(|document| root.join(document)));
    for file in texts {
        let text = std::fs::read_to_string(&file)?;
        let path = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        found.extend(documents::breaches(&path, &text, |path| root.join(path).exists()));
    }
    for file in sources::files(&root.join("crates"), "rs")? {
        let text = std::fs::read_to_string(&file)?;
        let path = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        found.extend(sources::breaches(&path, &text));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_is_tidy() {
        let found = super::breaches(crate::workspace::root()).unwrap();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
