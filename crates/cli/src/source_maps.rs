//! Source maps: where the code of a bundle was written.

mod find;
mod map;
mod names;
mod text;
mod variables;

use std::collections::HashMap;
use std::path::PathBuf;

use heapglass_analysis::{SourceMap, SourceMaps, package_of};

use crate::exit::Failure;
use crate::messages::Messages;
use find::Found;
use map::Map;

/// Source maps, each with the script that it is of.
#[derive(Debug, Default)]
pub(crate) struct MapFiles {
    maps: Vec<OfScript>,
    /// Positions in `maps` by the script's name without folders.
    by_name: HashMap<String, Vec<usize>>,
}

/// A map with what is known of its script.
#[derive(Debug)]
struct OfScript {
    /// The path of the script, or the map's without `.map`.
    path: String,
    map: Map,
}

impl MapFiles {
    /// Reads the maps in `paths`: maps, scripts with a map inside or a reference to one, and directories with everything
    /// below them of that kind, but for `node_modules`. What is no map there is left out with a word.
    pub(crate) fn read(paths: &[PathBuf], messages: &Messages) -> Result<MapFiles, Failure> {
        let mut maps = MapFiles::default();
        for path in paths {
            if !path.is_dir() {
                maps.add(find::at(path)?);
                continue;
            }
            let before = maps.maps.len();
            for found in find::below(path)? {
                match found {
                    Ok(found) => maps.add(found),
                    Err(failure) => messages.note(&failure.message),
                }
            }
            if maps.maps.len() == before {
                let text = format!("there is no source map in {}", path.display());
                return Err(Failure::usage(text));
            }
        }
        Ok(maps)
    }

    fn add(&mut self, found: Found) {
        let Found { path, script, map } = found;
        self.by_name.entry(name(&script).to_owned()).or_default().push(self.maps.len());
        self.maps.push(OfScript { path, map });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.maps.is_empty()
    }
}

impl SourceMaps for MapFiles {
    /// The map of a script of the same name and the same npm package, or of none. Of several for such the one is taken
    /// whose folders end most like the script's; `None` if two do.
    fn of_script(&self, script: &str) -> Option<&dyn SourceMap> {
        let script = script.strip_prefix("file://").unwrap_or(script);
        let named = self.by_name.get(name(script))?.iter().filter_map(|&at| self.maps.get(at));
        let mut of_script: Vec<(usize, &OfScript)> = named
            .filter(|map| package_of(&map.path) == package_of(script))
            .map(|map| (common_end(folder(&map.path), folder(script)), map))
            .collect();
        of_script.sort_by_key(|&(common, _)| common);
        match of_script.as_slice() {
            [.., (second, _), (best, found)] if best > second => Some(&found.map),
            [(_, found)] => Some(&found.map),
            _ => None,
        }
    }
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
    let (one, other) = (one.rsplit(['/', '\\']), other.rsplit(['/', '\\']));
    one.zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str =
        r#"{"version":3,"sources":["webpack://app/NAME"],"names":[],"mappings":"AAAA"}"#;

    #[test]
    fn a_map_is_of_a_script_with_its_name_in_its_package() {
        let mut maps = MapFiles::default();
        for path in ["web/dist/index.js", "api/dist/index.js", "main.js"] {
            let map = Map::decode(&MAP.replace("NAME", path)).expect("a map").0;
            maps.add(Found { path: path.to_owned(), script: path.to_owned(), map });
        }
        let original = |script: &str| {
            let place = maps.of_script(script)?.original(script, 0, 5, "")?;
            place.file.strip_prefix("webpack://app/").map(str::to_owned)
        };
        assert_eq!(original("file:///srv/api/dist/index.js").as_deref(), Some("api/dist/index.js"));
        assert_eq!(original("/srv/main.js").as_deref(), Some("main.js"));
        // Two are as near as each other; a package has maps of its own; there is none.
        assert_eq!(original("/srv/other/dist/index.js"), None);
        assert_eq!(original("/srv/node_modules/foo/main.js"), None);
        assert_eq!(original("/srv/none.js"), None);
    }
}
