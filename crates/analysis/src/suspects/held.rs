//! By what people know an object whose own name says little, as `Map` or `{}`: what holds it, and how.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};

use super::{Suspect, SuspectKind};
use crate::edge::internal;
use crate::holder::owner_of;
use crate::names::short_name;
use crate::object::is_context;
use crate::paths::way_to;
use crate::source::{Scripts, file_of_module, short_path};
use crate::{EdgeLabel, ObjectSummary, edge_label};

/// Retainers that are looked at for what a text or a scope belongs to.
const MAX_RETAINERS: usize = 64;

/// An object, and what holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldObject {
    /// The object.
    pub object: ObjectSummary,
    /// What holds it, see [`held_as`].
    pub held_as: Option<String>,
}

/// What holds an object on the way that keeps it alive: `.routes in App`, `variable cache`, `entry in Map`, of a scope
/// `scope around f()`, of the text of a script `source of lib/app.js`, of what a file exports
/// `module.exports of lib/app.js`; `None` where no root leads to it.
/// Cost: as that of [`crate::path_to`].
pub fn held_as(graph: &Graph, object: Ordinal) -> Option<String> {
    let edge = way_to(graph, object)?.pop()?;
    let holder = edge.from;
    let EdgeLabel { name, text, .. } = edge_label(graph, edge);
    match graph.node_type(holder) {
        NodeType::Array => {
            let Some(owner) = owner_of(graph, holder) else {
                return Some(format!("{text} in {}", short_name(graph, holder)));
            };
            let how = owner.how.text(graph, owner.node);
            Some(format!("{how} in {}", short_name(graph, owner.node)))
        }
        NodeType::Code if name == "source" => source_of_script(graph, holder),
        // A scope has no name of its own.
        _ if edge.edge_type == EdgeType::Context => Some(text),
        _ if name == "context" && is_context(graph, object) => {
            Some(format!("scope around {}", short_name(graph, holder)))
        }
        _ if holder == graph.root() => None,
        // Every file has a module of CommonJS, and they are all called the same.
        _ => Some(match (file_of_module(graph, holder), &*name) {
            (Some(file), "exports") => format!("module.exports of {}", short_path(&file)),
            (Some(file), _) => format!("{text} in module {}", short_path(&file)),
            (None, _) => format!("{text} in {}", short_name(graph, holder)),
        }),
    }
}

/// What to call the text of a script, by its node of code.
fn source_of_script(graph: &Graph, script: Ordinal) -> Option<String> {
    Some(format!("source of {}", name_of_script(graph, script)?))
}

/// The end of a script's path that tells it from others, by its node of code.
pub(crate) fn name_of_script(graph: &Graph, script: Ordinal) -> Option<String> {
    let name = internal(graph, script, "name")?;
    let is_text = graph.node_type(name) == NodeType::String;
    is_text.then(|| short_path(&graph.raw_name(name)).to_owned())
}

/// Calls a single object that has no name of its own by the script that it belongs to: `source of lib/app.js` the text of
/// one, which no object of the program owns, and `scope in lib/app.js` the variables of a function.
pub(super) fn name_by_script(graph: &Graph, scripts: &Scripts<'_>, suspect: &mut Suspect) {
    let SuspectKind::Object { object, accumulation } = &mut suspect.kind else { return };
    let text = text_of_script(graph, object.ordinal);
    if text.is_some() {
        (suspect.owner, suspect.location, suspect.script, suspect.original) =
            (None, None, None, None);
    }
    if let Some(name) = text.or_else(|| scope_in_script(graph, scripts, object.ordinal)) {
        object.label = format!("{name} {}", object.id);
    }
    let at = &mut accumulation.object;
    let text = text_of_script(graph, at.ordinal);
    if let Some(name) = text.or_else(|| scope_in_script(graph, scripts, at.ordinal)) {
        at.label = format!("{name} {}", at.id);
    }
}

fn text_of_script(graph: &Graph, text: Ordinal) -> Option<String> {
    if graph.node_type(text) != NodeType::String {
        return None;
    }
    let mut scripts = inner_retainers(graph, text, "source");
    let script = scripts.find(|edge| graph.node_type(edge.from) == NodeType::Code)?;
    source_of_script(graph, script.from)
}

fn scope_in_script(graph: &Graph, scripts: &Scripts<'_>, scope: Ordinal) -> Option<String> {
    if !is_context(graph, scope) {
        return None;
    }
    let mut functions = inner_retainers(graph, scope, "context");
    let function = functions.find(|edge| graph.node_type(edge.from) == NodeType::Closure)?;
    let script = scripts.of_function(function.from)?;
    Some(format!("scope in {}", short_path(&script)))
}

/// The first internal edges of a name that lead to a node.
fn inner_retainers<'a>(
    graph: &'a Graph,
    node: Ordinal,
    name: &'a str,
) -> impl Iterator<Item = Edge> + 'a {
    let is_named =
        move |edge: &Edge| edge.edge_type == EdgeType::Internal && graph.edge_name(*edge) == name;
    graph.retainers(node).take(MAX_RETAINERS).filter(is_named)
}
