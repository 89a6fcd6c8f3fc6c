//! What belongs to code by itself: functions, their scopes and scripts, modules.

use std::borrow::Cow;

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::groups::{Groups, NOBODY, Share};
use crate::object::{constructor_of, is_context, script_name, script_of_shared};
use crate::package::{package_copy, package_folder};

/// Node's own scripts.
const NODE: &str = "(Node.js)";
/// Scripts with a path that is in no package.
pub(crate) const APPLICATION: &str = "(application)";
/// Scripts without a path: evaluated text, the console.
const OTHER: &str = "(evaluated code)";

/// The name of the group that a script of this name belongs to.
pub(crate) type GroupOf = fn(&str) -> Cow<'_, str>;

/// The group of each node that belongs to code by itself.
pub(super) struct Seeds {
    pub(super) groups: Groups,
    /// The group of a script by its name.
    group_of: GroupOf,
    known: FxHashMap<String, u32>,
    /// The version of a group that its own package.json, loaded as a module, tells.
    pub(super) versions: FxHashMap<u32, String>,
    /// The group of each script that was met.
    scripts: FxHashMap<Ordinal, u32>,
    /// The group of the class of each prototype that was met.
    prototypes: FxHashMap<Ordinal, u32>,
}

impl Seeds {
    pub(super) fn of(graph: &Graph, group_of: GroupOf) -> Seeds {
        let mut seeds = Seeds {
            groups: Groups::empty(graph, Share::Dominated),
            group_of,
            known: FxHashMap::default(),
            versions: FxHashMap::default(),
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

    /// The group of a script that was met.
    pub(super) fn of_script(&self, script: &str) -> Option<u32> {
        self.known.get(&*(self.group_of)(script)).copied()
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
                let group = function.map_or(NOBODY, |function| self.groups.of_node(function));
                self.prototypes.insert(prototype.to, group);
                group
            }
        };
        if group != NOBODY {
            self.groups.mark(node, group);
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
            self.groups.mark(node, group);
        }
        let mut scope = internal(closure, "context");
        while let Some(context) = scope.filter(|&context| is_context(graph, context)) {
            if !self.groups.mark(context, group) {
                break;
            }
            scope = internal(context, "previous");
        }
    }

    /// A CommonJS module as Node's loader keeps it, with the path of its file.
    fn module(&mut self, graph: &Graph, module: Ordinal) {
        let file = graph.edge_named(module, EdgeType::Property, "filename");
        if let Some(file) = file.filter(|file| graph.node_type(file.to) == NodeType::String) {
            let file = graph.raw_name(file.to);
            let group = self.group(&file);
            self.groups.mark(module, group);
            if let Some(version) = version_of_package_json(graph, module, &file) {
                self.versions.insert(group, version);
            }
        }
    }

    fn group(&mut self, script: &str) -> u32 {
        let name = (self.group_of)(script);
        if let Some(&group) = self.known.get(&*name) {
            return group;
        }
        let group = self.groups.add(&name, false);
        self.known.insert(name.into_owned(), group);
        group
    }
}

/// The version that a package says of itself, if `module` is its own package.json.
fn version_of_package_json(graph: &Graph, module: Ordinal, file: &str) -> Option<String> {
    let folder = file.strip_suffix("package.json")?.strip_suffix(['/', '\\'])?;
    let copy = package_copy(folder).filter(|copy| copy.folder == folder)?;
    let exports = graph.edge_named(module, EdgeType::Property, "exports")?.to;
    let text = |name: &str| {
        let value = graph.edge_named(exports, EdgeType::Property, name)?.to;
        let is_text = graph.node_type(value) == NodeType::String;
        is_text.then(|| graph.raw_name(value).into_owned())
    };
    // On Windows the folder of a scope ends with a backslash.
    text("name").filter(|name| *name == copy.name.replace('\\', "/"))?;
    text("version")
}

/// The folder of the npm package of a script's path; the program's own scripts and Node's are a group each.
pub(super) fn package(script: &str) -> Cow<'_, str> {
    let is_path = script.starts_with(['/', '\\'])
        || script.contains("://")
        || script.get(1..3).is_some_and(|start| matches!(start, ":\\" | ":/"));
    let group = match package_folder(script) {
        Some(folder) => return folder,
        None if is_path => APPLICATION,
        // Before Node 16 `internal/fs/utils.js`, since then `node:internal/fs/utils`.
        None if script.starts_with("node:") || script.ends_with(".js") => NODE,
        None => OTHER,
    };
    Cow::Borrowed(group)
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn scripts_belong_to_packages_the_application_or_node() {
        for (script, group) in [
            (
                "/app/node_modules/@backstage/plugin-catalog/dist/index.cjs.js",
                "/app/node_modules/@backstage/plugin-catalog",
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
