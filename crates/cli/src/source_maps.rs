//! Source maps: where the code of a bundle was written.

mod find;
mod map;
mod names;
mod read;
mod scopes;
mod text;

use std::collections::HashMap;
use std::path::PathBuf;

use heapglass_analysis::{SourceMap, SourceMaps, package_of};

use crate::exit::Failure;
use crate::messages::Messages;
use crate::sources::parts;
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

    /// What is to be told of scripts whose variables were asked for, each time only what was not told yet.
    pub(crate) fn untold_problems(&self) -> impl Iterator<Item = String> {
        self.maps.iter().filter_map(|OfScript { path, map }| {
            let problem = map.untold_problem()?;
            Some(format!("{path}: {problem}; its variables keep their names"))
        })
    }
}

impl SourceMaps for MapFiles {
    /// The map of each script of the same name and the same npm package, or of none. Of several maps for a script the one
    /// is taken whose folders end most like the script's, and none if two do; of several scripts with one map those whose
    /// folders end most like the map's. The runtime's own scripts have none.
    fn of_scripts(&self, scripts: &[&str]) -> Vec<Option<&dyn SourceMap>> {
        let nearest: Vec<Option<(usize, usize)>> =
            scripts.iter().map(|script| self.nearest(script)).collect();
        let mut most: HashMap<usize, usize> = HashMap::new();
        for &(map, common) in nearest.iter().flatten() {
            let most = most.entry(map).or_default();
            *most = common.max(*most);
        }
        let of_script = |near: Option<(usize, usize)>| {
            let (map, _) = near.filter(|(map, common)| most.get(map) == Some(common))?;
            Some(&self.maps.get(map)?.map as &dyn SourceMap)
        };
        nearest.into_iter().map(of_script).collect()
    }
}

impl MapFiles {
    /// The position of the map that may be a script's, and how many folders they have in common at their ends.
    fn nearest(&self, script: &str) -> Option<(usize, usize)> {
        if is_of_runtime(script) {
            return None;
        }
        let parts = parts(script);
        let (name, folders) = parts.split_last()?;
        let named = self.by_name.get(name)?.iter().filter_map(|&at| Some((at, self.maps.get(at)?)));
        let mut near: Vec<(usize, usize)> = named
            .filter(|(_, map)| package_of(&map.path) == package_of(script))
            .map(|(at, map)| (at, common_end(&map.path, folders)))
            .collect();
        near.sort_by_key(|&(_, common)| common);
        match near.as_slice() {
            [.., (_, second), best] if best.1 > *second => Some(*best),
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// Whether Node has a script within itself: `node:fs`, `internal/util`, and `events.js` before Node 16.
fn is_of_runtime(script: &str) -> bool {
    script.starts_with("node:") || script.starts_with("internal/") || !script.contains(['/', '\\'])
}

/// The last part of a path or an address.
fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Number of folders that a file's path has in common with those of a script, at their ends.
fn common_end(path: &str, folders: &[String]) -> usize {
    let parts = parts(path);
    let own = parts.split_last().map(|(_, folders)| folders).unwrap_or_default();
    own.iter().rev().zip(folders.iter().rev()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str =
        r#"{"version":3,"sources":["webpack://app/NAME"],"names":[],"mappings":"AAAA"}"#;

    #[test]
    fn a_map_is_of_a_script_with_its_name_in_its_package() {
        let mut maps = MapFiles::default();
        for path in ["web/dist/index.js", "api/dist/index.js", "main.js", "dist/run.js"] {
            let map = Map::decode(&MAP.replace("NAME", path)).expect("a map").0;
            maps.add(Found { path: path.to_owned(), script: path.to_owned(), map });
        }
        let originals = |scripts: &[&str]| -> Vec<Option<String>> {
            let maps = maps.of_scripts(scripts);
            let places =
                scripts.iter().zip(maps).map(|(script, map)| map?.original(script, 0, 5, ""));
            let file = |file: &str| file.strip_prefix("webpack://app/").map(str::to_owned);
            places.map(|place| file(&place?.file)).collect()
        };
        let original = |script: &str| originals(&[script]).pop().flatten();
        assert_eq!(original("file:///srv/api/dist/index.js").as_deref(), Some("api/dist/index.js"));
        assert_eq!(original("/srv/main.js").as_deref(), Some("main.js"));
        // An address has more than the path.
        assert_eq!(original("http://h/main.js?v=1#a/b").as_deref(), Some("main.js"));
        assert_eq!(original("file:///srv/my%20app/ma%69n.js").as_deref(), Some("main.js"));
        // Two are as near as each other; a package has maps of its own; there is none.
        assert_eq!(original("/srv/other/dist/index.js"), None);
        assert_eq!(original("/srv/node_modules/foo/main.js"), None);
        assert_eq!(original("/srv/none.js"), None);
        // The runtime's own.
        for script in ["main.js", "node:main.js", "internal/main.js", "node:internal/main.js"] {
            assert_eq!(original(script), None, "{script}");
        }
        // Of several scripts the nearest has the map, or those that are as near.
        let run = Some("dist/run.js".to_owned());
        assert_eq!(
            originals(&["/srv/scripts/run.js", "/srv/dist/run.js", "/old/dist/run.js"]),
            [None, run.clone(), run.clone()]
        );
        assert_eq!(originals(&["/srv/run.js", "/opt/run.js"]), [run.clone(), run]);
    }
}
