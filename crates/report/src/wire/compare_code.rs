//! `compare --by`: who holds more.

use heapglass_analysis::{AttributeBy, CodeGrowth, CodeSeries};
use schemars::JsonSchema;
use serde::Serialize;

use super::AttributeByEntry;
use super::objects::entries;

/// What `compare --by` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareCodeBody {
    /// What it is grouped by.
    pub by: AttributeByEntry,
    /// Number of matching groups, the ones beyond the limit included.
    pub group_count: u64,
    /// The groups, largest growth first.
    pub groups: Vec<CodeSeriesEntry>,
    /// Bytes of what no group holds alone, in each snapshot. With the sizes of all groups they add up to the heap.
    pub unattributed_sizes: Vec<u64>,
    /// Bytes of it that the last snapshot has more than the first.
    pub unattributed_delta: i64,
}

/// What a package, a file, a class … holds in each of several snapshots.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CodeSeriesEntry {
    /// Its name; `(application)`, `(Node.js)`, `(evaluated code)` and `(other packages)` for what is in no package or
    /// plugin, `(shared)` for what several native contexts reach.
    pub name: String,
    /// The version of a package, where its path or its own package.json in the heap tells it.
    pub version: Option<String>,
    /// The folder of a package of which a heap has more than one copy with this name and version.
    pub folder: Option<String>,
    /// Bytes of which it is the nearest owner, in each snapshot.
    pub held_sizes: Vec<u64>,
    /// Bytes that it holds more in the last snapshot than in the first.
    pub size_delta: i64,
}

impl CompareCodeBody {
    /// The first `limit` of the groups for whose name `matches` holds.
    pub fn new(
        growth: &CodeGrowth,
        by: AttributeBy,
        matches: impl Fn(&str) -> bool,
        limit: Option<usize>,
    ) -> CompareCodeBody {
        let all: Vec<&CodeSeries> =
            growth.groups.iter().filter(|group| matches(&group.name.name)).collect();
        CompareCodeBody {
            by: by.into(),
            group_count: all.len() as u64,
            groups: entries(all.into_iter().take(limit.unwrap_or(usize::MAX))),
            unattributed_sizes: growth.unattributed_sizes.clone(),
            unattributed_delta: growth.unattributed_growth(),
        }
    }
}

impl From<&CodeSeries> for CodeSeriesEntry {
    fn from(group: &CodeSeries) -> CodeSeriesEntry {
        CodeSeriesEntry {
            name: group.name.name.clone(),
            version: group.name.version.clone(),
            folder: group.name.folder.clone(),
            held_sizes: group.held_sizes.clone(),
            size_delta: group.growth(),
        }
    }
}
