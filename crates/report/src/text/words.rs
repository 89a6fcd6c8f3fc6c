//! The verdict in sentences.

use heapglass_analysis::name_with_original;

use super::SizeStyle;
use super::numbers::{count, counted, share, size_in_words};
use crate::wire::{
    AccumulationEntry, StatisticsEntry, SuspectEntry, SuspectKindEntry, VerdictEntry,
};

/// The parts of a heap by what people call them, largest first, and their bytes.
pub(crate) fn parts(statistics: &StatisticsEntry) -> Vec<(&'static str, i64)> {
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let mut parts = vec![
        ("Compiled code", signed(statistics.code)),
        ("Strings", signed(statistics.strings)),
        ("JS arrays", signed(statistics.js_arrays)),
        ("Typed arrays", signed(statistics.typed_arrays)),
        ("System objects", signed(statistics.system)),
        ("Other JS objects", statistics.other_js),
        ("Other non-JS objects", signed(statistics.other_native)),
    ];
    parts.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
    parts
}

/// Says how large the heap is, what it consists of and whether anything stands out.
pub(crate) fn verdict(
    verdict: &VerdictEntry,
    statistics: &StatisticsEntry,
    nodes: u64,
    sizes: SizeStyle,
) -> Vec<String> {
    let total = statistics.total;
    let mut sentences = vec![format!(
        "The heap holds {} in {}{}.",
        size_in_words(total, sizes),
        counted(nodes, "node", "nodes"),
        composition(statistics)
    )];
    if let Some(texts) = verdict.script_sources.as_ref().filter(|texts| texts.size >= total / 20) {
        sentences.push(format!(
            "The source texts of {}, which V8 keeps as strings while their functions live, take {} ({}).",
            counted(texts.count, "script", "scripts"),
            size_in_words(texts.size, sizes),
            share(texts.size, total),
        ));
    }
    sentences.push(match verdict.suspects.len() {
        0 => "Nothing stands out: no single object and no class retains a large share of it."
            .to_owned(),
        1 => format!(
            "One owner stands out: it retains {} ({}).",
            share(verdict.explained_size, total),
            size_in_words(verdict.explained_size, sizes)
        ),
        many => format!(
            "{} owners stand out; together they retain {} ({}).",
            in_letters(many),
            share(verdict.explained_size, total),
            size_in_words(verdict.explained_size, sizes)
        ),
    });
    super::reliability::qualify(verdict, &mut sentences);
    if let Some(detached) =
        verdict.detached.as_ref().filter(|nodes| nodes.retained_size >= total / 100)
    {
        sentences.push(format!(
            "{} out of every document and still alive; together they retain {}.",
            counted(detached.count, "DOM node is", "DOM nodes are"),
            size_in_words(detached.retained_size, sizes)
        ));
    }
    sentences
}

/// ": 52% strings, 21% compiled code and 27% everything else", for the parts of at least 5 %.
fn composition(statistics: &StatisticsEntry) -> String {
    let named: Vec<(&str, u64)> = parts(statistics)
        .into_iter()
        .filter_map(|(name, bytes)| u64::try_from(bytes).ok().map(|bytes| (name, bytes)))
        .filter(|&(_, bytes)| bytes > 0 && bytes >= statistics.total / 20)
        .collect();
    let all = named.iter().fold(0u64, |sum, &(_, bytes)| sum.saturating_add(bytes));
    let rest = statistics.total.saturating_sub(all);
    let mut shares: Vec<String> = named
        .iter()
        .map(|&(name, bytes)| format!("{} {}", share(bytes, statistics.total), in_a_sentence(name)))
        .collect();
    if rest > statistics.total / 100 {
        shares.push(format!("{} everything else", share(rest, statistics.total)));
    }
    match shares.split_last() {
        None => String::new(),
        Some((only, [])) => format!(": {only}"),
        Some((last, others)) => format!(": {} and {last}", others.join(", ")),
    }
}

/// "Compiled code" → "compiled code", but "JS arrays" stays.
fn in_a_sentence(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if !name.starts_with("JS") => first.to_lowercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}

