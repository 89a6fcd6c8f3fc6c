//! Where code was written before a compiler or a bundler moved it, as source maps say.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{ClassIndex, Graph, Location, Ordinal};

/// A place in a source file as it was written. Line and column count from 0, as those of a [`Location`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Path or URL of the file, as the source map has it.
    pub file: Arc<str>,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// What is there was called so: a function, a class, a variable.
    pub name: Option<Arc<str>>,
}

/// The original places of a graph's code. They are asked for once, and change no figure.
#[derive(Debug, Default)]
pub struct Originals {
    /// By the place in the script that ran.
    pub places: FxHashMap<Location, Original>,
    /// The names of classes that have another name in the script that ran.
    pub class_names: FxHashMap<ClassIndex, Arc<str>>,
    /// Scopes of which something is known. Those that the same code made share it.
    pub scopes: FxHashMap<Ordinal, Arc<WrittenScope>>,
}

/// A scope, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrittenScope {
    /// Name of the script that ran.
    pub script: String,
    /// Whether a bundler made it of scopes of several files.
    pub is_shared: bool,
    /// Where its variables are declared, by their names in that script; those of which it is known.
    pub variables: FxHashMap<String, Original>,
}

impl Graph {
    /// The same graph that knows where its code was written. Rows of classes get their original names.
    pub fn with_originals(&self, originals: Originals) -> Graph {
        let mut graph = self.clone();
        let overview = Arc::make_mut(&mut graph.overview);
        for (class, name) in &originals.class_names {
            if let Some(row) = overview.classes.rows.get_mut(class.index()) {
                row.original_name = Some(name.to_string());
            }
        }
        graph.originals = Some(Arc::new(originals));
        graph
    }

    /// The same graph with nothing but what is in the snapshot. It names things as if there were no source map.
    pub fn without_originals(&self) -> Graph {
        Graph { originals: None, ..self.clone() }
    }

    /// What source maps say of the graph's code, if there are any.
    pub fn originals(&self) -> Option<&Originals> {
        self.originals.as_deref()
    }

    /// Where what stands at a place was written.
    pub fn original(&self, place: Location) -> Option<&Original> {
        self.originals()?.places.get(&place)
    }

    /// What a node's class was called, where that is another name than the class has now.
    pub fn original_class_name(&self, node: Ordinal) -> Option<&str> {
        Some(self.originals()?.class_names.get(&self.class(node))?)
    }

    /// A scope that a bundler made of those of several files.
    pub fn shared_scope(&self, scope: Ordinal) -> Option<&WrittenScope> {
        self.originals()?.scopes.get(&scope).map(Arc::as_ref).filter(|scope| scope.is_shared)
    }

    /// What a variable of a scope was called, where that is another name than it has now.
    pub fn original_variable(&self, scope: Ordinal, name: &str) -> Option<&str> {
        let declared = self.originals()?.scopes.get(&scope)?.variables.get(name)?;
        declared.name.as_deref().filter(|written| *written != name)
    }

    /// The nodes of which the snapshot says where they, or their constructors, are written.
    pub fn located_nodes(&self) -> impl Iterator<Item = (Ordinal, Location)> + '_ {
        self.columns.locations.iter().map(|&[node, script_id, line, column]| {
            (Ordinal(node), Location { script_id, line, column })
        })
    }
}
