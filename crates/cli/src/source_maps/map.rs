//! One source map, decoded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use heapglass_analysis::SourceMap;
use heapglass_graph::Original;
use heapglass_javascript::Error;
use oxc_sourcemap::SourceMap as Decoded;
use serde::Deserialize;
use serde_json::Value;

use super::names::{name_at, variable};
use super::read::text_of;
use super::scopes::Scopes;
use super::text::{Marks, Position};

/// No source, or no name.
const NONE: u32 = u32::MAX;

/// A source map of one script.
#[derive(Debug, Default)]
pub(super) struct Map {
    /// Segments by their place in the script.
    segments: Vec<Segment>,
    /// The sources' paths, with `sourceRoot` in front.
    sources: Vec<String>,
    /// For each source its text, and where its places are once somebody asked.
    contents: Vec<Option<Content>>,
    names: Vec<String>,
    /// The scopes of the script itself, if it lies beside the map, or why it is not understood.
    scopes: OnceLock<Result<Scopes, Error>>,
    /// Whether somebody was told why.
    is_told: AtomicBool,
    read_script: Option<std::path::PathBuf>,
    /// The paths of the sources as seen from the script of this name.
    resolved: Mutex<(String, HashMap<u32, Arc<str>>)>,
}

#[derive(Debug)]
struct Content {
    text: String,
    marks: OnceLock<Marks>,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    at: Position,
    source: u32,
    original: Position,
    name: u32,
}

/// An index map: a map for each part of a script, each from a place on.
#[derive(Deserialize)]
struct Parts {
    sections: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Part {
    offset: Offset,
    map: Value,
}

#[derive(Deserialize)]
struct Offset {
    line: u32,
    column: u32,
}

impl Map {
    /// Decodes a map, and says what it says of its script's name.
    pub(super) fn decode(text: &str) -> Result<(Map, Option<String>), String> {
        // What some servers put before JSON.
        let text = text.strip_prefix(")]}'").unwrap_or(text);
        let mut map = Map::default();
        let parts: Parts = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let file = match parts.sections {
            None => map.add(text, Position::default())?,
            Some(parts) => {
                for Part { offset, map: part } in parts {
                    let at = Position { line: offset.line, column: offset.column };
                    map.add(&part.to_string(), at)?;
                }
                let whole: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
                whole.get("file").and_then(Value::as_str).map(str::to_owned)
            }
        };
        map.segments.sort_by_key(|segment| segment.at);
        Ok((map, file.filter(|file| !file.is_empty())))
    }

    /// The same with the script that it is of, which is read if its variables are asked for.
    pub(super) fn of_script(mut self, path: std::path::PathBuf) -> Map {
        self.read_script = Some(path);
        self
    }

    /// Adds the segments of a map whose script begins at `from`.
    fn add(&mut self, text: &str, from: Position) -> Result<Option<String>, String> {
        let decoded = match Decoded::from_json_string(text) {
            Ok(decoded) => decoded,
            Err(error) => {
                // Sources that are nowhere are `null`, which the decoder does not know.
                let whole = with_named_sources(text).ok_or(error.to_string())?;
                Decoded::from_json_string(&whole).map_err(|error| error.to_string())?.into_owned()
            }
        };
        let number = |length: usize| u32::try_from(length).unwrap_or(NONE);
        let (sources, names) = (number(self.sources.len()), number(self.names.len()));
        let root = decoded.get_source_root().unwrap_or_default();
        let slash = if root.is_empty() || root.ends_with('/') { "" } else { "/" };
        self.sources.extend(decoded.get_sources().map(|path| format!("{root}{slash}{path}")));
        let content = |text: Option<&str>| {
            text.map(|text| Content { text: text.to_owned(), marks: OnceLock::new() })
        };
        self.contents.extend(decoded.get_source_contents().map(content));
        self.contents.resize_with(self.sources.len(), || None);
        self.names.extend(decoded.get_names().map(str::to_owned));
        self.segments.extend(decoded.get_tokens().map(|token| {
            let (line, column) = (token.get_dst_line(), token.get_dst_col());
            let shift = if line == 0 { from.column } else { 0 };
            Segment {
                at: Position {
                    line: line.saturating_add(from.line),
                    column: column.saturating_add(shift),
                },
                source: token.get_source_id().map_or(NONE, |id| id.saturating_add(sources)),
                original: Position { line: token.get_src_line(), column: token.get_src_col() },
                name: token.get_name_id().map_or(NONE, |id| id.saturating_add(names)),
            }
        }));
        Ok(decoded.get_file().map(str::to_owned))
    }

