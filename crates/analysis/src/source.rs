//! Whose code something is: the nearest object upwards that is known to be written somewhere, and the names of scripts.

pub(crate) mod module_scope;
pub(crate) mod text_module;

use std::cell::OnceCell;
use std::collections::HashMap;

use heapglass_graph::{EdgeType, Graph, Location, NodeType, Ordinal, Original};
use rustc_hash::FxHashMap;

use crate::names::display_name;
use crate::object::{script_of_closure, source_of};
use crate::package::within_packages;
use crate::roles::is_program_object;
use crate::{EdgeLabel, ObjectSummary, RootPath, describe, name_with_original, package_of};
use module_scope::{is_script_scope, part_of_module};
use text_module::{Export, export_of, is_text_module, script_of_text_module};

/// Functions of one script that are asked for its name.
const MAX_ASKED: u32 = 16;

/// The scripts of a heap by their numbers. The first question costs a pass over the functions.
pub(crate) struct Scripts<'a> {
    graph: &'a Graph,
    names: OnceCell<FxHashMap<u32, String>>,
}

impl<'a> Scripts<'a> {
    pub(crate) fn of(graph: &'a Graph) -> Scripts<'a> {
        Scripts { graph, names: OnceCell::new() }
    }

    /// The name of a script, found at one of its functions.
    pub(crate) fn name(&self, script_id: u32) -> Option<&str> {
        self.names.get_or_init(|| self.all()).get(&script_id).map(String::as_str)
    }

    /// The names of all scripts that a function was found of.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.get_or_init(|| self.all()).values().map(String::as_str)
    }

    fn all(&self) -> FxHashMap<u32, String> {
        let mut names = FxHashMap::default();
        let mut asked: FxHashMap<u32, u32> = FxHashMap::default();
        let graph = self.graph;
        for node in graph.nodes().filter(|&node| graph.node_type(node) == NodeType::Closure) {
            let Some(place) = graph.location(node) else { continue };
            let times = asked.entry(place.script_id).or_default();
            if *times >= MAX_ASKED {
                continue;
            }
            *times += 1;
            if let Some(name) = script_of_closure(graph, node) {
                names.insert(place.script_id, name);
                *times = MAX_ASKED;
            }
        }
        names
    }

    /// The script that a function is written in.
    pub(crate) fn of_function(&self, closure: Ordinal) -> Option<String> {
        self.of_node(closure).1
    }

    /// Whether a function, or the constructor of an object, is written in the runtime's own code; `None` where the
    /// snapshot does not tell where.
    pub(crate) fn is_of_runtime(&self, node: Ordinal) -> Option<bool> {
        let (location, script) = self.of_node(node);
        location.map(|_| script.as_deref().is_some_and(is_own_code_of_runtime))
    }

    /// Where a function, or the constructor of an object, is written, and in which script.
    pub(crate) fn of_node(&self, node: Ordinal) -> (Option<Location>, Option<String>) {
        let (location, script) = source_of(self.graph, node);
        let by_number = || Some(self.name(location?.script_id)?.to_owned());
        (location, script.or_else(by_number))
    }
}

/// The names of scripts with these numbers, so far as the snapshot tells them. Cost: a pass over the functions, if any is
/// asked for.
pub fn script_names(graph: &Graph, numbers: &[u32]) -> HashMap<u32, String> {
    let scripts = Scripts::of(graph);
    let name = |&number: &u32| Some((number, scripts.name(number)?.to_owned()));
    numbers.iter().filter_map(name).collect()
}

/// Whose work something is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    pub(crate) location: Option<Location>,
    pub(crate) script: Option<String>,
    /// Where it was written before a bundler moved it, if a source map says so.
    pub(crate) original: Option<Original>,
    pub(crate) owner: Option<ObjectSummary>,
    /// Whether the owner is a variable at the top of a module, and no object of the program.
    is_variable: bool,
}

impl Source {
    /// The nearest object upwards from `node` on its path of which the snapshot knows where it is written, and which is
    /// not written in Node itself. Above a module lies whatever loaded it: there only the module's file is known. Variables
    /// of modules are passed over.
    pub(crate) fn of(scripts: &Scripts<'_>, path: Option<&RootPath>, node: Ordinal) -> Source {
        sources(scripts, path, node).find(|source| !source.is_variable).unwrap_or_default()
    }

