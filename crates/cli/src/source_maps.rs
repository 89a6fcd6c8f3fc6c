//! Source maps: where the code of a bundle was written.

use std::fs;
use std::path::{Path, PathBuf};

use heapglass_analysis::package_of;
use heapglass_report::wire::Place;
use oxc_sourcemap::SourceMap;

use crate::exit::{ExitStatus, Failure};
use crate::messages::Messages;

/// Source maps, each with the script that it is of.
#[derive(Default)]
pub(crate) struct SourceMaps(Vec<Map>);

struct Map {
    /// The map's path without `.map`.
    path: String,
    /// The name of the script, without folders.
    script: String,
    map: SourceMap<'static>,
}

impl SourceMaps {
    /// Reads the maps in `paths`: files, or directories with everything below them that ends in `.map`, but for
    /// `node_modules`. What is no map there is left out with a word.
    pub(crate) fn read(paths: &[PathBuf], messages: &Messages) -> Result<SourceMaps, Failure> {
        let mut maps = SourceMaps::default();
        for path in paths {
            if !path.is_dir() {
                maps.0.push(Map::read(path)?);
                continue;
            }
            let before = maps.0.len();
            let mut open = vec![path.clone()];
            while let Some(folder) = open.pop() {
                for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
                    let entry = entry.map_err(|error| unreadable(&folder, &error))?;
                    let kind = entry.file_type().map_err(|error| unreadable(&folder, &error))?;
                    let path = entry.path();
                    if kind.is_dir() && entry.file_name() == "node_modules" {
                        continue;
                    }
                    if kind.is_dir() {
                        open.push(path);
                    } else if kind.is_file() && path.extension().is_some_and(|end| end == "map") {
                        match Map::read(&path) {
                            Ok(map) => maps.0.push(map),
                            Err(failure) => messages.note(&failure.message),
                        }
                    }
                }
            }
            if maps.0.len() == before {
                let text = format!("there is no source map in {}", path.display());
                return Err(Failure::usage(text));
            }
        }
        Ok(maps)
    }

    /// The original place of one in a script that a map is of: a script of the same name and the same npm package, or of
    /// none. Of several maps for such the one is taken whose folders end most like the script's; `None` if two do.
    pub(crate) fn original(&self, place: &Place) -> Option<Place> {
        let script = place.file.strip_prefix("file://").unwrap_or(&place.file);
        let mut of_script: Vec<(usize, &Map)> = self
            .0
            .iter()
            .filter(|map| map.script == name(script) && package_of(&map.path) == package_of(script))
            .map(|map| (common_end(folder(&map.path), folder(script)), map))
            .collect();
        of_script.sort_by_key(|&(common, _)| common);
        let map = match of_script.as_slice() {
            [.., (second, _), (best, map)] if best > second => map,
            [(_, map)] => map,
            _ => return None,
        };
        let zero = |number: u64| u32::try_from(number.checked_sub(1)?).ok();
        let table = map.map.generate_lookup_table();
        let (line, column) = (zero(place.line)?, zero(place.column)?);
        let token = map.map.lookup_source_view_token(&table, line, column)?;
        let root = map.map.get_source_root().unwrap_or_default();
        let slash = if root.is_empty() || root.ends_with('/') { "" } else { "/" };
        Some(Place {
            file: format!("{root}{slash}{}", token.get_source()?),
            line: u64::from(token.get_src_line()) + 1,
            column: u64::from(token.get_src_col()) + 1,
        })
    }
}

impl Map {
    fn read(path: &Path) -> Result<Map, Failure> {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        // What some servers put before JSON.
        let text = text.strip_prefix(")]}'").unwrap_or(&text);
        let mut map =
            SourceMap::from_json_string(text).map_err(|error| unreadable(path, &error))?;
        // The sources themselves are most of a map, and nobody asks for them.
        map.set_source_contents(Vec::new());
        let map = map.into_owned();
        let whole = path.display().to_string();
        let path = whole.strip_suffix(".map").unwrap_or(&whole).to_owned();
        let script = name(map.get_file().filter(|file| !file.is_empty()).unwrap_or(&path));
        Ok(Map { script: script.to_owned(), path, map })
    }
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Failure {
    let message = format!("cannot read the source map {}: {error}", path.display());
    Failure { status: ExitStatus::Usage, message, hint: None }
}

/// The last part of a path or an address.
fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// What stands before it.
fn folder(path: &str) -> &str {
    path.strip_suffix(name(path)).unwrap_or_default()
}

/// Number of parts that two paths have in common at their ends.
fn common_end(one: &str, other: &str) -> usize {
    let parts = |path: &'_ str| path.rsplit(['/', '\\']).map(str::to_owned).collect::<Vec<_>>();
    parts(one).iter().zip(&parts(other)).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(path: &str) -> Map {
        let mut map = oxc_sourcemap::SourceMapBuilder::default();
        let source = map.add_source_and_content(path, "");
        map.add_token(0, 0, 0, 0, Some(source), None);
        let map = map.into_sourcemap().into_owned();
        Map { path: path.to_owned(), script: name(path).to_owned(), map }
    }

    #[test]
    fn a_map_is_of_a_script_with_its_name_in_its_package() {
        let maps =
            SourceMaps(["web/dist/index.js", "api/dist/index.js", "main.js"].map(map).into());
        let original = |file: &str| {
            let place = Place { file: file.to_owned(), line: 1, column: 5 };
            maps.original(&place).map(|place| place.file)
        };
        assert_eq!(original("file:///srv/api/dist/index.js").as_deref(), Some("api/dist/index.js"));
        assert_eq!(original("/srv/main.js").as_deref(), Some("main.js"));
        // Two are as near as each other; a package has maps of its own; there is none.
        assert_eq!(original("/srv/other/dist/index.js"), None);
        assert_eq!(original("/srv/node_modules/foo/main.js"), None);
        assert_eq!(original("/srv/none.js"), None);
    }
}
