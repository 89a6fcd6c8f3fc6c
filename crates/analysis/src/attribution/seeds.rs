//! What belongs to code by itself: functions, their scopes and scripts, modules.

use std::borrow::Cow;

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::groups::{Groups, NOBODY, Share};
use crate::edge::internal;
use crate::object::{constructor_of, is_context, script_name, script_of_shared};
use crate::package::{package_copy, package_folder};
use crate::source::{file_of_module, is_own_code_of_node, is_own_code_of_runtime};

/// Node's own scripts.
const NODE: &str = "(Node.js)";
/// Scripts with a path that is in no package.
pub(crate) const APPLICATION: &str = "(application)";
/// Scripts without a path: evaluated text, the console.
const OTHER: &str = "(evaluated code)";

/// A column that nobody writes a function in.
const FAR_RIGHT: u32 = 1000;
/// Functions so far to the right from which on a script is taken for minified.
const MANY: u32 = 10;

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
    /// For each script of which no source map is known the functions far to the right in it; `None` for the others.
    far_right: FxHashMap<Ordinal, Option<u32>>,
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
            far_right: FxHashMap::default(),
            prototypes: FxHashMap::default(),
        };
        for node in graph.nodes() {
            match graph.node_type(node) {
                NodeType::Closure => seeds.function(graph, node),
                NodeType::Object if graph.class_name(node) == "Module" => seeds.module(graph, node),
                _ => {}
            }
        }
        seeds.shared_scopes(graph);
        seeds
    }

    /// The group of a script that was met.
    pub(super) fn of_script(&self, script: &str) -> Option<u32> {
        self.known.get(&*(self.group_of)(script)).copied()
    }

    /// Scripts that a minifier made, by how their functions stand, and that no source map is known of.
    pub(super) fn minified_scripts(&self, graph: &Graph) -> Vec<String> {
        let is_many = |functions: &Option<u32>| functions.is_some_and(|count| count >= MANY);
        let minified = self.far_right.iter().filter(|(_, functions)| is_many(functions));
        let mut names: Vec<String> =
            minified.filter_map(|(&script, _)| script_name(graph, script)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether a group is code of the runtime's own.
    pub(super) fn is_of_runtime(&self, group: u32) -> bool {
        let name = self.groups.names.get(group as usize);
        name.is_some_and(|name| name == NODE || is_own_code_of_runtime(name))
    }

    /// The group whose class an object is of, by its constructor; it belongs to it from now on. Below an object of the
    /// runtime's own (`is_below_runtime`) others of the runtime's belong to none.
    pub(super) fn of_class(&mut self, graph: &Graph, node: Ordinal, is_below_runtime: bool) -> u32 {
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
        if group == NOBODY || is_below_runtime && self.is_of_runtime(group) {
            return NOBODY;
        }
        self.groups.mark(node, group);
        group
    }

    /// A function with what V8 knows of it, its script, and the scopes that it sees.
    fn function(&mut self, graph: &Graph, closure: Ordinal) {
        let Some(shared) = internal(graph, closure, "shared") else { return };
        let Some(script) = script_of_shared(graph, shared) else { return };
        let of_script = match self.scripts.get(&script) {
            Some(&group) => group,
            None => {
                let name = script_name(graph, script);
                let group = name.map_or(NOBODY, |name| self.group(&name));
                self.scripts.insert(script, group);
                group
            }
        };
        if of_script == NOBODY {
            return;
        }
        // The text of a bundle is the bundle's.
        self.groups.mark(script, of_script);
        let place = graph.location(closure);
        let original = place.and_then(|at| graph.original(at));
        let is_far = u32::from(place.is_some_and(|at| at.column >= FAR_RIGHT));
        let far_right = self.far_right.entry(script).or_insert(Some(0));
        *far_right = far_right.filter(|_| original.is_none()).map(|count| count + is_far);
        let group = original.map_or(of_script, |original| self.group_of_original(&original.file));
        for node in [closure, shared] {
            self.groups.mark(node, group);
        }
        let mut scope = internal(graph, closure, "context");
        while let Some(context) = scope.filter(|&context| is_context(graph, context)) {
            let is_shared = graph.shared_scope(context).is_some();
            if !self.groups.mark(context, if is_shared { of_script } else { group }) {
                break;
            }
            scope = internal(graph, context, "previous");
        }
    }

    /// What a scope holds alone that a bundler made of those of several files: a variable's value belongs to the file
    /// that declares the variable, as if the file had a scope of its own.
    fn shared_scopes(&mut self, graph: &Graph) {
        let Some(originals) = graph.originals() else { return };
        let mut scopes: Vec<_> =
            originals.scopes.iter().filter(|(_, scope)| scope.is_shared).collect();
        scopes.sort_unstable_by_key(|&(&scope, _)| scope);
        for (&scope, shared) in
            scopes.into_iter().filter(|(_, shared)| !shared.variables.is_empty())
        {
            for edge in graph.edges(scope).filter(|edge| edge.edge_type == EdgeType::Context) {
                let declared = shared.variables.get(&*graph.edge_name(edge));
                if let Some(declared) = declared.filter(|_| graph.dominator(edge.to) == scope) {
                    let group = self.group_of_original(&declared.file);
                    self.groups.mark(edge.to, group);
                }
            }
        }
    }

    /// The group of a file that a source map names: never Node's own, however short its name is.
    fn group_of_original(&mut self, file: &str) -> u32 {
        match &*(self.group_of)(file) {
            NODE | OTHER => self.group_named(APPLICATION),
            _ => self.group(file),
        }
    }

    /// A CommonJS module as Node's loader keeps it, with the path of its file.
    fn module(&mut self, graph: &Graph, module: Ordinal) {
        if let Some(file) = file_of_module(graph, module) {
            let group = self.group(&file);
            self.groups.mark(module, group);
            if let Some(version) = version_of_package_json(graph, module, &file) {
                self.versions.insert(group, version);
            }
        }
    }

    fn group(&mut self, script: &str) -> u32 {
        self.group_named(&(self.group_of)(script))
    }

    fn group_named(&mut self, name: &str) -> u32 {
        if let Some(&group) = self.known.get(name) {
            return group;
        }
        let group = self.groups.add(name);
        self.known.insert(name.to_owned(), group);
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
        None if is_own_code_of_node(script) => NODE,
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
            ("_http_server.js", "(Node.js)"),
            ("lib/main.js", "(evaluated code)"),
            ("evalmachine.<anonymous>", "(evaluated code)"),
            ("[eval]", "(evaluated code)"),
        ] {
            assert_eq!(package(script), group, "{script}");
        }
    }
}
