//! Which rows of a comparison to show, and in which order.

use std::cmp::Ordering;

use regex::Regex;

use super::ClassChange;
use super::originals::is_named;
use crate::Result;
use crate::summary::{ClassNames, called};

/// What the rows are sorted by. Sizes and counts go down, names up; equal rows stay in order of their
/// class key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChangeSort {
    /// By how many bytes the class grew, in new objects and old ones, then by how many it shrank; classes that take as much as
    /// before come last.
    #[default]
    Growth,
    /// Class name.
    Name,
    /// New objects.
    New,
    /// Deleted objects.
    Deleted,
    /// New minus deleted objects.
    Delta,
    /// Size of the new objects.
    Allocated,
    /// Size of the deleted objects.
    Freed,
    /// Allocated minus freed.
    SizeDelta,
    /// By how many bytes objects grew that were there before.
    Grown,
}

/// What rows are sorted by of which nothing is known but how many objects came and what they take. Equal rows stay in order
/// of their class key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GrowthSort {
    /// Bytes that came, the most first.
    #[default]
    Growth,
    /// Class name.
    Name,
    /// Objects that came, the most first.
    Delta,
}

impl ChangeSort {
    /// The same order for rows in which no object is known to be new, deleted or grown; `None` if it is by one of these.
    pub fn by_growth(self) -> Option<GrowthSort> {
        match self {
            ChangeSort::Growth | ChangeSort::SizeDelta => Some(GrowthSort::Growth),
            ChangeSort::Name => Some(GrowthSort::Name),
            ChangeSort::Delta => Some(GrowthSort::Delta),
            ChangeSort::New
            | ChangeSort::Deleted
            | ChangeSort::Allocated
            | ChangeSort::Freed
            | ChangeSort::Grown => None,
        }
    }
}

/// Rows of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The rows, sorted and limited.
    pub rows: Vec<ClassChange>,
    /// Number of matching classes that changed, the ones beyond the limit included.
    pub class_count: u64,
    /// The one of them that grew most in bytes, if any grew; of several the first by class key.
    pub grown_most: Option<ClassChange>,
    /// The one of them that shrank most in bytes, if any shrank; of several the first by class key.
    pub shrunk_most: Option<ClassChange>,
}

/// The classes that changed and whose name matches, in this order, at most `limit`.
pub fn select_changes(
    classes: &[ClassChange],
    pattern: Option<&Regex>,
    sort: ChangeSort,
    limit: Option<usize>,
) -> Selected {
    let matches = |row: &&ClassChange| {
        row.is_change() && is_named(pattern, &row.class_name, row.original_name.as_ref())
    };
    let mut rows: Vec<&ClassChange> = classes.iter().filter(matches).collect();
    let class_count = rows.len() as u64;
    let grown = rows.iter().filter(|row| row.growth() > 0);
    let most = grown
        .min_by(|a, b| b.growth().cmp(&a.growth()).then_with(|| a.class_key.cmp(&b.class_key)));
    let grown_most = most.copied().cloned();
    let shrunk = rows.iter().filter(|row| row.growth() < 0);
    let most = shrunk
        .min_by(|a, b| a.growth().cmp(&b.growth()).then_with(|| a.class_key.cmp(&b.class_key)));
    let shrunk_most = most.copied().cloned();
    rows.sort_by(|a, b| {
        let (a_objects, b_objects) = (a.objects.unwrap_or_default(), b.objects.unwrap_or_default());
        let order = match sort {
            ChangeSort::Growth => by_growth(a, b),
            ChangeSort::Name => a.class_name.cmp(&b.class_name),
            ChangeSort::New => b_objects.new_count.cmp(&a_objects.new_count),
            ChangeSort::Deleted => b_objects.deleted_count.cmp(&a_objects.deleted_count),
            ChangeSort::Delta => b.count_delta().cmp(&a.count_delta()),
            ChangeSort::Allocated => b_objects.allocated_size.cmp(&a_objects.allocated_size),
            ChangeSort::Freed => b_objects.freed_size.cmp(&a_objects.freed_size),
            ChangeSort::SizeDelta => b.size_delta().cmp(&a.size_delta()),
            ChangeSort::Grown => b_objects.grown_size.cmp(&a_objects.grown_size),
        };
        order.then_with(|| a.class_key.cmp(&b.class_key))
    });
    rows.truncate(limit.unwrap_or(usize::MAX));
    Selected { rows: rows.into_iter().cloned().collect(), class_count, grown_most, shrunk_most }
}

/// What grew, most first, then what shrank, most first, then classes whose objects only turned over: of those every heap has
/// many, and a page that is cut off has to show what shrank.
fn by_growth(a: &ClassChange, b: &ClassChange) -> Ordering {
    let place = |row: &ClassChange| match row.growth().signum() {
        1 => 0,
        -1 => 1,
        _ => 2,
    };
    let amount = |row: &ClassChange| row.growth().unsigned_abs();
    place(a).cmp(&place(b)).then_with(|| amount(b).cmp(&amount(a)))
}

/// Positions of the classes that are called so, by the rules of [`find_classes`](crate::find_classes). An error if there
/// is none.
pub fn find_changes(classes: &[ClassChange], name: &str) -> Result<Vec<usize>> {
    called(|| classes.iter().map(ClassNames::from).enumerate(), name)
}

impl<'a> From<&'a ClassChange> for ClassNames<'a> {
    fn from(row: &'a ClassChange) -> ClassNames<'a> {
        ClassNames {
            key: &row.class_key,
            name: &row.class_name,
            original: row.original_name.as_deref(),
        }
    }
}
