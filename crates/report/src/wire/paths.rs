//! `paths`: what keeps an object, or the objects of a class, alive.

use heapglass_analysis::{
    MergedPaths, ObjectSummary, PathBranch, PathStep, ProgramWay, RootPath, Row,
};
use heapglass_graph::ClassRow;
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{ClassEntry, EdgeEntry, ObjectEntry};

/// What `paths @id` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PathsBody {
    /// V8's id of the object.
    pub id: u64,
    /// The object itself.
    pub object: ObjectEntry,
    /// Paths that keep it alive, shortest first; empty if nothing but weak edges lead to it.
    pub paths: Vec<PathEntry>,
    /// A longer path that the program wrote down, where all of `paths` lead through Node's lists of native objects or through
    /// constants of compiled code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_path: Option<PathEntry>,
}

/// A path from a root to an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PathEntry {
    /// The path as one line.
    pub text: String,
    /// Its steps, the root first.
    pub steps: Vec<PathStepEntry>,
    /// Steps left out in the middle of a very long path.
    pub omitted: u64,
}

/// One object on a path.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PathStepEntry {
    /// The edge from the step before; `null` on the first.
    pub edge: Option<EdgeEntry>,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectEntry,
}

/// What `paths --class` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MergedPathsBody {
    /// The classes whose instances are the targets.
    pub classes: Vec<ClassEntry>,
    /// Number of targets.
    pub targets: u64,
    /// Number of targets without a path from any root.
    pub unreachable: u64,
    /// The way that most targets share, as one line; empty if they share none.
    pub common: String,
    /// The way by which the program holds most targets, where Node's lists of native objects hold them on a shorter one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_way: Option<ProgramWayEntry>,
    /// The merged paths as a tree, the branch with the most retained bytes first.
    pub paths: Vec<BranchEntry>,
    /// Topmost branches that are not in the list.
    pub hidden_paths: u64,
}

/// The way by which a program holds most of some objects.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProgramWayEntry {
    /// The way as one line.
    pub line: String,
    /// The object of the program that gathers them.
    pub gathered_at: ObjectEntry,
    /// Number of targets that are reached through it.
    pub gathered: u64,
    /// Whether that number, and the one in `line`, are estimates.
    pub gathered_is_estimate: bool,
}

/// Objects that are reached by the same names through the same classes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BranchEntry {
    /// 0 for the roots.
    pub depth: u32,
    /// The edge that leads here, element numbers and map positions taken out; `null` on top.
    pub edge: Option<EdgeEntry>,
    /// Class of the objects at this step.
    pub class_name: String,
    /// Number of objects at this step.
    pub count: u64,
    /// Number of targets that are reached through here.
    pub targets: u64,
    /// What those targets retain together.
    pub retained_size: u64,
    /// Whether targets themselves stand here.
    pub is_target: bool,
    /// One of the objects.
    pub example: ObjectEntry,
    /// Branches that exist and are not in the list.
    pub hidden_children: u64,
}

impl PathsBody {
    /// The paths to `object`, and one that the program wrote down, if there is one and those are not.
    pub fn new(
        object: &ObjectSummary,
        paths: &[RootPath],
        program_path: Option<&RootPath>,
    ) -> PathsBody {
        PathsBody {
            id: object.id.0,
            object: object.into(),
            paths: entries(paths),
            program_path: program_path.map(PathEntry::from),
        }
    }
}

impl MergedPathsBody {
    /// The merged paths to the instances of `classes`, with the program's way to them if another is shorter.
    pub fn new<'a>(
        classes: impl IntoIterator<Item = &'a ClassRow>,
        merged: &MergedPaths,
        program_way: Option<&ProgramWay>,
    ) -> MergedPathsBody {
        MergedPathsBody {
            classes: entries(classes),
            targets: merged.targets,
            unreachable: merged.unreachable,
            common: merged.common.clone(),
            program_way: program_way.map(ProgramWayEntry::from),
            paths: entries(&merged.rows),
            hidden_paths: merged.hidden,
        }
    }
}

impl From<&ProgramWay> for ProgramWayEntry {
    fn from(way: &ProgramWay) -> ProgramWayEntry {
        ProgramWayEntry {
            line: way.line.clone(),
            gathered_at: (&way.gathered_at).into(),
            gathered: way.gathered,
            gathered_is_estimate: way.is_estimate,
        }
    }
}

impl From<&RootPath> for PathEntry {
    fn from(path: &RootPath) -> PathEntry {
        PathEntry { text: path.text.clone(), steps: entries(&path.steps), omitted: path.omitted }
    }
}

impl From<&PathStep> for PathStepEntry {
    fn from(step: &PathStep) -> PathStepEntry {
        PathStepEntry {
            edge: step.edge.as_ref().map(EdgeEntry::from),
            object: (&step.object).into(),
        }
    }
}

impl From<&Row<PathBranch>> for BranchEntry {
    fn from(row: &Row<PathBranch>) -> BranchEntry {
        let branch = &row.item;
        BranchEntry {
            depth: row.depth,
            edge: branch.edge.as_ref().map(EdgeEntry::from),
            class_name: branch.class_name.clone(),
            count: branch.objects,
            targets: branch.targets,
            retained_size: branch.retained_size,
            is_target: branch.is_target,
            example: (&branch.example).into(),
            hidden_children: row.hidden_children,
        }
    }
}
