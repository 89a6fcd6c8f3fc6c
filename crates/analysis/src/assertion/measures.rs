//! What the assertions on one snapshot need of it, worked out once.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use heapglass_graph::{Flow, Graph};

use crate::AttributeBy;
use crate::attribution::Grouped;

/// A snapshot that assertions are held against. What several of them need is worked out when the first one asks, and kept:
/// for each kind of group 4 bytes for each node, and what [`Flow`] takes where something that would be saved is bounded.
pub struct Measures<'a> {
    pub(super) graph: &'a Graph,
    groups: RefCell<Vec<(AttributeBy, Rc<Grouped>)>>,
    flow: OnceCell<Flow<'a>>,
}

impl<'a> Measures<'a> {
    /// Nothing is worked out yet.
    pub fn of(graph: &'a Graph) -> Measures<'a> {
        Measures { graph, groups: RefCell::default(), flow: OnceCell::new() }
    }

    pub(super) fn groups(&self, by: AttributeBy) -> Rc<Grouped> {
        let known = |of: &(AttributeBy, Rc<Grouped>)| (of.0 == by).then(|| Rc::clone(&of.1));
        let found = self.groups.borrow().iter().find_map(known);
        found.unwrap_or_else(|| {
            let made = Rc::new(Grouped::of(self.graph, by));
            self.groups.borrow_mut().push((by, Rc::clone(&made)));
            made
        })
    }

    pub(super) fn flow(&self) -> &Flow<'a> {
        self.flow.get_or_init(|| Flow::of(self.graph))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use heapglass_format::source::Source;
    use heapglass_graph::{Graph, OpenOptions, Snapshot, Wants};
    use heapglass_testkit::SnapshotBuilder;

    use super::Measures;
    use crate::AttributeBy;

    fn graph() -> Graph {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.heapsnapshot");
        std::fs::write(&path, SnapshotBuilder::new().to_bytes()).expect("written");
        let source = Source::file(&path).expect("a source");
        let temp_dir = folder.path().to_owned();
        let options = OpenOptions { index: None, temp_dir, threads: 1, wants: Wants::Graph };
        Snapshot::open(&source, &options, &()).expect("a snapshot").graph().expect("a graph")
    }

    #[test]
    fn what_two_assertions_need_is_worked_out_once() {
        let graph = graph();
        let measures = Measures::of(&graph);
        let by = [AttributeBy::Package, AttributeBy::Class, AttributeBy::Package];
        let [package, class, again] = by.map(|by| measures.groups(by));
        assert!(Rc::ptr_eq(&package, &again) && !Rc::ptr_eq(&package, &class));
        assert!(std::ptr::eq(measures.flow(), measures.flow()));
    }
}
