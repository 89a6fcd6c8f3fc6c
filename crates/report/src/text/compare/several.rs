//! The pages about more than two snapshots.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::{ComparisonPage, Names, delta, signed_count};
use crate::text::heading::section;
use crate::text::leaks::write_suspect;
use crate::text::numbers::{count, counted};
use crate::text::prose::{paragraph, rows_footer};
use crate::text::table::{Cell, Kind, Table};
use crate::text::{Look, Role};
use crate::wire::{CompareControlBody, CompareSeriesBody, LeakSuspectEntry, SnapshotEntry};

/// Titles of the counts and sizes of each snapshot; beyond, only the first and last are shown.
const COUNTS: [&str; 6] = ["Count 1", "Count 2", "Count 3", "Count 4", "Count 5", "Count 6"];
const SIZES: [&str; 6] = ["Size 1", "Size 2", "Size 3", "Size 4", "Size 5", "Size 6"];

const APART: &str = "The snapshots are not all of one process: classes are matched by their name \
     and the place of their source.";

const NOT_FOLLOWED: &str = "Who holds what grows in the treatment alone cannot be said: it takes two snapshots of one \
     process on either side.";
const NOTHING_BEYOND: &str = "No object gathers more that does not in the control.";
const NONE_MATCHES: &str = "No object gathers more of a class that matches and does not in the control; what others gather \
     is left out.";

impl ComparisonPage for CompareSeriesBody {
    fn write_page(
        &self,
        snapshots: &[SnapshotEntry],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        totals(snapshots, look, out)?;
        if let Some(most) = &self.grown_most {
            let text = format!(
                "From the first to the last, {} grew most: by {}{}.",
                name_with_original(&most.class_name, most.original_name.as_deref()),
                look.size_in_words(most.size_delta.unsigned_abs()),
                objects(most.count_delta)
            );
            paragraph(&text, look, out)?;
        }
        let classes = Classes {
            same_process: self.same_process,
            all: self.class_count,
            shown: self.classes.len(),
            none: "No class matches.",
        };
        classes.write(|| series_table(self, snapshots.len(), look), look, out)
    }
}

impl ComparisonPage for CompareControlBody {
    fn write_page(
        &self,
        snapshots: &[SnapshotEntry],
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let signed = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
        let of_control = usize::try_from(self.control_count).unwrap_or(usize::MAX);
        let sides = snapshots.split_at_checked(of_control).unwrap_or_default();
        if let ([first_a, .., last_a], [first_b, .., last_b]) = sides {
            let grown = |first: &SnapshotEntry, last: &SnapshotEntry| {
                signed(last.total_size).saturating_sub(signed(first.total_size))
            };
            let (control, treatment) = (grown(first_a, last_a), grown(first_b, last_b));
            let text = format!(
                "The heap changed by {} in the treatment and by {} in the control: {} beyond it.",
                delta(treatment, look),
                delta(control, look),
                delta(treatment.saturating_sub(control), look)
            );
            paragraph(&text, look, out)?;
        }
        if let Some(most) = &self.grown_most {
            let text = format!(
                "{} grew most beyond the control: by {}{}.",
                name_with_original(&most.class_name, most.original_name.as_deref()),
                look.size_in_words(most.size_delta.unsigned_abs()),
                objects(most.count_delta)
            );
            paragraph(&text, look, out)?;
        }
        let classes = Classes {
            same_process: self.same_process,
            all: self.class_count,
            shown: self.classes.len(),
            none: "No class that matches has changed.",
        };
        classes.write(|| control_table(self, look), look, out)?;
        write_suspects(self.suspects.as_deref(), self.is_filtered, look, out)
    }
}

/// What leaks in the treatment alone, or why that cannot be told.
fn write_suspects(
    suspects: Option<&[LeakSuspectEntry]>,
    is_filtered: bool,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(suspects) = suspects else {
        writeln!(out)?;
        return paragraph(NOT_FOLLOWED, look, out);
    };
    if suspects.is_empty() {
        writeln!(out)?;
        let text = if is_filtered { NONE_MATCHES } else { NOTHING_BEYOND };
        return paragraph(text, look, out);
    }
    section("What grows in the treatment and not in the control", look, out)?;
    for suspect in suspects {
        writeln!(out)?;
        write_suspect(suspect, look, out)?;
    }
    Ok(())
}

/// What both pages say of their classes: how they are matched, those that are shown, how many there are.
struct Classes {
    same_process: bool,
    /// Number of all that match.
    all: u64,
    /// Number of those in the table.
    shown: usize,
    /// What is said if there are none.
    none: &'static str,
}

impl Classes {
    fn write(
        &self,
        table: impl FnOnce() -> Table,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !self.same_process {
            paragraph(APART, look, out)?;
        }
        if self.all == 0 {
            return writeln!(out, "\n{}", self.none);
        }
        writeln!(out)?;
        table().write(look, out)?;
        let all = counted(self.all, "class", "classes");
        rows_footer(self.shown, self.all, &all, "class", look, out)
    }
}

/// Writes the totals of the snapshots.
pub(super) fn totals(
    snapshots: &[SnapshotEntry],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let totals: Vec<String> = snapshots.iter().map(|s| look.size_in_words(s.total_size)).collect();
    let sizes: Vec<u64> = snapshots.iter().map(|s| s.total_size).collect();
    paragraph(&format!("The heap had {} {}", totals.join(", then "), trend(&sizes)), look, out)
}

