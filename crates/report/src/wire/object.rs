//! `object`: one object in readable form.

use heapglass_analysis::{
    CollectionKind, ContextVariable, Elements, Field, MapEntry, ObjectReport, ObjectSummary,
    StringValue,
};
use heapglass_graph::StackFrame;
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{DetailEntry, EdgeEntry, LocationEntry, ObjectEntry, StackFrameEntry, allocations};

/// What `object` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ObjectBody {
    /// V8's id of the object.
    pub id: u64,
    /// The object.
    pub object: ObjectDetail,
}

/// One object with all that is known of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ObjectDetail {
    /// Names and figures.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// The value in short: `"text"`, `42`, `Session @123`.
    pub value: String,
    /// For strings whose text the snapshot holds: the text. It holds none of sliced strings.
    pub string: Option<StringEntry>,
    /// What else the snapshot tells of an object of this kind.
    pub details: Vec<DetailEntry>,
    /// Whether it is a Map, Set, WeakMap, WeakSet or their table. Entries of nothing but small
    /// integers, `true`, `false`, `null` and `undefined` are not in a snapshot.
    pub is_collection: bool,
    /// What it is, or its owner is, if it is one of those.
    pub collection: Option<CollectionEntry>,
    /// Where its constructor, or the function itself, is written.
    pub location: Option<LocationEntry>,
    /// What dominates it; `null` for the root.
    pub dominator: Option<ObjectEntry>,
    /// Number of nodes it retains, itself included.
    pub retained_count: u64,
    /// Number of edges into it.
    pub retainer_count: u64,
    /// Number of edges out of it.
    pub edge_count: u64,
    /// The native context it belongs to, if that can be told from the object alone.
    pub native_context: Option<ObjectEntry>,
    /// For functions.
    pub function: Option<FunctionEntry>,
    /// Its prototype.
    pub prototype: Option<ObjectEntry>,
    /// Named properties, in order.
    pub properties: Vec<FieldEntry>,
    /// Properties that are not in the list.
    pub more_properties: u64,
    /// Elements.
    pub elements: ElementsEntry,
    /// Entries of a Map, Set, WeakMap or WeakSet.
    pub entries: Vec<MapEntryEntry>,
    /// Entries that are not in the list.
    pub more_entries: u64,
    /// For contexts: their variables.
    pub variables: Vec<ContextVariableEntry>,
    /// Internal, hidden, shortcut and weak edges, if asked for.
    pub internals: Vec<FieldEntry>,
    /// Edges of those kinds that are not in the list.
    pub more_internals: u64,
    /// In recordings of allocations: the calls during which it was allocated, innermost first.
    pub allocation_stack: Vec<StackFrameEntry>,
}

/// A kind of collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollectionEntry {
    /// A Map.
    Map,
    /// A Set.
    Set,
    /// A WeakMap.
    WeakMap,
    /// A WeakSet.
    WeakSet,
}

/// A value: its text in short and its object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ValueEntry {
    /// The value in short; `null` where the snapshot does not hold it: a small integer, `true`, `false`, `null`, `undefined`.
    pub value: Option<String>,
    /// Its object.
    pub object: Option<ObjectEntry>,
}

/// An edge to a value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FieldEntry {
    /// The edge.
    pub edge: EdgeEntry,
    /// The value in short.
    pub value: String,
    /// Its object.
    pub object: ObjectEntry,
}

/// Elements of an array.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ElementsEntry {
    /// Number of elements that are objects; small integers and holes are not in a snapshot.
    pub count: u64,
    /// The array's length, where the snapshot knows it.
    pub length: Option<u64>,
    /// The first of them.
    pub items: Vec<FieldEntry>,
}

/// An entry of a Map, Set, WeakMap or WeakSet.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MapEntryEntry {
    /// The key.
    pub key: ValueEntry,
    /// The value; without text and object for sets.
    pub value: ValueEntry,
}

/// A variable that a function sees.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContextVariableEntry {
    /// Its name.
    pub name: String,
    /// What it was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
    /// Scopes between the function and the variable: 0 is the function's own context.
    pub scope: u32,
    /// The value in short.
    pub value: String,
    /// Its object.
    pub object: ObjectEntry,
}