    /// The same with the file alone where that is all that is known: a module of ECMAScript is written at the
    /// beginning of its file, which says nothing of what is in it.
    pub(crate) fn without_beginning(self) -> Source {
        match self.location {
            Some(at) if (at.line, at.column) == (0, 0) => {
                Source { script: self.script, ..Source::default() }
            }
            _ => self,
        }
    }

    /// Whether the owner is a variable at the top of a module.
    pub(crate) fn is_variable(&self) -> bool {
        self.is_variable
    }

    /// The file that it was written in, as far as that is known.
    pub(crate) fn file(&self) -> Option<&str> {
        self.original.as_ref().map(|original| &*original.file).or(self.script.as_deref())
    }

    /// The npm package, if it is of one.
    pub(crate) fn package(&self) -> Option<&str> {
        package_of(self.file()?)
    }
}

/// All that [`Source::of`] chooses the first of, upwards, and the variables at the top of modules.
pub(crate) fn sources(
    scripts: &Scripts<'_>,
    path: Option<&RootPath>,
    node: Ordinal,
) -> impl Iterator<Item = Source> {
    let steps = path.map(|path| path.steps.as_slice()).unwrap_or_default();
    // Each object upwards, with the edge that leads from it to the one below.
    let below = steps.iter().rev().map(|step| step.edge.as_ref());
    let above = steps.iter().rev().skip(1).map(|step| step.object.ordinal).zip(below);
    let mut nodes = std::iter::once((node, None)).chain(above);
    let mut passed = Passed::default();
    std::iter::from_fn(move || {
        while !passed.is_above_module {
            if let Some(module) = passed.module {
                passed.is_above_module = true;
                return of_text_module(scripts.graph, module);
            }
            let (node, edge) = nodes.next()?;
            if let Some(source) = passed.source(scripts, node, edge) {
                return Some(source);
            }
        }
        None
    })
}

/// What has been passed on the way upwards.
#[derive(Default)]
struct Passed<'a> {
    /// Whether a module has been: what lies above it loaded it, and is no owner.
    is_above_module: bool,
    /// The module of ECMAScript that has been reached.
    module: Option<Ordinal>,
    /// The edge that leads on from the object that the last edge led to.
    inside: Option<&'a EdgeLabel>,
    /// The nearest variable of a scope that has been passed since the last object, with the scope.
    variable: Option<(Ordinal, &'a EdgeLabel)>,
}

impl<'a> Passed<'a> {
    /// What the next node says, which `edge` leads down from.
    fn source(
        &mut self,
        scripts: &Scripts<'_>,
        node: Ordinal,
        edge: Option<&'a EdgeLabel>,
    ) -> Option<Source> {
        let graph = scripts.graph;
        let within = std::mem::replace(&mut self.inside, edge);
        // Any function of a bundle may hold the scope of all its files, and is no owner of what is in it.
        if let Some(source) = of_shared_scope(graph, node, edge) {
            self.is_above_module = true;
            return Some(source);
        }
        if let Some(source) = edge.and_then(|edge| of_variable(scripts, node, edge)) {
            return Some(source);
        }
        // What imports a module may hold the cells of its variables, and is no owner of them.
        if let Some(export) = edge.and_then(|_| export_of(graph, node)) {
            self.module = Some(export.module);
            return of_export(graph, node, export);
        }
        if is_text_module(graph, node) {
            self.module = Some(node);
            return None;
        }
        if let Some(edge) = edge.filter(|edge| edge.kind == EdgeType::Context) {
            self.variable = Some((node, edge));
        }
        let is_code = matches!(graph.node_type(node), NodeType::Closure | NodeType::Object);
        if !is_code || !is_program_object(graph, node) {
            return None;
        }
        let is_seen = edge.is_some_and(|edge| edge.name == SCOPE);
        let seen = self.variable.take().filter(|_| is_seen);
        if let Some(file) = file_of_module(graph, node) {
            self.is_above_module = true;
            let label = edge.and_then(|edge| exports_of(edge, within, &file));
            let owner = label.map(|label| ObjectSummary { label, ..describe(graph, node) });
            return Some(Source { script: Some(file), owner, ..Source::default() });
        }
        self.is_above_module = is_module_of_ecmascript(graph, node);
        of_code(scripts, node, seen)
    }
}