/// Positions of the snapshots that have columns: all, or the ends if they are more than `most`.
pub(super) fn shown_snapshots(snapshots: usize, most: usize) -> Vec<usize> {
    match snapshots {
        all if all <= most => (0..all).collect(),
        many => vec![0, many - 1],
    }
}

/// How many objects came with a growth, if any did.
fn objects(delta: i64) -> String {
    match delta {
        0 => String::new(),
        delta => format!(" and {} objects", signed_count(delta)),
    }
}

fn series_table(body: &CompareSeriesBody, snapshots: usize, look: &Look) -> Table {
    let shown = shown_snapshots(snapshots, COUNTS.len());
    let title = |titles: [&'static str; 6], at: usize, many: &'static str| {
        if snapshots <= titles.len() { titles.get(at).copied().unwrap_or(many) } else { many }
    };
    let mut columns = vec![("Class", Kind::Text), ("Trend", Kind::Text)];
    let many =
        |at: usize, first: &'static str, last: &'static str| if at == 0 { first } else { last };
    columns.extend(
        shown.iter().map(|&at| (title(COUNTS, at, many(at, "First", "Last")), Kind::Number)),
    );
    columns.extend(
        shown
            .iter()
            .map(|&at| (title(SIZES, at, many(at, "First size", "Last size")), Kind::Number)),
    );
    columns.push(("Delta", Kind::Number));
    columns.push(("Growth", Kind::Number));
    // The counts go first, the middle ones before the others, then the sizes in the same way.
    let middle_first = |from: usize| {
        let last = shown.len().saturating_sub(1);
        (1..last).chain([0, last]).map(move |at| from + at).collect::<Vec<_>>()
    };
    let mut optional = middle_first(2);
    optional.extend(middle_first(2 + shown.len()));
    optional.push(columns.len() - 2);
    let mut table = Table::new(columns).optional(&optional);
    let classes = body.classes.iter().map(|class| class.class_name.as_str());
    let names = Names::of(classes, &body.script_names);
    for class in &body.classes {
        let at = |list: &[u64], at: usize| list.get(at).copied().unwrap_or(0);
        let mut cells = vec![
            names.cell(&class.class_name, class.original_name.as_deref(), &class.class_key),
            Cell::kept(Role::Class, trend(&class.sizes)),
        ];
        cells.extend(shown.iter().map(|&s| Cell::plain(count(at(&class.counts, s)))));
        cells.extend(shown.iter().map(|&s| Cell::plain(look.size(at(&class.sizes, s)))));
        cells.push(Cell::plain(signed_count(class.count_delta)));
        cells.push(Cell::plain(delta(class.size_delta, look)));
        table.row(cells);
    }
    table
}

fn control_table(body: &CompareControlBody, look: &Look) -> Table {
    let number = Kind::Number;
    let mut table = Table::new(vec![
        ("Class", Kind::Text),
        ("Control", number),
        ("Treatment", number),
        ("Beyond", number),
        ("Control size", number),
        ("Treatment size", number),
        ("Size beyond", number),
    ])
    .optional(&[1, 2, 4, 5, 3]);
    let classes = body.classes.iter().map(|class| class.class_name.as_str());
    let names = Names::of(classes, &body.script_names);
    for class in &body.classes {
        table.row(vec![
            names.cell(&class.class_name, class.original_name.as_deref(), &class.class_key),
            Cell::plain(signed_count(class.control_count_delta)),
            Cell::plain(signed_count(class.treatment_count_delta)),
            Cell::plain(signed_count(class.count_delta)),
            Cell::plain(delta(class.control_size_delta, look)),
            Cell::plain(delta(class.treatment_size_delta, look)),
            Cell::plain(delta(class.size_delta, look)),
        ]);
    }
    table
}

/// Eight heights from the smallest to the largest value, at most eight of them; a row of equal values
/// is flat.
pub(super) fn trend(values: &[u64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = values.len().min(HEIGHTS.len());
    let shown = (0..columns).filter_map(|at| {
        // The first and last value always stand at the ends.
        let position = if columns > 1 { at * (values.len() - 1) / (columns - 1) } else { 0 };
        values.get(position).copied()
    });
    let (low, high) = (values.iter().min().copied(), values.iter().max().copied());
    let (low, span) = (low.unwrap_or(0), high.unwrap_or(0) - low.unwrap_or(0));
    let height = |value: u64| {
        if span == 0 {
            return HEIGHTS[0];
        }
        let at = u128::from(value - low) * 7 / u128::from(span);
        HEIGHTS.get(at as usize).copied().unwrap_or(HEIGHTS[7])
    };
    shown.map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::trend;

    #[test]
    fn trends_go_from_the_smallest_to_the_largest() {
        assert_eq!(trend(&[0, 7, 14]), "▁▄█");
        assert_eq!(trend(&[5, 5, 5]), "▁▁▁");
        assert_eq!(trend(&[9, 1]), "█▁");
        assert_eq!(trend(&(0..100).collect::<Vec<_>>()), "▁▁▂▃▄▅▆█");
        assert_eq!(trend(&[u64::MAX, 0]), "█▁");
        assert_eq!(trend(&[3]), "▁");
        assert_eq!(trend(&[]), "");
    }
}