/// What is known of a function.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FunctionEntry {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Name of the script it is written in.
    pub script: Option<String>,
    /// The variables it sees, the nearest scope first.
    pub variables: Vec<ContextVariableEntry>,
    /// Variables that are not in the list.
    pub more_variables: u64,
}

/// A string's text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StringEntry {
    /// The text as far as the snapshot holds it.
    pub text: String,
    /// Length of the whole string in UTF-16 units, where the snapshot knows it.
    pub length: Option<u64>,
    /// Whether `text` is less than the whole.
    pub truncated: bool,
}

impl ObjectBody {
    /// The document of an object, allocated during the calls of `stack`.
    pub fn new(report: &ObjectReport, stack: &[StackFrame]) -> ObjectBody {
        ObjectBody { id: report.object.id.0, object: ObjectDetail::new(report, stack) }
    }
}

impl ObjectDetail {
    fn new(report: &ObjectReport, stack: &[StackFrame]) -> ObjectDetail {
        let (script, original) = (report.script.as_deref(), report.original.as_ref());
        let location = report.location.map(|at| LocationEntry::new(at, script, original));
        ObjectDetail {
            object: (&report.object).into(),
            value: report.value.clone(),
            string: report.string.as_ref().map(StringEntry::from),
            details: entries(&report.details),
            is_collection: report.collection.is_some(),
            collection: report.collection.map(CollectionEntry::from),
            location,
            dominator: report.dominator.as_ref().map(ObjectEntry::from),
            retained_count: u64::from(report.retained_count),
            retainer_count: report.retainer_count,
            edge_count: report.edge_count,
            native_context: report.native_context.as_ref().map(ObjectEntry::from),
            function: report.closure.as_ref().map(|closure| FunctionEntry {
                name: closure.name.clone(),
                script: closure.script.clone(),
                variables: entries(&closure.variables),
                more_variables: closure.more_variables,
            }),
            prototype: report.prototype.as_ref().map(ObjectEntry::from),
            properties: entries(&report.properties),
            more_properties: report.more_properties,
            elements: (&report.elements).into(),
            entries: entries(&report.entries),
            more_entries: report.more_entries,
            variables: entries(&report.variables),
            internals: entries(&report.internals),
            more_internals: report.more_internals,
            allocation_stack: allocations::stack(stack),
        }
    }
}

impl From<CollectionKind> for CollectionEntry {
    fn from(kind: CollectionKind) -> CollectionEntry {
        match kind {
            CollectionKind::Map => CollectionEntry::Map,
            CollectionKind::Set => CollectionEntry::Set,
            CollectionKind::WeakMap => CollectionEntry::WeakMap,
            CollectionKind::WeakSet => CollectionEntry::WeakSet,
        }
    }
}

impl From<&Field> for FieldEntry {
    fn from(field: &Field) -> FieldEntry {
        FieldEntry {
            edge: (&field.edge).into(),
            value: field.value.clone(),
            object: (&field.object).into(),
        }
    }
}

impl From<&Elements> for ElementsEntry {
    fn from(elements: &Elements) -> ElementsEntry {
        ElementsEntry {
            count: elements.count,
            length: elements.length,
            items: entries(&elements.items),
        }
    }
}

impl From<&MapEntry> for MapEntryEntry {
    fn from(entry: &MapEntry) -> MapEntryEntry {
        MapEntryEntry {
            key: ValueEntry::new(entry.key.as_ref(), entry.key_object.as_ref()),
            value: ValueEntry::new(entry.value.as_ref(), entry.value_object.as_ref()),
        }
    }
}

impl ValueEntry {
    fn new(value: Option<&String>, object: Option<&ObjectSummary>) -> ValueEntry {
        ValueEntry { value: value.cloned(), object: object.map(ObjectEntry::from) }
    }
}

impl From<&ContextVariable> for ContextVariableEntry {
    fn from(variable: &ContextVariable) -> ContextVariableEntry {
        ContextVariableEntry {
            name: variable.name.clone(),
            original_name: variable.original_name.clone(),
            scope: variable.scope,
            value: variable.value.clone(),
            object: (&variable.object).into(),
        }
    }
}

impl From<&StringValue> for StringEntry {
    fn from(string: &StringValue) -> StringEntry {
        StringEntry {
            text: string.text.clone(),
            length: string.length,
            truncated: string.truncated,
        }
    }
}
