//! Where source maps are: in files of their own, inside of scripts, beside scripts that name them.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::map::Map;
use super::name;
use super::read::{end_of, text_of};
use crate::exit::Failure;
use crate::hints;

/// What a script ends with that has a map.
const REFERENCE: &str = "sourceMappingURL=";
/// Bytes at the end of a script in which a reference is looked for.
const TAIL: u64 = 4096;
/// Endings of scripts.
const SCRIPTS: [&str; 3] = ["js", "mjs", "cjs"];

/// A map that was found.
pub(super) struct Found {
    /// The path of its script, or the map's own without `.map`.
    pub(super) path: String,
    /// The name of the script.
    pub(super) script: String,
    pub(super) map: Map,
}

/// The map in a file, be it a map or a script.
pub(super) fn at(path: &Path) -> Result<Found, Failure> {
    if !is_script(path) {
        return of_file(path, None);
    }
    match reference(path).map_err(|error| unreadable(path, &error))? {
        Some(Reference::Inside(text)) => of_text(&text, path, Some(path)),
        Some(Reference::Beside(map)) => of_file(&map, Some(path)),
        None => Err(unreadable(path, &"it names no source map, and there is none inside")),
    }
}

/// All maps below a directory: of the scripts that have one, and those that no script there names. What cannot be read
/// below it is a failure of its own.
pub(super) fn below(path: &Path) -> Result<Vec<Result<Found, Failure>>, Failure> {
    let (mut maps, mut scripts, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(error) if folder == path => return Err(unreadable(&folder, &error)),
            Err(error) => {
                found.push(Err(unreadable(&folder, &error)));
                continue;
            }
        };
        for (path, kind) in entries {
            if kind.is_dir() && path.file_name().is_some_and(|name| name != "node_modules") {
                open.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|end| end == "map") {
                maps.push(path);
            } else if kind.is_file() && is_script(&path) {
                scripts.push(path);
            }
        }
    }
    maps.sort();
    scripts.sort();
    let mut named = HashSet::new();
    for script in scripts {
        match reference(&script) {
            Ok(Some(Reference::Inside(text))) => {
                found.push(of_text(&text, &script, Some(&script)));
            }
            Ok(Some(Reference::Beside(map))) if map.is_file() => {
                found.push(of_file(&map, Some(&script)));
                named.insert(map);
            }
            Ok(_) => {}
            Err(error) => found.push(Err(unreadable(&script, &error))),
        }
    }
    let alone = maps.iter().filter(|map| !named.contains(*map));
    found.extend(alone.map(|map| of_file(map, None)));
    Ok(found)
}

/// What is in a folder.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, fs::FileType)>> {
    fs::read_dir(folder)?
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect()
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|end| SCRIPTS.iter().any(|script| end == *script))
}

/// A map's file; its script is the one that names it, or has its name without `.map`.
fn of_file(path: &Path, script: Option<&Path>) -> Result<Found, Failure> {
    let text = text_of(path).map_err(|error| unreadable(path, &error))?;
    of_text(&text, path, script)
}

fn of_text(text: &str, path: &Path, script: Option<&Path>) -> Result<Found, Failure> {
    let (map, file) = Map::decode(text).map_err(|error| unreadable(path, &error))?;
    let whole = path.display().to_string();
    let own = PathBuf::from(whole.strip_suffix(".map").unwrap_or(&whole));
    let script = script.map_or(own, Path::to_owned);
    let path = script.display().to_string();
    // A map without its script is called anything; what is in it says of which it is.
    let named = file.filter(|_| !script.is_file()).unwrap_or_else(|| path.clone());
    Ok(Found { script: name(&named).to_owned(), map: map.of_script(script), path })
}

/// Where a script says that its map is.
enum Reference {
    Inside(String),
    Beside(PathBuf),
}

/// The last reference in a script. Of a file whose end is no map's, only that end is read.
fn reference(script: &Path) -> io::Result<Option<Reference>> {
    let (tail, length) = end_of(script, TAIL)?;
    let tail = String::from_utf8_lossy(&tail);
    if tail.contains(REFERENCE) {
        return Ok(reference_in(&tail, script));
    }
    // The end of a long map that is inside.
    if length > TAIL && !tail.trim_end().contains([' ', ';', '\n']) {
        return Ok(reference_in(&text_of(script)?, script));
    }
    Ok(None)
}

