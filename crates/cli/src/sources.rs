//! Files of the program that was running, found by the names of its scripts.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use heapglass_analysis::{SourceFile, SourceFiles};

use crate::exit::Failure;

/// Files of one name that are tried for a script.
const MOST_TRIED: usize = 16;
/// Bytes of the longest name of a script that is looked for: the longest path that Linux opens.
const LONGEST_NAME: usize = 4096;

/// Folders with a program's files.
pub(crate) struct Sources {
    folders: Vec<PathBuf>,
    /// All files by name, with the parts of their paths below the folder. Looked for when a script is not where its path
    /// says.
    files: OnceCell<HashMap<String, Vec<PathBuf>>>,
}

impl Sources {
    /// The folders, which must be there.
    pub(crate) fn of(folders: &[PathBuf]) -> Result<Sources, Failure> {
        if let Some(none) = folders.iter().find(|folder| !folder.is_dir()) {
            return Err(Failure::usage(format!("--sources {}: no such folder", none.display())));
        }
        Ok(Sources { folders: folders.to_vec(), files: OnceCell::new() })
    }

    /// The files that a script may be, by what its path ends with: its own path if that is in a folder, then the path and
    /// ever shorter ends of it below each folder, then files of its name whose paths end most like it.
    fn candidates(&self, parts: &[String]) -> impl Iterator<Item = PathBuf> {
        let whole: PathBuf = std::iter::once("/").chain(parts.iter().map(String::as_str)).collect();
        let is_below = |folder: &PathBuf| {
            fs::canonicalize(folder).is_ok_and(|folder| whole.starts_with(folder))
        };
        let itself = self.folders.iter().any(is_below).then(|| whole.clone());
        let ends = (0..parts.len()).flat_map(move |from| {
            let end = parts.get(from..).unwrap_or_default();
            self.folders.iter().filter_map(move |folder| below(folder, end))
        });
        // A path that leads to the file spares the look at all of them.
        let alike = std::iter::once_with(|| self.alike(parts)).flatten();
        itself.into_iter().chain(ends).filter(|path| path.is_file()).chain(alike)
    }

    /// Files of the script's name anywhere in the folders, those first whose paths end most like its path.
    fn alike(&self, parts: &[String]) -> impl Iterator<Item = PathBuf> {
        let files = parts.last().map(|name| {
            let files = self.files.get_or_init(|| by_name(&self.folders));
            files.get(name).map(Vec::as_slice).unwrap_or_default()
        });
        let mut files: Vec<&PathBuf> = files.unwrap_or_default().iter().collect();
        files.sort_by_key(|path| {
            let common = path.iter().rev().zip(parts.iter().rev());
            (Reverse(common.take_while(|(part, other)| *part == other.as_str()).count()), *path)
        });
        files.truncate(MOST_TRIED);
        files.into_iter().cloned().collect::<Vec<_>>().into_iter()
    }
}

impl SourceFiles for Sources {
    fn read(&self, script: &str, longest: u64, fits: &dyn Fn(&str) -> bool) -> SourceFile {
        if script.len() > LONGEST_NAME {
            return SourceFile::None;
        }
        let parts = parts(script);
        if parts.is_empty() {
            return SourceFile::None;
        }
        let mut nothing = SourceFile::None;
        for path in self.candidates(&parts) {
            // A pipe would have to be opened to be read, and that may take forever.
            let Ok(about) = fs::metadata(&path) else { continue };
            if !about.is_file() {
                continue;
            }
            nothing = SourceFile::Other;
            if about.len() <= longest
                && let Ok(text) = beginning(&path, longest)
                && fits(&text)
            {
                return SourceFile::Text(text);
            }
        }
        nothing
    }
}

/// The path that these parts are below a folder, if the first is there: most ends of a script's path begin with a folder of
/// another machine, and what follows it is not put together.
fn below(folder: &Path, parts: &[String]) -> Option<PathBuf> {
    let (first, rest) = parts.split_first()?;
    let mut path = folder.join(first);
    if !path.exists() {
        return None;
    }
    path.extend(rest);
    Some(path)
}

/// The text of a file up to a number of bytes: it may have grown since its length was asked for.
fn beginning(path: &Path, longest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(longest).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Every file in the folders by its name. Links are not followed: they may lead around in a circle.
fn by_name(folders: &[PathBuf]) -> HashMap<String, Vec<PathBuf>> {
    let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let mut open = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() && is_script(&entry.path()) => {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    files.entry(name).or_default().push(entry.path());
                }
                _ => {}
            }
        }
    }
    files
}

