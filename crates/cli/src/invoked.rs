//! The names that the program is called by: `gather` in a must-gather image, `kubectl-heapglass` as a plugin.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

/// Options of `gather` that begin with `--without-` and mean something.
const KNOWN: &[&str] = &["--without-helm", "--without-operator"];
/// Switches of RHDH's must-gather that ask for what is not collected here.
const ELSEWHERE: &[&str] = &["--cluster-info", "--with-cluster-info"];

/// The command line as `heapglass` understands it.
pub(crate) fn arguments(all: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut all: Vec<OsString> = all.collect();
    let name = all.first().map(Path::new).and_then(Path::file_stem).unwrap_or_default().to_owned();
    if name == "gather" || name == "must_gather" {
        all[0] = "heapglass".into();
        all.insert(1, "gather".into());
    }
    if all
        .iter()
        .skip(1)
        .find(|word| !word.to_string_lossy().starts_with('-'))
        .is_some_and(|word| word == "gather")
    {
        all.retain(|word| {
            let word = word.to_string_lossy();
            let switch = word.split('=').next().unwrap_or_default();
            let foreign = switch.starts_with("--without-") && !KNOWN.contains(&switch)
                || ELSEWHERE.contains(&switch);
            if foreign {
                let _ = writeln!(
                    std::io::stderr(),
                    "note: {word} is ignored: it is not collected here"
                );
            }
            !foreign
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let words = line.split(' ').map(OsString::from);
        let found = arguments(words);
        let found: Vec<_> = found.iter().map(|word| word.to_string_lossy()).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn names_of_the_program() {
        check("/usr/bin/gather --with-heap-dumps", "heapglass gather --with-heap-dumps");
        check("kubectl-heapglass gather", "kubectl-heapglass gather");
        check("heapglass a.heapsnapshot", "heapglass a.heapsnapshot");
    }

    #[test]
    fn what_is_not_collected_here_is_left_out() {
        check(
            "gather --without-orchestrator --without-route=x --with-heap-dumps --without-helm",
            "heapglass gather --with-heap-dumps --without-helm",
        );
        check("heapglass summary --without-x", "heapglass summary --without-x");
    }
}
