//! The names that the program is called by: `gather` in a must-gather image, `kubectl-heapglass` as a plugin.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;

/// Options of `gather` that begin with `--without-` and mean something.
const KNOWN: &[&str] = &["--without-helm", "--without-operator"];
/// Switches of RHDH's must-gather that ask for what is not collected here.
const ELSEWHERE: &[&str] = &["--cluster-info", "--with-cluster-info"];

/// The command line as `heapglass` understands it.
pub(crate) fn arguments(all: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut all: Vec<OsString> = all.collect();
    let name = all.first().map(Path::new).and_then(Path::file_stem).unwrap_or_default().to_owned();
    let is_image = name == "gather" || name == "must_gather";
    if is_image {
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
    if is_image { without_unknown(all) } else { all }
}

/// Leaves out what `gather` does not know, with a warning. Whoever calls a must-gather image passes options on
/// that are for another version or another collector: that is no reason to collect nothing.
fn without_unknown(all: Vec<OsString>) -> Vec<OsString> {
    let mut command = Cli::command();
    command.build();
    let Some(gather) = command.find_subcommand("gather") else { return all };
    let known = |word: &str| {
        let option = |arg: &&clap::Arg| match word.strip_prefix("--") {
            Some(long) => {
                let long = long.split('=').next().unwrap_or_default();
                arg.get_long() == Some(long)
                    || arg.get_all_aliases().is_some_and(|all| all.contains(&long))
            }
            None => arg.get_short().is_some_and(|short| word.chars().nth(1) == Some(short)),
        };
        gather.get_arguments().find(option)
    };
    let mut kept: Vec<OsString> = Vec::with_capacity(all.len());
    let mut is_value = false;
    for (number, word) in all.into_iter().enumerate() {
        let text = word.to_string_lossy().into_owned();
        if number < 2 || std::mem::take(&mut is_value) {
            kept.push(word);
            continue;
        }
        let option = text.starts_with('-').then(|| known(&text)).flatten();
        match option {
            Some(option) => {
                let is_alone = !text.contains('=') && (text.starts_with("--") || text.len() == 2);
                is_value = is_alone && option.get_action().takes_values();
                kept.push(word);
            }
            None => {
                let _ = writeln!(std::io::stderr(), "warning: {text} is not known and ignored");
            }
        }
    }
    kept
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
    fn an_image_ignores_what_it_does_not_know() {
        check(
            "gather --nonsense --namespaces a,b --since 2h extra -z --with-heap-dumps --parallel=3 --json",
            "heapglass gather --namespaces a,b --with-heap-dumps --parallel=3 --json",
        );
        // The value of an option may look like one.
        check("gather --selector -x --help", "heapglass gather --selector -x --help");
        check("heapglass gather --nonsense", "heapglass gather --nonsense");
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
