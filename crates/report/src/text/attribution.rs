//! Whose code holds the memory.

use std::collections::HashMap;
use std::io::{self, Write};

use heapglass_analysis::{name_with_original, within_packages};

use super::fit::clean;
use super::numbers::{count, share};
use super::prose::{capital, remark};
use super::summary::label;
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::{AttributeByEntry, AttributionEntry};

/// The title of the section.
pub(super) fn title(attribution: &AttributionEntry) -> &'static str {
    match attribution.by {
        AttributeByEntry::Package => "Packages that hold most",
        AttributeByEntry::File => "Files that hold most",
        AttributeByEntry::Plugin => "Plugins that hold most",
        AttributeByEntry::Class => "Classes that hold most",
        AttributeByEntry::Context => "Native contexts that hold most",
        AttributeByEntry::Function => "Functions whose allocations are still there",
        AttributeByEntry::Component => "Components that hold most",
    }
}

/// The column of the groups' names.
pub(super) fn column(by: AttributeByEntry) -> (&'static str, Kind) {
    match by {
        AttributeByEntry::Package => ("Package", Kind::Text),
        AttributeByEntry::File => ("File", Kind::Path),
        AttributeByEntry::Plugin => ("Plugin", Kind::Text),
        AttributeByEntry::Class => ("Class", Kind::Text),
        AttributeByEntry::Context => ("Native context", Kind::Text),
        AttributeByEntry::Function => ("Function", Kind::Path),
        AttributeByEntry::Component => ("Component", Kind::Text),
    }
}

/// One group, and several.
pub(super) fn words(by: AttributeByEntry) -> (&'static str, &'static str) {
    match by {
        AttributeByEntry::Package => ("package", "packages"),
        AttributeByEntry::File => ("file", "files"),
        AttributeByEntry::Plugin => ("plugin", "plugins"),
        AttributeByEntry::Class => ("class", "classes"),
        AttributeByEntry::Context => ("native context", "native contexts"),
        AttributeByEntry::Function => ("function", "functions"),
        AttributeByEntry::Component => ("component", "components"),
    }
}

/// What the rest belongs to.
pub(super) fn rest(by: AttributeByEntry) -> &'static str {
    match by {
        AttributeByEntry::Package | AttributeByEntry::File | AttributeByEntry::Plugin => {
            "no code alone"
        }
        AttributeByEntry::Class => "no object alone",
        AttributeByEntry::Context => "no native context",
        AttributeByEntry::Function => "no recorded function",
        AttributeByEntry::Component => "no component",
    }
}

/// What the figures are.
fn legend(by: AttributeByEntry) -> &'static str {
    match by {
        AttributeByEntry::Package | AttributeByEntry::File | AttributeByEntry::Plugin => {
            "Holds: what it is the nearest owner of. Retains: with what other code below it holds. Saved: what would be \
             freed if all its functions, scopes, modules and objects went."
        }
        AttributeByEntry::Component => {
            "Holds: what its fibers are the nearest owner of, props, state and hooks among it. Retains: with what other \
             components below them hold. Saved: what would be freed if all its fibers went; what a fiber and its alternate \
             share is in this alone."
        }
        AttributeByEntry::Class => {
            "Holds: what its objects are the nearest owner of. Retains: with what other objects below them hold. Saved: \
             what would be freed if all its objects went."
        }
        AttributeByEntry::Context => {
            "Holds: what belongs to it alone. Retains: what cannot be reached but through that. Saved: what would be \
             freed if all of it went."
        }
        AttributeByEntry::Function => {
            "Holds: what it allocated and is still there. Retains: what cannot be reached but through that. Saved: what \
             would be freed if all of it went."
        }
    }
}

/// What to do about bundles that are one file, and belong to no package.
fn unmapped(bundles: &[String]) -> Option<String> {
    let (first, more) = bundles.split_first()?;
    let script = clean(first);
    Some(match more.len() as u64 {
        0 => format!(
            "{script} looks like a bundle, and counts as one file. With --source-map its code belongs to the files and packages it was made of."
        ),
        more => format!(
            "{script} and {} more look like bundles, and count as one file each. With --source-map their code belongs to the files and packages they were made of.",
            count(more)
        ),
    })
}

/// What the groups are called on a page: a file in an npm package by its path from the package's name on, as in paths, if no
/// other one there is called so. Of the whole path a page that is not wide cuts what tells it from others.
fn shown_names(attribution: &AttributionEntry) -> Vec<&str> {
    let names = attribution.groups.iter().map(|group| group.name.as_str());
    if attribution.by != AttributeByEntry::File {
        return names.collect();
    }
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for name in names.clone() {
        *seen.entry(within_packages(name)).or_default() += 1;
    }
    let is_only = |short: &&str| seen.get(short).is_some_and(|&times| times == 1);
    names.map(|name| Some(within_packages(name)).filter(is_only).unwrap_or(name)).collect()
}

/// A group's name, of packages with version and folder.
pub(super) fn name(name: &str, version: Option<&str>, folder: Option<&str>) -> Cell {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let mut cell = match name.rsplit_once(" @").filter(|(_, id)| is_id(id)) {
        // Of a native context, which is told from others by it.
        Some((name, id)) => {
            Cell::new(Role::Class, clean(name)).then_kept(Role::Faint, format!(" @{id}"))
        }
        None => Cell::new(Role::Class, clean(name)),
    };
    if let Some(version) = version {
        cell = cell.then_if_room(Role::Faint, format!(" {}", clean(version)));
    }
    match folder {
        Some(folder) => cell.then(Role::Faint, format!(" in {}", clean(folder))),
        None => cell,
    }
}

/// Writes the groups, and what the figures are.
pub(super) fn write(
    attribution: &AttributionEntry,
    total: u64,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(vec![
        column(attribution.by),
        ("Holds", Kind::Number),
        ("", Kind::Number),
        ("Retains", Kind::Number),
        ("Saved", Kind::Number),
        ("Biggest", Kind::Text),
    ])
    .optional(&[5, 2])
    .indent(2);
    for (group, shown) in attribution.groups.iter().zip(shown_names(attribution)) {
        // What is called alike in a bundle is one group, which goes by the class of its biggest object.
        let original = group.biggest.original_class_name.as_deref();
        let original = original.filter(|_| attribution.by == AttributeByEntry::Class);
        let group_name = name_with_original(shown, original);
        table.row(vec![
            name(&group_name, group.version.as_deref(), group.folder.as_deref()),
            Cell::plain(look.size(group.held_size)),
            Cell::new(Role::Faint, share(group.held_size, total)),
            Cell::plain(look.size(group.retained_size)),
            Cell::plain(look.size(group.saved_size)),
            label(&group.biggest),
        ]);
    }
    table.write(look, out)?;
    let more = attribution.group_count.saturating_sub(attribution.groups.len() as u64);
    let more =
        if more > 0 { format!("{} more are not shown. ", count(more)) } else { String::new() };
    let note = format!(
        "{more}{} holds {} ({}). {}",
        capital(rest(attribution.by)),
        look.size_in_words(attribution.unattributed_size),
        share(attribution.unattributed_size, total),
        legend(attribution.by)
    );
    let mut notes = std::iter::once(note).chain(unmapped(&attribution.unmapped_bundles));
    notes.try_for_each(|note| remark(&note, look, out))
}
