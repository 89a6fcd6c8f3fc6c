//! `compare --by`: whose code holds more.

use heapglass_analysis::{AttributeBy, CodeGrowth, CodeSeries};
use schemars::JsonSchema;
use serde::Serialize;

use super::AttributeByEntry;
use super::objects::entries;

/// What `compare --by` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareCodeBody {
    /// What code is grouped by.
    pub by: AttributeByEntry,
    /// Number of matching groups, the ones beyond the limit included.
    pub group_count: u64,
    /// The groups, largest growth first.
    pub groups: Vec<CodeSeriesEntry>,
    /// Bytes of what no code holds alone, in each snapshot. With the sizes of all groups they add up to the heap.
    pub unattributed_sizes: Vec<u64>,
    /// Bytes of it that the last snapshot has more than the first.
    pub unattributed_delta: i64,
}

/// What a package or a file holds in each of several snapshots.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CodeSeriesEntry {
    /// Its name; `(application)`, `(Node.js)` and `(evaluated code)` for what is in no package.
    pub name: String,
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
            growth.groups.iter().filter(|group| matches(&group.name)).collect();
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
            name: group.name.clone(),
            held_sizes: group.held_sizes.clone(),
            size_delta: group.growth(),
        }
    }
}
