//! `leaks --by`: whose what goes on growing is.

use heapglass_analysis::{AttributeBy, LeakGroup};
use schemars::JsonSchema;
use serde::Serialize;

use super::AttributeByEntry;
use super::objects::entries;

/// The suspects by what holds them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeakGroupsEntry {
    /// What they are grouped by.
    pub by: AttributeByEntry,
    /// The groups that have suspects, the largest growth first.
    pub groups: Vec<LeakGroupEntry>,
}

/// A package, a file, a class … with what goes on growing in it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeakGroupEntry {
    /// Its name; `null` for what no group holds.
    pub name: Option<String>,
    /// The version of a package, where it is known.
    pub version: Option<String>,
    /// The folder of a package of which a heap has more than one copy with this name and version.
    pub folder: Option<String>,
    /// Ranks of its suspects.
    pub suspects: Vec<u32>,
    /// Bytes that these grow by for each interval, together.
    pub bytes_per_interval: f64,
    /// Bytes of which it is the nearest owner, in each snapshot.
    pub held_sizes: Vec<u64>,
}

impl LeakGroupsEntry {
    /// The groups as documents show them.
    pub fn new(groups: &[LeakGroup], by: AttributeBy) -> LeakGroupsEntry {
        LeakGroupsEntry { by: by.into(), groups: entries(groups) }
    }
}

impl From<&LeakGroup> for LeakGroupEntry {
    fn from(group: &LeakGroup) -> LeakGroupEntry {
        let rank = |&at: &usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        LeakGroupEntry {
            name: group.name.as_ref().map(|name| name.name.clone()),
            version: group.name.as_ref().and_then(|name| name.version.clone()),
            folder: group.name.as_ref().and_then(|name| name.folder.clone()),
            suspects: group.suspects.iter().map(rank).collect(),
            bytes_per_interval: group.bytes_per_interval,
            held_sizes: group.held_sizes.clone(),
        }
    }
}
