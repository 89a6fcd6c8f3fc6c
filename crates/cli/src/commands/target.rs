//! `FILE @123` and `@123 FILE`: files and an object's id, in any order.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use heapglass_analysis::{Error, Result};
use heapglass_graph::{Graph, NodeId, Ordinal};

use crate::args::object_id;
use crate::exit::Failure;

/// Files, and the id if there is one.
pub(super) fn split(values: &[OsString]) -> Result<(Vec<PathBuf>, Option<u64>), Failure> {
    let mut files = Vec::new();
    let mut ids = Vec::new();
    for value in values {
        match id_in(value) {
            Some(id) => ids.push(id),
            None => files.push(PathBuf::from(value)),
        }
    }
    if files.is_empty() {
        return Err(Failure::usage("which snapshot?")
            .hint("give a file, for example: heap.heapsnapshot @123"));
    }
    match ids[..] {
        [] => Ok((files, None)),
        [id] => Ok((files, Some(id))),
        _ => Err(Failure::usage("more than one object").hint("ask about one object at a time")),
    }
}

/// As [`split`], for commands that cannot do without an object.
pub(super) fn split_with_id(values: &[OsString]) -> Result<(Vec<PathBuf>, u64), Failure> {
    let (files, id) = split(values)?;
    let missing = || {
        let is_no_id = |file: &&PathBuf| file.as_os_str().as_encoded_bytes().starts_with(b"@");
        let what = match files.iter().find(is_no_id).filter(|file| !file.exists()) {
            Some(word) => format!("{} is no object's id", word.display()),
            None => "which object?".to_owned(),
        };
        Failure::usage(what).hint("give its id, for example: heap.heapsnapshot @123")
    };
    let id = id.ok_or_else(missing)?;
    Ok((files, id))
}

/// The id that `value` is. A bare number may also be the name of a file.
fn id_in(value: &OsString) -> Option<u64> {
    let id = object_id(value.to_str()?).ok()?;
    (value.as_encoded_bytes().starts_with(b"@") || !Path::new(value).exists()).then_some(id)
}

/// The node with V8's id `id`.
pub(super) fn node(graph: &Graph, id: u64) -> Result<Ordinal> {
    graph.ordinal_of(NodeId(id)).ok_or(Error::NoSuchObject(NodeId(id)))
}

/// The node with V8's id `id`, or the root.
pub(super) fn node_or_root(graph: &Graph, id: Option<u64>) -> Result<Ordinal> {
    id.map_or_else(|| Ok(graph.root()), |id| node(graph, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str], expected: (&[&str], Option<u64>)) {
        let values: Vec<OsString> = values.iter().map(OsString::from).collect();
        let (files, id) = split(&values).expect("files and an id");
        let expected_files: Vec<PathBuf> = expected.0.iter().map(PathBuf::from).collect();
        assert_eq!((files, id), (expected_files, expected.1));
    }

    #[test]
    fn files_and_id_come_in_any_order() {
        check(&["a", "@1"], (&["a"], Some(1)));
        check(&["@1", "a", "b"], (&["a", "b"], Some(1)));
        check(&["a", "12"], (&["a"], Some(12)));
        check(&["a", "@x"], (&["a", "@x"], None));
    }

    #[test]
    fn one_object_at_a_time() {
        assert!(split(&["a".into(), "@1".into(), "@2".into()]).is_err());
        assert!(split(&["@1".into()]).is_err());
        assert!(split_with_id(&["a".into()]).is_err());
        let failure = split_with_id(&["a".into(), "@x".into()]).expect_err("no id");
        assert_eq!(failure.message, "@x is no object's id");
    }
}