    /// The segment that a place is in: the last one of its line that does not begin behind it.
    fn segment(&self, at: Position) -> Option<&Segment> {
        let next = self.segments.partition_point(|segment| segment.at <= at);
        let segment = self.segments.get(next.checked_sub(1)?)?;
        (segment.at.line == at.line && segment.source != NONE).then_some(segment)
    }

    /// The name that a map has for what begins exactly there.
    fn name_of_segment(&self, at: Position) -> Option<&str> {
        let segment = self.segment(at).filter(|segment| segment.at == at)?;
        self.names.get(segment.name as usize).map(String::as_str)
    }

    /// The text of the source before and from a place on.
    fn source_at(&self, segment: &Segment) -> Option<(&str, &str)> {
        let content = self.contents.get(segment.source as usize)?.as_ref()?;
        let marks = content.marks.get_or_init(|| Marks::of(&content.text));
        marks.split_at(&content.text, segment.original)
    }

    /// What a function or class was called, from the text of its source or else from where its name is in the script.
    fn name(&self, segment: &Segment, at: Position, name: &str) -> Option<String> {
        if let Some((before, from)) = self.source_at(segment) {
            return name_at(before, from).map(str::to_owned);
        }
        let length = u32::try_from(name.encode_utf16().count()).ok()?;
        // V8 counts a function from its parameters on and a class without a constructor from `class`; `constructor` is
        // looked for where it is the first in its class.
        let of_function = at.column.checked_sub(length);
        let of_class = at.column.checked_add(6);
        let of_constructor = at.column.checked_sub(12).and_then(|at| at.checked_sub(length));
        [of_function, of_class, of_constructor].into_iter().flatten().find_map(|column| {
            let written = self.name_of_segment(Position { line: at.line, column })?;
            (!name.is_empty()).then(|| written.to_owned())
        })
    }

    fn original_of(&self, script: &str, segment: &Segment, name: Option<String>) -> Original {
        let mut resolved = match self.resolved.lock() {
            Ok(resolved) => resolved,
            Err(poisoned) => poisoned.into_inner(),
        };
        if resolved.0 != script {
            *resolved = (script.to_owned(), HashMap::new());
        }
        let file = resolved.1.entry(segment.source).or_insert_with(|| {
            let path = self.sources.get(segment.source as usize).map(String::as_str);
            seen_from(script, path.unwrap_or_default()).into()
        });
        Original {
            file: Arc::clone(file),
            line: segment.original.line,
            column: segment.original.column,
            name: name.map(Arc::from),
        }
    }

    /// `None` of a script that is not understood.
    fn scopes(&self) -> Option<&Scopes> {
        let text = || text_of(self.read_script.as_ref()?).ok();
        let scopes = self.scopes.get_or_init(|| match text() {
            // The mark before a text is none of its letters to V8.
            Some(text) => Scopes::of(text.strip_prefix('\u{feff}').unwrap_or(&text)),
            None => Ok(Scopes::default()),
        });
        scopes.as_ref().ok()
    }

    /// Why the script that lies beside the map was not understood, for the first who asks.
    pub(super) fn untold_problem(&self) -> Option<String> {
        let problem = match self.scopes.get()?.as_ref().err()? {
            Error::Syntax(problem) => format!("not understood as JavaScript ({problem})"),
            Error::Memory => format!("not understood: {}", Error::Memory),
        };
        (!self.is_told.swap(true, Ordering::Relaxed)).then_some(problem)
    }
}

impl SourceMap for Map {
    fn original(&self, script: &str, line: u32, column: u32, name: &str) -> Option<Original> {
        let at = Position { line, column };
        let segment = self.segment(at)?;
        Some(self.original_of(script, segment, self.name(segment, at, name)))
    }

