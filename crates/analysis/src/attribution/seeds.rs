//! What belongs to code by itself: functions, their scopes and scripts, modules.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use crate::leaks::package_of;
use crate::object::{constructor_of, is_context, script_name, script_of_shared};

/// Belongs to no code.
pub(super) const NOBODY: u32 = u32::MAX;

/// Node's own scripts.
const NODE: &str = "(Node.js)";
/// Scripts with a path that is in no package.
pub(crate) const APPLICATION: &str = "(application)";
/// Scripts without a path: evaluated text, the console.
const OTHER: &str = "(evaluated code)";

/// The group of each node that belongs to code by itself.
pub(super) struct Seeds {
    /// For each node its group, or [`NOBODY`].
    of_node: Vec<u32>,
    /// The groups' names.
    pub(super) names: Vec<String>,
    /// The group of a script by its name.
    group_of: fn(&str) -> &str,
    known: FxHashMap<String, u32>,
    /// The group of each script that was met.
    scripts: FxHashMap<Ordinal, u32>,
    /// The group of the class of each prototype that was met.
    prototypes: FxHashMap<Ordinal, u32>,
}

impl Seeds {
    pub(super) fn of(graph: &Graph, group_of: fn(&str) -> &str) -> Seeds {
        let mut seeds = Seeds {
            of_node: vec![NOBODY; graph.node_count() as usize],
            names: Vec::new(),
            group_of,
            known: FxHashMap::default(),
            scripts: FxHashMap::default(),
            prototypes: FxHashMap::default(),
        };
        for node in graph.nodes() {
            match graph.node_type(node) {
                NodeType::Closure => seeds.function(graph, node),
                NodeType::Object if graph.class_name(node) == "Module" => seeds.module(graph, node),
                _ => {}
            }
        }
        seeds
    }

    pub(super) fn of_node(&self, node: Ordinal) -> u32 {
        self.of_node.get(node.index()).copied().unwrap_or(NOBODY)
    }

    /// The group whose class an object is of, by its constructor; it belongs to it from now on.
    pub(super) fn of_class(&mut self, graph: &Graph, node: Ordinal) -> u32 {
        if graph.node_type(node) != NodeType::Object {
            return NOBODY;
        }
        let Some(prototype) = graph.edge_named(node, EdgeType::Property, "__proto__") else {
            return NOBODY;
        };
        let group = match self.prototypes.get(&prototype.to) {
            Some(&group) => group,
            None => {
                let function = constructor_of(graph, node);
                let group = function.map_or(NOBODY, |function| self.of_node(function));
                self.prototypes.insert(prototype.to, group);
                group
            }
        };
        if group != NOBODY {
            self.mark(node, group);
        }
        group
    }

    /// A function with what V8 knows of it, its script, and the scopes that it sees.
    fn function(&mut self, graph: &Graph, closure: Ordinal) {
        let internal = |node, name| graph.edge_named(node, EdgeType::Internal, name).map(|e| e.to);
        let Some(shared) = internal(closure, "shared") else { return };
        let Some(script) = script_of_shared(graph, shared) else { return };
        let group = match self.scripts.get(&script) {
            Some(&group) => group,
            None => {
                let name = script_name(graph, script);
                let group = name.map_or(NOBODY, |name| self.group(&name));
                self.scripts.insert(script, group);
                group
            }
        };
        if group == NOBODY {
            return;
        }
        for node in [closure, shared, script] {
            self.mark(node, group);
        }
        let mut scope = internal(closure, "context");
        while let Some(context) = scope.filter(|&context| is_context(graph, context)) {
            if !self.mark(context, group) {
                break;
            }
            scope = internal(context, "previous");
        }
    }

    /// A CommonJS module as Node's loader keeps it, with the path of its file.
    fn module(&mut self, graph: &Graph, module: Ordinal) {
        let file = graph.edge_named(module, EdgeType::Property, "filename");
        if let Some(file) = file.filter(|file| graph.node_type(file.to) == NodeType::String) {
            let group = self.group(&graph.raw_name(file.to));
            self.mark(module, group);
        }
    }

    /// Whether the node belonged to nobody before.
    fn mark(&mut self, node: Ordinal, group: u32) -> bool {
        match self.of_node.get_mut(node.index()) {
            Some(own) if *own == NOBODY => {
                *own = group;
                true
            }
            _ => false,
        }
    }

    fn group(&mut self, script: &str) -> u32 {
        let name = (self.group_of)(script);
        if let Some(&group) = self.known.get(name) {
            return group;
        }
        let group = u32::try_from(self.names.len()).unwrap_or(NOBODY);
        self.known.insert(name.to_owned(), group);
        self.names.push(name.to_owned());
        group
    }
}

/// The npm package of a script's path; the program's own scripts and Node's are a group each.
pub(super) fn package(script: &str) -> &str {
    let is_path = script.starts_with(['/', '\\'])
        || script.contains("://")
        || script.get(1..3).is_some_and(|start| matches!(start, ":\\" | ":/"));
    match package_of(script) {
        Some(package) => package,
        None if is_path => APPLICATION,
        // Before Node 16 `internal/fs/utils.js`, since then `node:internal/fs/utils`.
        None if script.starts_with("node:") || script.ends_with(".js") => NODE,
        None => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn scripts_belong_to_packages_the_application_or_node() {
        for (script, group) in [
            (
                "/app/node_modules/@backstage/plugin-catalog/dist/index.cjs.js",
                "@backstage/plugin-catalog",
            ),
            ("file:///app/src/main.mjs", "(application)"),
            ("C:\\app\\main.js", "(application)"),
            ("webpack://app/./src/x.ts", "(application)"),
            ("node:internal/fs/utils", "(Node.js)"),
            ("internal/modules/cjs/loader.js", "(Node.js)"),
            ("evalmachine.<anonymous>", "(evaluated code)"),
            ("[eval]", "(evaluated code)"),
        ] {
            assert_eq!(package(script), group, "{script}");
        }
    }
}
