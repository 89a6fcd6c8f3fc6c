//! Rules on what documents say of the repository.

/// Documents beside those in docs/ that say where things are.
pub(super) const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Where a path of the repository begins.
const TOP: &[&str] = &["crates/", "xtask/", "docs/", "oracle/", "fixtures/", "fuzz/", "deploy/"];

/// Paths in a document, as code, of which nothing is there.
pub(super) fn breaches(document: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // Every second part of a line lies between two backticks.
        let code = line.split('`').skip(1).step_by(2);
        for path in code.filter(|code| is_path(code)).filter(|path| !exists(path)) {
            found.push(format!("{document}:{}: {path} is not there", number + 1));
        }
    }
    found
}

fn is_path(code: &str) -> bool {
    let is_plain = !code.contains(['*', '{', ' ']);
    is_plain && TOP.iter().any(|top| code.starts_with(top))
}

#[cfg(test)]
mod tests {
    use super::breaches;

    #[test]
    fn a_path_that_moved_is_noticed() {
        let text = "Passes: `crates/graph/src/build/`.\nRead `crates/old.rs`, then `crates/*/src` and `a/b.rs`.";
        let found = breaches("A.md", text, |path| path == "crates/graph/src/build/");
        assert_eq!(found, ["A.md:2: crates/old.rs is not there"]);
    }
}