/// A scope that all files of a bundle share, as a source map tells them apart.
fn of_shared_scope(graph: &Graph, node: Ordinal, edge: Option<&EdgeLabel>) -> Option<Source> {
    let scope = graph.shared_scope(node)?;
    let original = edge.and_then(|edge| scope.variables.get(&edge.name)).cloned();
    let file = original.as_ref().map_or(&*scope.script, |original| &*original.file);
    let owner = edge.filter(|edge| edge.kind == EdgeType::Context).map(|edge| {
        let label = variable_in_file(graph, node, edge, file);
        ObjectSummary { label, ..describe(graph, node) }
    });
    let script = Some(scope.script.clone());
    Some(Source { script, original, owner, ..Source::default() })
}

/// A function or an object of the program; `seen` is the variable that a function sees of the scope around it.
fn of_code(
    scripts: &Scripts<'_>,
    node: Ordinal,
    seen: Option<(Ordinal, &EdgeLabel)>,
) -> Option<Source> {
    let graph = scripts.graph;
    let (location, script) = scripts.of_node(node);
    if script.as_deref().is_some_and(is_own_code_of_runtime) {
        return None;
    }
    let original = graph.original(location?).cloned();
    let function = describe(graph, node);
    let file = original.as_ref().map(|original| &*original.file).or(script.as_deref());
    let label = match (seen, file) {
        (Some((scope, variable)), Some(file)) if is_nameless(&function) => {
            variable_in_file(graph, scope, variable, file)
        }
        (Some((_, variable)), _) => format!("{} ({})", function.label, variable.text),
        (None, _) => function.label.clone(),
    };
    let owner = Some(ObjectSummary { label, ..function });
    Some(Source { location, script, original, owner, is_variable: false })
}

/// A module of ECMAScript, of which the file is known.
fn of_text_module(graph: &Graph, module: Ordinal) -> Option<Source> {
    let script = script_of_text_module(graph, module);
    let script = script.filter(|script| !is_own_code_of_runtime(script))?;
    Some(Source { script: Some(script), ..Source::default() })
}

/// A variable at the top of a module of the program, if the edge from a context is one. All functions of the module may hold
/// it: the file is said, and with a source map, which knows the file by its functions, the place of one.
fn of_variable(scripts: &Scripts<'_>, context: Ordinal, edge: &EdgeLabel) -> Option<Source> {
    if edge.kind != EdgeType::Context {
        return None;
    }
    let graph = scripts.graph;
    let (location, script) = scripts.of_node(part_of_module(graph, context)?);
    let script = script.filter(|script| !is_own_code_of_runtime(script))?;
    let inside = location.filter(|at| (at.line, at.column) != (0, 0));
    let original = inside.and_then(|at| graph.original(at)).cloned();
    let name = variable_name(graph, context, edge);
    let file = short_path(original.as_ref().map_or(&*script, |original| &*original.file));
    let kind = if is_script_scope(graph, context) { "script" } else { "module" };
    let label = format!("{kind} variable `{name}` of {file}");
    Some(Source {
        location: inside.filter(|_| original.is_some()),
        owner: Some(ObjectSummary { label, ..describe(graph, context) }),
        script: Some(script),
        original,
        is_variable: true,
    })
}

/// What a module of CommonJS exports, as the owner of what hangs on it; `None` if it hangs on something else of the module.
/// `within` leads on from its exports.
fn exports_of(edge: &EdgeLabel, within: Option<&EdgeLabel>, file: &str) -> Option<String> {
    if edge.name != "exports" {
        return None;
    }
    let file = short_path(file);
    let property = within.filter(|edge| edge.kind == EdgeType::Property);
    Some(match property {
        Some(property) => format!("exports{} of {file}", property.text),
        None => format!("module.exports of {file}"),
    })
}

/// What a function calls the scope that it was made in.
const SCOPE: &str = "context";

/// Whether the label of a function says nothing of it: any of those without a name may hold a variable's scope.
fn is_nameless(function: &ObjectSummary) -> bool {
    function.label.starts_with("(anonymous)")
}

/// A variable of a scope with the file that it is written in.
fn variable_in_file(graph: &Graph, scope: Ordinal, variable: &EdgeLabel, file: &str) -> String {
    let name = variable_name(graph, scope, variable);
    format!("variable `{name}` of {}", short_path(file))
}

/// A variable's name, with that before a minifier gave it another.
fn variable_name(graph: &Graph, scope: Ordinal, edge: &EdgeLabel) -> String {
    name_with_original(&edge.name, graph.original_variable(scope, &edge.name))
}