fn reference_in(text: &str, script: &Path) -> Option<Reference> {
    let url = text.get(text.rfind(REFERENCE)? + REFERENCE.len()..)?;
    let url = url.split_whitespace().next()?;
    let Some(data) = url.strip_prefix("data:") else {
        if url.contains("://") {
            return None;
        }
        let url = url.split(['?', '#']).next()?;
        return Some(Reference::Beside(script.parent()?.join(url)));
    };
    let (kind, data) = data.split_once(',')?;
    let bytes = match kind.ends_with(";base64") {
        true => from_base64(data)?,
        false => from_percent(data),
    };
    Some(Reference::Inside(String::from_utf8(bytes).ok()?))
}

/// Bytes written in base64; `None` for anything else.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

/// Bytes with `%20` for a space and the like.
fn from_percent(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    bytes
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let error = error.to_string();
    let error = hints::without_number(&error);
    Failure::usage(format!("cannot read the source map {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use heapglass_analysis::SourceMap;

    use super::*;

    const MAP: &str = r#"{"version":3,"file":"other.js","sources":["webpack://a/a.js"],"names":[],"mappings":"AAAA"}"#;

    fn scripts(dir: &Path) -> Vec<String> {
        let found = below(dir).expect("a directory");
        let mut names: Vec<String> = found
            .into_iter()
            .map(|found| match found {
                Ok(found) => {
                    assert!(found.map.original("/x.js", 0, 0, "").is_some());
                    found.script
                }
                Err(failure) => failure.message,
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn maps_are_beside_inside_and_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let write =
            |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("written");
        write("alone.map", MAP);
        assert_eq!(scripts(dir.path()), ["other.js"]);
        write("beside.js", "f()\n//# sourceMappingURL=alone.map?v=1\n");
        assert_eq!(scripts(dir.path()), ["beside.js"]);
        // `{"a":1}` and the like in base64 and by percent.
        let hex: String = MAP.bytes().map(|byte| format!("%{byte:02x}")).collect();
        write("inside.mjs", &format!("f()\n//# sourceMappingURL=data:application/json,{hex}"));
        let long = MAP.replace("a.js", &"a".repeat(9000));
        write(
            "long.cjs",
            &format!("f()\n//# sourceMappingURL=data:application/json;base64,{}\n", base64(&long)),
        );
        write("none.js", &"f() ".repeat(3000));
        write("elsewhere.js", "//# sourceMappingURL=https://example.org/a.map");
        assert_eq!(scripts(dir.path()), ["beside.js", "inside.mjs", "long.cjs"]);
        write("bad.js.map", "no JSON");
        assert!(scripts(dir.path()).iter().any(|text| text.contains("bad.js.map")));
        assert!(at(&dir.path().join("none.js")).is_err());
        assert!(at(&dir.path().join("long.cjs")).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn what_a_script_names_is_read_if_it_is_a_regular_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let script = dir.path().join("a.js");
        fs::write(&script, "f()\n//# sourceMappingURL=/dev/zero\n").expect("written");
        let failure = at(&script).err().expect("refused");
        assert!(
            failure.message.ends_with("/dev/zero: it is no regular file"),
            "{}",
            failure.message
        );
        assert!(below(dir.path()).expect("a directory").is_empty());
    }

    /// Its path is longer than a system takes, which stops a superuser as well.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_that_cannot_be_read_is_left_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let deep = |from: &str| {
            let folders = (0..12).map(|_| "x".repeat(200));
            let path: PathBuf = std::iter::once(from.to_owned()).chain(folders).collect();
            fs::create_dir_all(dir.path().join(&path)).expect("made");
            path
        };
        fs::write(dir.path().join("a.js.map"), MAP).expect("written");
        let (one, _) = (deep("one"), deep("two"));
        fs::rename(dir.path().join("two"), dir.path().join(one).join("two")).expect("moved");
        let found = below(dir.path()).expect("a directory");
        let read = found.iter().filter(|found| found.is_ok()).count();
        assert_eq!((read, found.len()), (1, 2));
    }

    fn base64(text: &str) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for three in text.as_bytes().chunks(3) {
            let bits = three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte));
            let bits = bits << (8 * (3 - three.len()));
            for at in 0..=three.len() {
                out.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
            }
        }
        out + &"=".repeat((3 - text.len() % 3) % 3)
    }
}
