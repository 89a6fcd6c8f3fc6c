//! Classes: DevTools' rows of the Summary view.

use serde::{Deserialize, Serialize};

use crate::{ClassIndex, Distance};

/// One row of the Summary view, over all objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassRow {
    /// DevTools' class key: `scriptId,line,column,name` for located objects, else `,name`.
    pub class_key: String,
    /// What DevTools shows: constructor, `(string)`, `{a, b}` …
    pub class_name: String,
    /// What the class was called before a bundler or a minifier gave it this name, if a source map says so.
    #[serde(skip)]
    pub original_name: Option<String>,
    /// Number of instances with a shallow size above 0.
    pub count: u64,
    /// Smallest distance of the instances.
    pub distance: i32,
    /// Sum of the instances' shallow sizes, in bytes.
    pub shallow_size: u64,
    /// What would be freed with all instances: the sum of the retained sizes of those instances
    /// that no other instance of the class dominates, in bytes.
    pub retained_size: u64,
}

impl ClassRow {
    /// Whether the class has such a name, now or as it was written.
    pub fn is_named(&self, matches: impl Fn(&str) -> bool) -> bool {
        matches(&self.class_name) || self.original_name.as_deref().is_some_and(matches)
    }

    /// The smallest distance as DevTools shows it.
    pub fn distance(&self) -> Distance {
        Distance(self.distance)
    }
}

/// DevTools' key of a class: its name, after script id, line and column of the constructor where these are known.
pub(crate) fn class_key(place: Option<[u32; 3]>, class_name: &str) -> String {
    match place {
        None => format!(",{class_name}"),
        Some([script, line, column]) => format!("{script},{line},{column},{class_name}"),
    }
}

/// All classes; a node's [`ClassIndex`] is a position in it. Rows with count 0 exist (classes all
/// of whose instances have shallow size 0); DevTools does not show them.
#[derive(Debug, Clone, Default)]
pub struct ClassTable {
    /// The rows.
    pub rows: Vec<ClassRow>,
}

impl ClassTable {
    /// The row of a class; one without name and objects for a class that there is not.
    pub fn row(&self, class: ClassIndex) -> &ClassRow {
        static NONE: ClassRow = ClassRow {
            class_key: String::new(),
            class_name: String::new(),
            original_name: None,
            count: 0,
            distance: Distance::NONE.0,
            shallow_size: 0,
            retained_size: 0,
        };
        self.rows.get(class.index()).unwrap_or(&NONE)
    }

    /// Rows that DevTools shows, with their index.
    pub fn shown(&self) -> impl Iterator<Item = (ClassIndex, &ClassRow)> {
        (0..).map(ClassIndex).zip(&self.rows).filter(|(_, row)| row.count > 0)
    }
}