/// A variable that a module of ECMAScript exports, which its cell holds.
fn of_export(graph: &Graph, cell: Ordinal, export: Export) -> Option<Source> {
    let script = script_of_text_module(graph, export.module);
    let script = script.filter(|script| !is_own_code_of_runtime(script))?;
    let label = format!("module variable `{}` of {}", export.name?, short_path(&script));
    Some(Source {
        owner: Some(ObjectSummary { label, ..describe(graph, cell) }),
        script: Some(script),
        is_variable: true,
        ..Source::default()
    })
}

/// The end of a script's path that tells it from others: in an npm package from its name on, else the file and its folder.
pub(crate) fn short_path(script: &str) -> &str {
    let within = within_packages(script);
    if within.len() < script.len() {
        return within;
    }
    let separators = script.rmatch_indices(['/', '\\']).nth(1);
    separators.and_then(|(at, _)| script.get(at + 1..)).unwrap_or(script)
}

/// The file of a module of CommonJS.
pub(crate) fn file_of_module(graph: &Graph, node: Ordinal) -> Option<String> {
    if graph.class_name(node) != "Module" {
        return None;
    }
    let file = graph.edge_named(node, EdgeType::Property, "filename")?.to;
    // Put together from folder and name, it stays in two parts until somebody reads it.
    let is_text = matches!(graph.node_type(file), NodeType::String | NodeType::ConcatenatedString);
    is_text.then(|| display_name(graph, file))
}

/// Whether an object is what runs the top of a module of ECMAScript, which is written at the file's beginning.
fn is_module_of_ecmascript(graph: &Graph, node: Ordinal) -> bool {
    let is_beginning = graph.location(node).is_some_and(|at| (at.line, at.column) == (0, 0));
    is_beginning && graph.class_name(node) == "Generator"
}

/// Whether a script belongs to Node, Deno or Bun rather than to the program.
pub(crate) fn is_own_code_of_runtime(script: &str) -> bool {
    let others = ["ext:", "builtin://", "native "];
    is_own_code_of_node(script) || others.iter().any(|prefix| script.starts_with(prefix))
}

/// Whether a script is one of Node's own: `node:fs`, before Node 16 `fs.js` and `internal/timers.js`.
pub(crate) fn is_own_code_of_node(script: &str) -> bool {
    let is_old = || script.strip_suffix(".js").is_some_and(|name| BEFORE_NODE_16.contains(&name));
    ["node:", "internal/"].iter().any(|prefix| script.starts_with(prefix)) || is_old()
}

/// Node's own scripts without a directory, before they had `node:` in front: `require("module").builtinModules` of Node 12
/// and 14. A program may have a script of any other name without one (`worker.js` of workerd, scripts of `vm`).
const BEFORE_NODE_16: &[&str] = &[
    "_http_agent",
    "_http_client",
    "_http_common",
    "_http_incoming",
    "_http_outgoing",
    "_http_server",
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_wrap",
    "_stream_writable",
    "_tls_common",
    "_tls_wrap",
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

#[cfg(test)]
mod tests {
    use super::{is_own_code_of_runtime, short_path};

    #[test]
    fn scripts_of_the_runtime_are_known_by_their_names() {
        for script in
            ["node:fs", "internal/timers.js", "_http_server.js", "events.js", "ext:core/x.js"]
        {
            assert!(is_own_code_of_runtime(script), "{script}");
        }
        for script in [
            "/app/fs.js",
            "file:///app/fs.js",
            "lib\\fs.js",
            "fs.mjs",
            "worker.js",
            "bundle.js",
            "[eval]",
            "",
        ] {
            assert!(!is_own_code_of_runtime(script), "{script}");
        }
    }

    #[test]
    fn a_path_is_shortened_to_what_tells_its_file() {
        for (script, name) in [
            ("/srv/app/lib/cache.js", "lib/cache.js"),
            ("file:///srv/app/lib/cache.mjs", "lib/cache.mjs"),
            ("C:\\srv\\lib\\cache.js", "lib\\cache.js"),
            ("/srv/node_modules/ssh2/lib/protocol/crypto.js", "ssh2/lib/protocol/crypto.js"),
            ("/cache.js", "/cache.js"),
            ("cache.js", "cache.js"),
        ] {
            assert_eq!(short_path(script), name);
        }
    }
}
