//! The page of `check`: the outcome, then what failed, then the rest.

use std::io::{self, Write};

use super::fit::{clean, wrap};
use super::paths::{write_labelled, write_one_line};
use super::{Look, Role, heading};
use crate::wire::{CheckDocument, CheckEntry, CheckStatusEntry};

const HELD: &str = "        kept alive by  ";
const LOOK: &str = "        look at        ";
const FINGERPRINT: &str = "        fingerprint    ";
const MARGIN: usize = 8;

impl CheckDocument {
    /// Writes the page. `all` names what passed as well.
    pub fn write_text(&self, all: bool, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        heading::oddities(&self.findings, look, out)?;
        for line in wrap(&clean(&self.text), look.width) {
            writeln!(out, "{}", look.paint(Role::Strong, &line))?;
        }
        let order =
            [CheckStatusEntry::Failed, CheckStatusEntry::NotJudged, CheckStatusEntry::Passed];
        let mut checks = order
            .iter()
            .filter(|status| all || !self.passed || **status != CheckStatusEntry::Passed)
            .flat_map(|&status| self.checks.iter().filter(move |check| check.status == status))
            .peekable();
        if checks.peek().is_some() {
            writeln!(out)?;
        }
        checks.try_for_each(|check| self.write_check(check, look, out))
    }

    fn write_check(&self, check: &CheckEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let (word, role) = match check.status {
            CheckStatusEntry::Passed => ("ok      ", Role::Faint),
            CheckStatusEntry::Failed => ("FAILED  ", Role::Warning),
            CheckStatusEntry::NotJudged => ("UNKNOWN ", Role::Warning),
        };
        // Which snapshot is meant is clear where there is one.
        let file = check.about().filter(|_| self.snapshots.len() > 1);
        let file = file.map(|file| format!("{file}: ")).unwrap_or_default();
        let line = format!("{file}{}: {}", check.name, check.text);
        for (at, line) in
            wrap(&clean(&line), look.width.saturating_sub(MARGIN).max(20)).iter().enumerate()
        {
            match at {
                0 => writeln!(out, "{}{line}", look.paint(role, word))?,
                _ => writeln!(out, "{:MARGIN$}{line}", "")?,
            }
        }
        for suspect in &check.suspects {
            let text = format!("{}. {}", suspect.rank, suspect.text.join(" "));
            for line in wrap(&clean(&text), look.width.saturating_sub(MARGIN).max(20)) {
                writeln!(out, "{:MARGIN$}{line}", "")?;
            }
            write_one_line(HELD, &suspect.line, look, out)?;
            write_labelled(FINGERPRINT, &suspect.fingerprint, Role::Faint, look, out)?;
        }
        if let Some(path) = &check.path {
            write_one_line(HELD, path, look, out)?;
        }
        let ids: Vec<String> =
            check.instances.iter().map(|object| format!("@{}", object.id)).collect();
        if !ids.is_empty() {
            write_labelled(LOOK, &ids.join(" "), Role::Faint, look, out)?;
        }
        Ok(())
    }
}