fn is_script(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    // A program's first file often has no ending.
    matches!(end, "" | "js" | "cjs" | "mjs" | "ts" | "cts" | "mts" | "jsx")
}

/// The parts of a script's path or address, without what would lead out of a folder.
pub(crate) fn parts(script: &str) -> Vec<String> {
    let path = script.split_once("://").map_or(script, |(_, path)| path);
    let path = match script.contains("://") {
        true => percent_decoded(path.split(['?', '#']).next().unwrap_or_default()),
        false => path.to_owned(),
    };
    let is_part = |part: &&str| !matches!(*part, "" | "." | "..") && !part.ends_with(':');
    path.split(['/', '\\']).filter(is_part).map(str::to_owned).collect()
}

/// A path with `%20` as a space and the like.
fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.first_chunk::<2>().filter(|_| first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: u64 = 100;

    fn found(folders: &[&Path], script: &str, beginning: &str) -> SourceFile {
        let folders: Vec<PathBuf> = folders.iter().map(|&folder| folder.to_owned()).collect();
        let sources = Sources::of(&folders).unwrap_or_else(|error| panic!("{}", error.message));
        sources.read(script, LONGEST, &|text| text.starts_with(beginning))
    }

    #[test]
    fn a_script_is_found_by_its_path_the_end_of_it_or_its_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        for (path, text) in [
            ("app/src/main.js", "main"),
            ("app/lib/main.js", "other"),
            ("packages/a/dist/in dex.js", "a"),
            ("packages/b/dist/in dex.js", "b"),
        ] {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let text = |text: &str| SourceFile::Text(text.to_owned());
        let own = dir.join("app/src/main.js").display().to_string();
        assert_eq!(found(&[dir], &own, "main"), text("main"));
        assert_eq!(found(&[&dir.join("app")], "/app/src/main.js", ""), text("main"));
        assert_eq!(found(&[&dir.join("app/src")], "/srv/app/src/main.js", ""), text("main"));
        assert_eq!(found(&[dir], "C:\\srv\\src\\main.js", ""), text("main"));
        assert_eq!(found(&[dir], "file:///srv/b/dist/in%20dex.js?x=1", ""), text("b"));
        // One that begins otherwise is not it, whatever its path.
        assert_eq!(found(&[dir], "/app/src/main.js", "other"), text("other"));
        assert_eq!(found(&[dir], "/app/src/main.js", "none"), SourceFile::Other);
        assert_eq!(found(&[dir], "/app/src/none.js", ""), SourceFile::None);
        assert_eq!(found(&[&dir.join("app/src")], "../../packages/none.js", ""), SourceFile::None);
        assert_eq!(found(&[], "/app/src/main.js", ""), SourceFile::None);
        assert!(Sources::of(&[dir.join("none")]).is_err());
    }

    #[test]
    fn parts_lead_to_a_path_below_a_folder_if_the_first_is_there() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("app")).expect("made");
        fs::write(dir.path().join("a.js"), "a").expect("written");
        let path = |script: &str| below(dir.path(), &parts(script));
        assert_eq!(path("a.js"), Some(dir.path().join("a.js")));
        // Whether the rest is there is asked for later.
        assert_eq!(path("/app/lib/b.js"), Some(dir.path().join("app/lib/b.js")));
        assert_eq!(path("/srv/app/lib/b.js"), None);
        assert_eq!(path(""), None);
    }

    #[test]
    fn files_that_no_script_can_be_are_not_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        fs::write(dir.join("large.js"), "a".repeat(LONGEST as usize + 1)).expect("written");
        fs::create_dir(dir.join("folder.js")).expect("made");
        fs::write(dir.join("a.js"), "a").expect("written");
        assert_eq!(found(&[dir], "/large.js", ""), SourceFile::Other);
        assert_eq!(found(&[dir], "/folder.js", ""), SourceFile::None);
        assert_eq!(found(&[dir], "/app/a.js", ""), SourceFile::Text("a".to_owned()));
        let long = format!("{}/a.js", "/app".repeat(LONGEST_NAME / 4));
        assert_eq!(found(&[dir], &long, ""), SourceFile::None);
    }
}
