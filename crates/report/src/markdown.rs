//! The outcome of `check` as Markdown, for the summary of a CI job or a comment on a pull request.

use std::io::{self, Write};

use crate::junit::evidence;
use crate::wire::{CheckDocument, CheckEntry, CheckStatusEntry};

impl CheckDocument {
    /// Writes a heading, a table of all checks, which snapshots were left out, and what says where to look for those that
    /// failed.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let mark = if self.passed { "✅" } else { "❌" };
        writeln!(out, "## {mark} Heap check\n\n{}\n", cell(&self.text))?;
        writeln!(out, "| | check | outcome |\n|---|---|---|")?;
        for check in &self.checks {
            let file = check.about().filter(|_| self.snapshots.len() > 1);
            let file = file.map(|file| format!(" in {}", code(&file))).unwrap_or_default();
            let mark = match check.status {
                CheckStatusEntry::Passed => "✅",
                CheckStatusEntry::Failed => "❌",
                CheckStatusEntry::NotJudged => "❔",
            };
            writeln!(out, "| {mark} | {}{file} | {} |", code(&check.name), cell(&check.text))?;
        }
        for error in &self.errors {
            writeln!(out, "| ❌ | {} | {} |", code(&error.file), cell(&error.message))?;
        }
        let left_out = self.findings.iter().filter(|finding| finding.is_left_out());
        for (at, finding) in left_out.enumerate() {
            let gap = if at == 0 { "\n" } else { "" };
            writeln!(out, "{gap}- {}", cell(&finding.message))?;
        }
        self.checks.iter().try_for_each(|check| write_evidence(check, out))
    }
}

fn write_evidence(check: &CheckEntry, out: &mut dyn Write) -> io::Result<()> {
    let evidence = evidence(check);
    if evidence.is_empty() {
        return Ok(());
    }
    // A fence longer than any in the text, so that no name in the heap ends it.
    let longest = evidence.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let process = check.about().filter(|_| !check.files.is_empty());
    let process = process.map(|files| format!(" in {}", html(&files))).unwrap_or_default();
    writeln!(out, "\n<details><summary>{}{process}</summary>\n", html(&check.name))?;
    writeln!(out, "{fence}text\n{evidence}\n{fence}\n\n</details>")
}

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    html(text).replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Text that is shown as it is, inside a cell.
fn code(text: &str) -> String {
    format!("<code>{}</code>", cell(text))
}

fn html(text: &str) -> String {
    let special = |c: char| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        // Markdown's own marks, which names may have: `_`, `*`, backticks and brackets.
        '`' => Some("&#96;"),
        '*' => Some("&#42;"),
        '_' => Some("&#95;"),
        '[' => Some("&#91;"),
        _ => None,
    };
    text.chars().fold(String::new(), |mut text, c| {
        match special(c) {
            Some(entity) => text.push_str(entity),
            None => text.push(c),
        }
        text
    })
}