    fn variables(
        &self,
        script: &str,
        scopes: &[&[String]],
        within: &[(u32, u32)],
    ) -> Vec<Option<Original>> {
        let Some(known) = self.scopes() else { return Vec::new() };
        let within: Vec<Position> =
            within.iter().map(|&(line, column)| Position { line, column }).collect();
        let places = known.places(scopes, &within);
        let original = |at: Position| {
            let segment = self.segment(at).filter(|segment| segment.at == at)?;
            let by_map = self.names.get(segment.name as usize).cloned();
            let by_source = || variable(self.source_at(segment)?.1).map(str::to_owned);
            let name = by_map.filter(|name| !name.is_empty()).or_else(by_source);
            Some(self.original_of(script, segment, name))
        };
        places.into_iter().map(|place| original(place?)).collect()
    }
}

/// A map whose sources all are texts.
fn with_named_sources(text: &str) -> Option<String> {
    let mut map: Value = serde_json::from_str(text).ok()?;
    for source in map.get_mut("sources")?.as_array_mut()?.iter_mut().filter(|path| path.is_null()) {
        *source = Value::String("(no source)".to_owned());
    }
    Some(map.to_string())
}

/// A path in a source map, which is seen from the script's folder, as the script's own name is seen: `../src/a.ts` of
/// `/app/dist/b.js` is `/app/src/a.ts`. What has a scheme or begins at the root stays.
fn seen_from(script: &str, path: &str) -> String {
    let script = match script.contains("://") {
        true => script.split(['?', '#']).next().unwrap_or_default(),
        false => script,
    };
    let has_drive = path.get(1..3).is_some_and(|start| matches!(start, ":\\" | ":/"));
    if path.contains("://") || path.starts_with(['/', '\\']) || has_drive {
        return path.to_owned();
    }
    let end = script.rfind(['/', '\\']);
    let folder = end.and_then(|at| script.get(..at)).unwrap_or_default();
    let (root, folder) = match folder.find("://") {
        Some(at) => folder.split_at(at + 3),
        None => ("", folder),
    };
    let mut parts: Vec<&str> = folder.split(['/', '\\']).collect();
    if end.is_none() {
        parts.clear();
    }
    // Of `/b.js` and `file:///b.mjs` the folder is the root, one empty part.
    let is_whole = end.is_some_and(|at| at == 0)
        || !root.is_empty()
        || folder.starts_with('/')
        || folder.get(1..2) == Some(":");
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | "..")) => {
                parts.pop();
            }
            // Above the root there is nothing.
            ".." if is_whole => {}
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(json: &str) -> Map {
        Map::decode(json).expect("a map").0
    }

    fn place(map: &Map, line: u32, column: u32) -> Option<(String, u32, u32)> {
        let original = map.original("/app/dist/b.js", line, column, "")?;
        Some((original.file.to_string(), original.line, original.column))
    }

    #[test]
    fn paths_are_seen_from_the_script() {
        for (script, path, expected) in [
            ("/app/dist/b.js", "../src/a.ts", "/app/src/a.ts"),
            ("file:///app/dist/b.mjs", "../src/a.ts", "file:///app/src/a.ts"),
            ("/app/dist/b.js", "./a.ts", "/app/dist/a.ts"),
            ("http://h/js/b.js?at=/x/y", "../src/a.ts", "http://h/src/a.ts"),
            ("/b.js", "../../a.ts", "/a.ts"),
            ("C:\\app\\dist\\b.js", "../src/a.ts", "C:/app/src/a.ts"),
            ("b.js", "../src/a.ts", "../src/a.ts"),
            ("b.js", "./src/a.ts", "src/a.ts"),
            ("/app/b.js", "webpack://app/./src/a.ts", "webpack://app/./src/a.ts"),
            ("/app/b.js", "webpack:///./src/a.ts", "webpack:///./src/a.ts"),
            ("/app/b.js", "/src/a.ts", "/src/a.ts"),
            ("/app/b.js", "C:/src/a.ts", "C:/src/a.ts"),
        ] {
            assert_eq!(seen_from(script, path), expected, "{script} {path}");
        }
    }

    #[test]
    fn a_root_stands_before_the_sources_and_a_place_without_source_is_none() {
        // Columns 0 (a.js:1:1), 5 (no source), 9 (a.js:2:1).
        let json = r#"{"version":3,"sourceRoot":"../src","sources":["a.js"],"names":[],"mappings":"AAAA,K,IACA"}"#;
        let map = decoded(json);
        assert_eq!(place(&map, 0, 4), Some(("/app/src/a.js".to_owned(), 0, 0)));
        assert_eq!(place(&map, 0, 6), None);
        assert_eq!(place(&map, 0, 100), Some(("/app/src/a.js".to_owned(), 1, 0)));
        assert_eq!(place(&map, 1, 0), None);
        assert_eq!(place(&decoded(&format!(")]}}'{json}")), 0, 0), place(&map, 0, 0));
    }

    #[test]
    fn an_index_map_is_its_parts_each_from_its_place() {
        let part = |name: &str| {
            format!(r#"{{"version":3,"sources":["{name}"],"names":["n"],"mappings":"AAAAA;AACA"}}"#)
        };
        let json = format!(
            r#"{{"version":3,"file":"b.js","sections":[{{"offset":{{"line":0,"column":10}},"map":{}}},{{"offset":{{"line":2,"column":3}},"map":{}}}]}}"#,
            part("one.js"),
            part("two.js")
        );
        let (map, file) = Map::decode(&json).expect("a map");
        assert_eq!(file.as_deref(), Some("b.js"));
        assert_eq!(place(&map, 0, 9), None);
        assert_eq!(place(&map, 0, 10), Some(("/app/dist/one.js".to_owned(), 0, 0)));
        // The second line of a part begins at its first column.
        assert_eq!(place(&map, 1, 0), Some(("/app/dist/one.js".to_owned(), 1, 0)));
        assert_eq!(place(&map, 2, 2), None);
        assert_eq!(place(&map, 2, 3), Some(("/app/dist/two.js".to_owned(), 0, 0)));
        assert_eq!(place(&map, 3, 0), Some(("/app/dist/two.js".to_owned(), 1, 0)));
    }

    #[test]
    fn sources_may_be_nowhere() {
        let map = decoded(r#"{"version":3,"sources":[null],"names":[],"mappings":"AAAA"}"#);
        assert_eq!(
            place(&map, 0, 0).map(|(file, ..)| file).as_deref(),
            Some("/app/dist/(no source)")
        );
        for json in ["", "{}", "[]", r#"{"version":3,"sources":1,"names":[],"mappings":"AAAA"}"#] {
            assert!(Map::decode(json).is_err(), "{json}");
        }
    }

    #[test]
    fn without_the_source_the_name_is_where_the_name_is() {
        // `function a(){}class b{}class c{constructor(){}}` with the names at columns 9, 20, 29.
        let names = r#"["visit","Base","Session"]"#;
        let json = format!(
            r#"{{"version":3,"sources":["a.js"],"names":{names},"mappings":"AAAA,SAAAA,KAAA,MAAAC,SAAAC"}}"#
        );
        let map = decoded(&json);
        let name = |column: u32, name: &str| {
            let original = map.original("/b.js", 0, column, name)?;
            original.name.map(|name| name.to_string())
        };
        assert_eq!(name(10, "a").as_deref(), Some("visit"));
        assert_eq!(name(14, "b").as_deref(), Some("Base"));
        assert_eq!(name(42, "c").as_deref(), Some("Session"));
        assert_eq!(name(43, "c"), None);
    }

    #[test]
    fn variables_are_where_v8_counts_them_of_a_script_that_is_understood() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("b.js");
        // Column 11.
        let json = r#"{"version":3,"sources":["a.js"],"names":["total"],"mappings":"WAAAA"}"#;
        let asked = |text: &str| {
            std::fs::write(&path, text).expect("written");
            let map = decoded(json).of_script(path.clone());
            let found = map.variables("/b.js", &[&["t".to_owned()]], &[(0, 20)]);
            let names: Vec<String> =
                found.into_iter().flatten().filter_map(|it| Some(it.name?.to_string())).collect();
            (names, map.untold_problem(), map.untold_problem())
        };
        let known = (vec!["total".to_owned()], None, None);
        assert_eq!(asked("function f(t){return()=>t}"), known);
        // The mark of UTF-8 is no letter to V8.
        assert_eq!(asked("\u{feff}function f(t){return()=>t}"), known);
        let (names, problem, again) = asked("no script");
        assert!(names.is_empty());
        let problem = problem.expect("a problem");
        assert!(problem.starts_with("not understood as JavaScript ("), "{problem}");
        assert_eq!(again, None);
    }
}
