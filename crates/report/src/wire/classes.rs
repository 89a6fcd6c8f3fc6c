//! `statistics` and `summary`.

use std::collections::HashMap;

use heapglass_analysis::{Instances, Summary};
use heapglass_graph::{ClassRow, Statistics};
use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectEntry;
use super::objects::entries;

/// DevTools' Statistics view, in bytes; `total` is the sum of the others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatisticsEntry {
    /// The whole heap.
    pub total: u64,
    /// Compiled code.
    pub code: u64,
    /// Strings.
    pub strings: u64,
    /// Arrays with the element stores that only they use.
    pub js_arrays: u64,
    /// Backing stores of typed arrays and buffers, outside V8's heap.
    pub typed_arrays: u64,
    /// V8's hidden objects.
    pub system: u64,
    /// Every other object in V8's heap; negative only in damaged snapshots.
    pub other_js: i64,
    /// Other native memory.
    pub other_native: u64,
}

/// What `statistics` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatisticsBody {
    /// What the heap consists of.
    pub statistics: StatisticsEntry,
}

/// A row of DevTools' Summary view.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassEntry {
    /// `scriptId,line,column,name` for classes whose constructor's place is known, else `,name`.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
    /// Number of instances.
    pub count: u64,
    /// Smallest distance of the instances; `null` where DevTools shows a dash.
    pub distance: Option<u32>,
    /// Sum of the instances' shallow sizes.
    pub shallow_size: u64,
    /// Bytes that would be freed with all instances.
    pub retained_size: u64,
    /// Name of the script that the class is written in; for pages, and known only of classes that others have the name of.
    #[serde(skip)]
    pub script: Option<String>,
}

/// The numbers of the scripts of classes, each given by its name and its key, that have the name of another one among them.
pub fn scripts_of_namesakes<'a>(
    classes: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> Vec<u32> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for (name, _) in classes.clone() {
        *seen.entry(name).or_default() += 1;
    }
    let is_namesake = |(name, _): &(&str, &str)| seen.get(name).is_some_and(|&n| n > 1);
    classes.filter(is_namesake).filter_map(|(_, key)| script_of_key(key)).collect()
}

/// The number of the script in a class key; `None` for a class whose place is not known.
pub(crate) fn script_of_key(class_key: &str) -> Option<u32> {
    class_key.split(',').next()?.parse().ok()
}

/// Gives classes the names of their scripts, so far as `name` knows them by their numbers.
pub fn name_scripts(classes: &mut [ClassEntry], name: impl Fn(u32) -> Option<String>) {
    for class in classes {
        class.script = script_of_key(&class.class_key).and_then(&name);
    }
}

impl ClassEntry {
    /// What [`scripts_of_namesakes`] asks for.
    pub fn name_and_key(&self) -> (&str, &str) {
        (&self.class_name, &self.class_key)
    }
}

/// What `summary` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SummaryBody {
    /// Number of classes that match, the ones beyond the limit included.
    pub class_count: u64,
    /// Number of objects in all matching classes.
    pub object_count: u64,
    /// Sum of the shallow sizes in all matching classes.
    pub shallow_size: u64,
    /// The rows, sorted and limited.
    pub classes: Vec<ClassEntry>,
}

/// What `summary --objects` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InstancesBody {
    /// The classes whose instances these are; none if they are of any class.
    pub classes: Vec<ClassEntry>,
    /// Number of all instances, the ones beyond the limit included.
    pub object_count: u64,
    /// Sum of the shallow sizes of all instances.
    pub shallow_size: u64,
    /// The instances, largest retained size first, or most edges first.
    pub objects: Vec<ObjectEntry>,
}

impl From<&Statistics> for StatisticsEntry {
    fn from(statistics: &Statistics) -> StatisticsEntry {
        let &Statistics {
            total,
            code,
            strings,
            js_arrays,
            typed_arrays,
            system,
            other_js,
            other_native,
        } = statistics;
        StatisticsEntry {
            total,
            code,
            strings,
            js_arrays,
            typed_arrays,
            system,
            other_js,
            other_native,
        }
    }
}

impl From<&ClassRow> for ClassEntry {
    fn from(row: &ClassRow) -> ClassEntry {
        ClassEntry {
            class_key: row.class_key.clone(),
            class_name: row.class_name.clone(),
            original_name: row.original_name.clone(),
            count: row.count,
            distance: row.distance().shown(),
            shallow_size: row.shallow_size,
            retained_size: row.retained_size,
            script: None,
        }
    }
}

impl From<&Summary> for SummaryBody {
    fn from(summary: &Summary) -> SummaryBody {
        SummaryBody {
            class_count: summary.class_count,
            object_count: summary.object_count,
            shallow_size: summary.shallow_size,
            classes: entries(summary.rows.iter().map(|row| &row.row)),
        }
    }
}

impl InstancesBody {
    /// The instances of `classes`.
    pub fn new<'a>(
        classes: impl IntoIterator<Item = &'a ClassRow>,
        instances: &Instances,
    ) -> InstancesBody {
        let mut objects: Vec<ObjectEntry> = entries(&instances.objects);
        let counts = instances.edge_counts.iter().flatten();
        for (object, &count) in objects.iter_mut().zip(counts) {
            object.edge_count = Some(count);
        }
        InstancesBody {
            classes: entries(classes),
            object_count: instances.count,
            shallow_size: instances.shallow_size,
            objects,
        }
    }
}