fn in_letters(number: usize) -> String {
    const WORDS: [&str; 9] =
        ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];
    number
        .checked_sub(2)
        .and_then(|at| WORDS.get(at))
        .map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// Says what one suspect is and where its memory is gathered. Paths and positions are not in the
/// sentences: a page sets them apart.
pub(crate) fn suspect(suspect: &SuspectEntry, sizes: SizeStyle) -> Vec<String> {
    let size = size_in_words(suspect.retained_size, sizes);
    let percent = format!("{:.0}%", suspect.share * 100.0);
    let apart = not_counted_elsewhere(suspect, sizes);
    match suspect.kind {
        SuspectKindEntry::Object => {
            let mut sentences =
                vec![format!("{} retains {size} ({percent}){apart}.", suspect.object.label)];
            sentences.extend(suspect.accumulation.as_ref().and_then(|at| {
                let itself = at.object.id == suspect.object.id;
                gathered(at, itself, sizes)
            }));
            sentences
        }
        SuspectKindEntry::Group => {
            let mut sentences = vec![
                format!(
                    "{} × {} retain {size} together ({percent}){apart}.",
                    count(suspect.count),
                    name_with_original(
                        &suspect.class_name,
                        suspect.object.original_class_name.as_deref()
                    )
                ),
                format!(
                    "The largest, {}, retains {}.",
                    suspect.object.label,
                    size_in_words(suspect.object.retained_size, sizes)
                ),
            ];
            if let (Some(at), Some(held)) = (&suspect.accumulation, suspect.gathered) {
                let about = if suspect.gathered_is_estimate { "About " } else { "" };
                let hang = if held == 1 { "hangs" } else { "hang" };
                let held = count(held);
                sentences.push(format!("{about}{held} of them {hang} below {}.", at.object.label));
            }
            if let Some(other) = &suspect.also_held_by {
                let held_as = other.held_as.as_ref().map(|held_as| format!(" ({held_as})"));
                sentences.push(format!(
                    "Most of them are held by {}{} as well: they go only when both let go.",
                    other.label,
                    held_as.unwrap_or_default()
                ));
            }
            sentences
        }
    }
}

/// What stands out most in a few words: `Map of 1,234 × Session (19%)`.
pub(crate) fn in_brief(verdict: &VerdictEntry) -> String {
    let Some(suspect) = verdict.suspects.first() else { return "nothing".to_owned() };
    let group = |count_of: u64, class_name: &str, original: Option<&str>| {
        format!("{} × {}", count(count_of), name_with_original(class_name, original))
    };
    let what = match (suspect.kind, &suspect.accumulation) {
        (SuspectKindEntry::Group, _) => {
            let original = suspect.object.original_class_name.as_deref();
            group(suspect.count, &suspect.class_name, original)
        }
        (SuspectKindEntry::Object, None) => suspect.object.name.clone(),
        (SuspectKindEntry::Object, Some(at)) => match at.scatter.first() {
            Some(most) if most.count > 1 => {
                let original = most.example.original_class_name.as_deref();
                let content = group(most.count, &most.class_name, original);
                format!("{} of {content}", at.object.name)
            }
            _ => at.object.name.clone(),
        },
    };
    format!("{what} ({:.0}%)", suspect.share * 100.0)
}

/// ", 74.0 MB of it not counted under another owner", where that is noticeably less than all.
fn not_counted_elsewhere(suspect: &SuspectEntry, sizes: SizeStyle) -> String {
    if suspect.own_size < suspect.retained_size - suspect.retained_size / 20 {
        let own = size_in_words(suspect.own_size, sizes);
        format!(", {own} of it not counted under another owner")
    } else {
        String::new()
    }
}

