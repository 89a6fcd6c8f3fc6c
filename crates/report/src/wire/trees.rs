//! `containment`, `dominators` and `retainers`: trees as rows.

use heapglass_analysis::{Child, Dominated, ObjectSummary, Retainer, Retainers, Row, Tree};
use heapglass_graph::Distance;
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{EdgeEntry, ObjectEntry};

/// What `containment` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContainmentBody {
    /// V8's id of the object the tree starts from.
    pub id: u64,
    /// The object itself.
    pub object: ObjectEntry,
    /// What it holds.
    pub containment: Vec<ContainmentRow>,
    /// Children of the object itself that are not in the list.
    pub hidden_children: u64,
}

/// A row of the containment tree.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContainmentRow {
    /// 0 for what the start holds itself.
    pub depth: u32,
    /// The edge that leads here.
    pub edge: EdgeEntry,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// Whether the object stands above itself in the tree; then it is not opened again.
    pub cycle: bool,
    /// Children that exist and are not in the list.
    pub hidden_children: u64,
}

/// What `dominators` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DominatorsBody {
    /// V8's id of the object the tree starts from.
    pub id: u64,
    /// The dominator tree, the start as its first row.
    pub dominators: Vec<DominatorRow>,
}

/// A row of the dominator tree: one object, or several siblings of one class.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DominatorRow {
    /// 0 for the start.
    pub depth: u32,
    /// 1 for a single object, else the number of siblings put together.
    pub count: u64,
    /// The object, or the one of the siblings that retains most.
    pub object: ObjectEntry,
    /// Shallow size, of all siblings together.
    pub shallow_size: u64,
    /// Retained size, of all siblings together.
    pub retained_size: u64,
    /// Children that exist and are not in the list.
    pub hidden_children: u64,
}

/// What `retainers` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RetainersBody {
    /// V8's id of the object.
    pub id: u64,
    /// The object itself.
    pub object: ObjectEntry,
    /// Its distance without the ignored objects; `null` where DevTools shows a dash.
    pub distance: Option<u32>,
    /// Whether no root reaches it without the ignored objects.
    pub unreachable: bool,
    /// Who holds it, nearest first; ignored and unreachable holders come last.
    pub retainers: Vec<RetainerRow>,
    /// Retainers of the object itself that are not in the list.
    pub hidden_children: u64,
}

/// A row of the retainer tree.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RetainerRow {
    /// 0 for what holds the object itself.
    pub depth: u32,
    /// The edge from this object to the one above it.
    pub edge: EdgeEntry,
    /// The holder.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// The holder's distance without the ignored objects; `null` where DevTools shows a dash.
    pub distance_in_view: Option<u32>,
    /// Whether the holder keeps nothing alive without the ignored objects: no root reaches it
    /// then, or it holds the value of a WeakMap whose key no root reaches.
    pub unreachable: bool,
    /// Whether the object stands above itself in the tree; then it is not opened again.
    pub cycle: bool,
    /// Whether the user asked to ignore it; then it is not opened.
    pub ignored: bool,
    /// Retainers that exist and are not in the list.
    pub hidden_children: u64,
}

impl ContainmentBody {
    /// The tree below `object`.
    pub fn new(object: &ObjectSummary, tree: &Tree<Child>) -> ContainmentBody {
        ContainmentBody {
            id: object.id.0,
            object: object.into(),
            containment: entries(&tree.rows),
            hidden_children: tree.hidden,
        }
    }
}

impl From<&Row<Child>> for ContainmentRow {
    fn from(row: &Row<Child>) -> ContainmentRow {
        ContainmentRow {
            depth: row.depth,
            edge: (&row.item.edge).into(),
            object: (&row.item.object).into(),
            cycle: row.item.cycle,
            hidden_children: row.hidden_children,
        }
    }
}

impl DominatorsBody {
    /// The tree from the object with id `id`.
    pub fn new(id: u64, rows: &[Row<Dominated>]) -> DominatorsBody {
        DominatorsBody { id, dominators: entries(rows) }
    }
}

impl From<&Row<Dominated>> for DominatorRow {
    fn from(row: &Row<Dominated>) -> DominatorRow {
        let (count, object, shallow_size) = match &row.item {
            Dominated::Object(object) => (1, object, object.shallow_size),
            Dominated::Group { count, shallow_size, largest, .. } => {
                (*count, &**largest, *shallow_size)
            }
        };
        DominatorRow {
            depth: row.depth,
            count,
            object: object.into(),
            shallow_size,
            retained_size: row.item.retained_size(),
            hidden_children: row.hidden_children,
        }
    }
}

impl RetainersBody {
    /// The retainers of `object`.
    pub fn new(object: &ObjectSummary, retainers: &Retainers) -> RetainersBody {
        RetainersBody {
            id: object.id.0,
            object: object.into(),
            distance: retainers.distance.and_then(Distance::shown),
            unreachable: retainers.unreachable,
            retainers: entries(&retainers.rows),
            hidden_children: retainers.hidden,
        }
    }
}

impl From<&Row<Retainer>> for RetainerRow {
    fn from(row: &Row<Retainer>) -> RetainerRow {
        RetainerRow {
            depth: row.depth,
            edge: (&row.item.edge).into(),
            object: (&row.item.object).into(),
            distance_in_view: row.item.distance.and_then(Distance::shown),
            unreachable: row.item.unreachable,
            cycle: row.item.cycle,
            ignored: row.item.ignored,
            hidden_children: row.hidden_children,
        }
    }
}
