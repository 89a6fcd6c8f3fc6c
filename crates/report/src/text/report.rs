//! The page of `report`: the verdict, then the evidence, then the tables.

use std::io::{self, Write};

use super::fit::{clean, wrap};
use super::heading::section;
use super::object::position;
use super::paths::write_one_line;
use super::prose::{indented, paragraph};
use super::summary::{class_table, object_table};
use super::table::{Cell, Kind, Table};
use super::{Look, Page, Role, allocations, attribution, process, secrets, statistics, words};
use crate::wire::{ReportBody, SnapshotEntry, SuspectEntry};

impl Page for ReportBody {
    fn write_page(
        &self,
        snapshot: &SnapshotEntry,
        look: &Look,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let sentences =
            words::verdict(&self.verdict, &self.statistics, snapshot.node_count, look.sizes);
        // The first two belong together; what follows are remarks of their own.
        let (main, remarks) = sentences.split_at(sentences.len().min(2));
        paragraph(&main.join(" "), look, out)?;
        for remark in remarks {
            paragraph(remark, look, out)?;
        }
        if let Some(allocations) = &self.allocations {
            paragraph(&allocations::sentence(allocations), look, out)?;
        }
        for (number, suspect) in (1..).zip(&self.verdict.suspects) {
            writeln!(out)?;
            write_suspect(number, suspect, look, out)?;
        }
        section("What the heap consists of", look, out)?;
        statistics::write(&self.statistics, look, out)?;
        if let Some(process) = &self.process {
            section("What the process had in memory", look, out)?;
            process::write(process, look, out)?;
        }
        if !self.classes.is_empty() {
            section("Biggest classes", look, out)?;
            class_table(&self.classes, snapshot.total_size, 2, look).write(look, out)?;
        }
        if !self.objects.is_empty() {
            section("Biggest objects", look, out)?;
            object_table(&self.objects, snapshot.total_size, 2, look).write(look, out)?;
        }
        if let Some(code) = &self.attribution {
            section(attribution::title(code), look, out)?;
            attribution::write(code, snapshot.total_size, look, out)?;
        }
        if let Some(allocations) = self.allocations.as_ref().filter(|all| !all.functions.is_empty())
        {
            section("Functions that allocated most", look, out)?;
            allocations::write(allocations, look, out)?;
        }
        if let Some(credentials) = &self.credentials {
            section("Credentials that were in it before it was redacted", look, out)?;
            secrets::write(credentials, "", look, out)?;
        }
        Ok(())
    }

    fn write_next(&self, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        section("To go on", look, out)?;
        let nowhere = ("", Kind::Text);
        let mut table = Table::new(vec![nowhere, nowhere]).indent(2).optional(&[1]);
        for (command, answer) in next_questions(self) {
            table.row(vec![Cell::kept(Role::Plain, command), Cell::new(Role::Faint, answer)]);
        }
        table.write(look, out)
    }

    fn in_brief(&self) -> Option<String> {
        Some(words::in_brief(&self.verdict))
    }
}

/// What to ask after the report, and what that answers: of what stands out most first.
fn next_questions(report: &ReportBody) -> Vec<(String, String)> {
    let ask = |command: &str, answer: &str| (format!("heapglass {command}"), answer.to_owned());
    let mut questions = match report.verdict.suspects.first() {
        Some(most) => {
            let object = most.accumulation.as_ref().map_or(&most.object, |at| &at.object);
            let holds = format!("what {} holds", clean(&object.label));
            vec![
                ask(&format!("object FILE @{}", object.id), &holds),
                ask(&format!("retainers FILE @{}", object.id), "all that hold it"),
            ]
        }
        None => vec![ask("dominators FILE", "who retains what, as a tree")],
    };
    if report.attribution.is_none() {
        questions.push(ask("FILE --by package", "whose code holds the memory"));
    }
    questions.push(ask("waste FILE", "what could be saved: copies, spare room"));
    questions.push(ask("leaks FILE FILE FILE", "whether it leaks, by snapshots over time"));
    questions
}

/// Labels under a suspect, padded to one width.
pub(super) const KEPT_BY: &str = "   kept alive by  ";
pub(super) const WRITTEN: &str = "   written in     ";
pub(super) const OWNER: &str = "   owned by       ";
pub(super) const PACKAGE: &str = "   package        ";

/// Writes a numbered finding: its first sentence as title, the others below.
pub(super) fn write_title(
    number: usize,
    sentences: &[String],
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some((title, details)) = sentences.split_first() else { return Ok(()) };
    let number = format!("{number}. ");
    for (at, line) in
        wrap(&clean(title), look.width.saturating_sub(number.len())).iter().enumerate()
    {
        let lead = if at == 0 { number.clone() } else { " ".repeat(number.len()) };
        writeln!(out, "{}{}", look.paint(Role::Strong, &lead), look.paint(Role::Strong, line))?;
    }
    if !details.is_empty() {
        indented(&details.join(" "), "   ", look, out)?;
    }
    Ok(())
}

pub(super) fn write_suspect(
    number: usize,
    suspect: &SuspectEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_title(number, &words::suspect(suspect, look.sizes), look, out)?;
    if !suspect.line.is_empty() {
        write_one_line(KEPT_BY, &suspect.line, look, out)?;
    }
    if let Some(owner) = suspect.owner.as_ref().filter(|owner| owner.id != suspect.object.id) {
        writeln!(
            out,
            "{}{}",
            look.paint(Role::Faint, OWNER),
            look.paint(Role::Class, &clean(&owner.label))
        )?;
    }
    if let Some(location) = &suspect.location {
        let at = position(location);
        writeln!(out, "{}{}", look.paint(Role::Faint, WRITTEN), look.paint(Role::Source, &at))?;
    }
    Ok(())
}