fn gathered(at: &AccumulationEntry, itself: bool, sizes: SizeStyle) -> Option<String> {
    let scatter: Vec<String> = at
        .scatter
        .iter()
        .map(|part| {
            let what = if part.count == 1 {
                part.example.label.clone()
            } else {
                let original = part.example.original_class_name.as_deref();
                let class = name_with_original(&part.class_name, original);
                format!("{} × {class}", count(part.count))
            };
            let what = format!("{what} ({})", size_in_words(part.retained_size, sizes));
            if part.exclusive_count < part.count {
                format!("{what}, {} of them held by nothing else", count(part.exclusive_count))
            } else {
                what
            }
        })
        .collect();
    let has_remarks = at.scatter.iter().any(|part| part.exclusive_count < part.count);
    let contents = scatter.join(if has_remarks { "; " } else { ", " });
    let holds = if at.scatter.iter().all(|part| part.is_direct) { "holds" } else { "keeps alive" };
    match (itself, scatter.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("It {holds} {contents}.")),
        (false, true) => Some(format!("Its memory is gathered in {}.", at.object.label)),
        (false, false) => Some(format!(
            "Its memory is gathered in {}, which {holds} {contents}.",
            at.object.label
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ObjectEntry;

    fn object(id: u64, label: &str, retained_size: u64) -> ObjectEntry {
        ObjectEntry {
            id,
            node_type: "object".to_owned(),
            class_name: "Cache".to_owned(),
            original_class_name: None,
            name: "Cache".to_owned(),
            label: label.to_owned(),
            distance: Some(2),
            shallow_size: 10,
            retained_size,
            edge_count: None,
            held_as: None,
            detachedness: None,
        }
    }

    fn entry(kind: SuspectKindEntry, retained_size: u64, own_size: u64) -> SuspectEntry {
        SuspectEntry {
            text: Vec::new(),
            kind,
            class_name: "Cache".to_owned(),
            count: 300_000,
            object: object(7, "Cache @7", 1_000),
            retained_size,
            own_size,
            share: 0.5,
            line: String::new(),
            path: None,
            accumulation: None,
            gathered: None,
            gathered_is_estimate: false,
            also_held_by: None,
            location: None,
            owner: None,
        }
    }

    #[test]
    fn parts_that_are_more_than_a_number_holds_leave_no_rest() {
        let statistics = StatisticsEntry {
            total: u64::MAX,
            code: u64::MAX,
            strings: u64::MAX,
            js_arrays: u64::MAX,
            typed_arrays: 0,
            system: 0,
            other_js: 0,
            other_native: 0,
        };
        let words = composition(&statistics);
        assert_eq!(words, ": 50% compiled code, 50% strings and 50% JS arrays");
    }

    #[test]
    fn what_lies_in_another_suspect_is_said() {
        let said =
            |own| suspect(&entry(SuspectKindEntry::Object, 1_000_000, own), SizeStyle::Human);
        assert_eq!(said(1_000_000), ["Cache @7 retains 1.0 MB (50%)."]);
        assert_eq!(said(960_000), ["Cache @7 retains 1.0 MB (50%)."], "a twentieth is no news");
        assert_eq!(
            said(400_000),
            ["Cache @7 retains 1.0 MB (50%), 400.0 kB of it not counted under another owner."]
        );
        let group = entry(SuspectKindEntry::Group, 1_000_000, 400_000);
        assert_eq!(
            suspect(&group, SizeStyle::Human)[0],
            "300,000 × Cache retain 1.0 MB together (50%), 400.0 kB of it not counted under \
             another owner."
        );
    }

    #[test]
    fn another_holder_of_a_group_is_told() {
        let mut group = entry(SuspectKindEntry::Group, 1_000_000, 1_000_000);
        let held_as = Some(".map in Store".to_owned());
        group.also_held_by = Some(ObjectEntry { held_as, ..object(9, "Map @9", 1_000_000) });
        assert_eq!(
            suspect(&group, SizeStyle::Human).pop().as_deref(),
            Some(
                "Most of them are held by Map @9 (.map in Store) as well: they go only when both let go."
            )
        );
    }

    #[test]
    fn estimates_are_called_so() {
        let mut group = entry(SuspectKindEntry::Group, 1_000_000, 1_000_000);
        group.accumulation = Some(AccumulationEntry {
            object: object(9, "Map @9", 1_000_000),
            path: None,
            scatter: Vec::new(),
        });
        group.gathered = Some(299_000);
        let last = |group: &SuspectEntry| suspect(group, SizeStyle::Human).pop();
        assert_eq!(last(&group).as_deref(), Some("299,000 of them hang below Map @9."));
        group.gathered_is_estimate = true;
        assert_eq!(last(&group).as_deref(), Some("About 299,000 of them hang below Map @9."));
    }
}
