//! What files and folders are called where they are shared.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use heapglass_secrets::Rules;
use regex::Regex;

/// Endings that say what a file is, and are no part of an address before them.
const ENDINGS: [&str; 11] = [
    ".gz",
    ".zst",
    ".heapsnapshot",
    ".heaptimeline",
    ".log",
    ".txt",
    ".yaml",
    ".yml",
    ".json",
    ".csv",
    ".ndjson",
];

/// Paths below OUT for those below IN: names lose credentials and e-mail addresses, and stay different.
#[derive(Default)]
pub(super) struct SharedPaths {
    given: HashMap<PathBuf, PathBuf>,
    taken: HashSet<PathBuf>,
}

impl SharedPaths {
    /// The path below OUT for one below IN. What a changed name was is written to `map`.
    pub(super) fn of(&mut self, path: &Path, mut map: Option<&File>) -> io::Result<PathBuf> {
        let (mut original, mut shared) = (PathBuf::new(), PathBuf::new());
        for part in path.components() {
            original.push(part);
            if let Some(given) = self.given.get(&original) {
                shared.clone_from(given);
                continue;
            }
            let name = part.as_os_str();
            let masked = name.to_str().and_then(masked);
            let is_masked = masked.is_some();
            let mut next = match &masked {
                Some(masked) => shared.join(masked),
                None => shared.join(name),
            };
            let mut number = 2;
            while !self.taken.insert(next.clone()) {
                let said = name.to_string_lossy();
                let (stem, ending) = split(masked.as_deref().unwrap_or(&said));
                next = shared.join(format!("{stem}-{number}{ending}"));
                number += 1;
            }
            if is_masked && let Some(map) = &mut map {
                let row = serde_json::json!({
                    "original": original.to_string_lossy(),
                    "redacted": next.to_string_lossy(),
                });
                writeln!(map, "{row}")?;
            }
            self.given.insert(original.clone(), next.clone());
            shared = next;
        }
        Ok(shared)
    }
}

/// A name without what should not be seen; `None` if there is nothing.
fn masked(name: &str) -> Option<String> {
    static ADDRESS: OnceLock<Option<Regex>> = OnceLock::new();
    let address = ADDRESS.get_or_init(|| {
        Regex::new(r"[A-Za-z0-9._%+-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
            .ok()
    });
    let (stem, ending) = split(name);
    let credentials = Rules::standard().find(stem).into_iter();
    let mut found: Vec<(Range<usize>, &str)> =
        credentials.map(|finding| (finding.range, finding.rule)).collect();
    let addresses = address.iter().flat_map(|regex| regex.find_iter(stem));
    found.extend(addresses.map(|address| (address.range(), "email-address")));
    if found.is_empty() {
        return None;
    }
    found.sort_by_key(|(range, _)| range.start);
    let (mut text, mut at) = (String::new(), 0);
    for (range, rule) in found {
        // One that overlaps what is masked adds its rest to it.
        if range.start >= at {
            text.push_str(stem.get(at..range.start).unwrap_or_default());
            text.push_str("REDACTED-");
            text.push_str(rule);
        }
        at = at.max(range.end);
    }
    text.push_str(stem.get(at..).unwrap_or_default());
    text.push_str(ending);
    Some(text)
}

/// A name and its endings.
fn split(name: &str) -> (&str, &str) {
    let mut stem = name;
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending)) {
        stem = shorter;
    }
    name.split_at(stem.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SharedPaths;

    #[test]
    fn names_lose_what_is_private_and_stay_different() {
        let mut paths = SharedPaths::default();
        let token = format!("gh{}{}", "p_", "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R");
        let mut of = |path: &str| {
            let shared = paths.of(Path::new(path), None).expect("no map");
            shared.to_string_lossy().into_owned()
        };
        assert_eq!(of("pods/web/app.log"), "pods/web/app.log");
        assert_eq!(of("ada@example.org/a.log"), "REDACTED-email-address/a.log");
        assert_eq!(of("bob@example.org/a.log"), "REDACTED-email-address-2/a.log");
        assert_eq!(of("ada@example.org/b.log"), "REDACTED-email-address/b.log");
        assert_eq!(
            of("x-ada%40example.org.heapsnapshot.gz"),
            "REDACTED-email-address.heapsnapshot.gz"
        );
        assert_eq!(of(&format!("{token}.txt")), "REDACTED-github-token.txt");
    }
}
