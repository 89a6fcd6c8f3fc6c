//! The outcome of `check` as JUnit XML, which CI servers read.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::wire::{CheckDocument, CheckEntry, CheckStatusEntry};

impl CheckDocument {
    /// Writes one test case for each check: a failure for what failed, an error for what could not
    /// be judged, and one for each input that could not be read. Which snapshots were left out is the suite's output.
    pub fn write_junit(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Writer::new_with_indent(out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let tests = (self.checks.len() + self.errors.len()).to_string();
        let failures = self.count(CheckStatusEntry::Failed).to_string();
        let errors = (self.count(CheckStatusEntry::NotJudged) + self.errors.len()).to_string();
        let counts = [
            ("name", "heapglass"),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
        ];
        xml.create_element("testsuites").with_attributes(counts).write_inner_content(|xml| {
            xml.create_element("testsuite").with_attributes(counts).write_inner_content(|xml| {
                for check in &self.checks {
                    self.write_case(check, xml)?;
                }
                for error in &self.errors {
                    let file = valid(&error.file);
                    let names =
                        [("classname", file.as_str()), ("name", "the snapshot is readable")];
                    xml.create_element("testcase").with_attributes(names).write_inner_content(
                        |xml| problem("error", "unreadable", &error.message, "", xml),
                    )?;
                }
                let left_out = self.findings.iter().filter(|finding| finding.is_left_out());
                let left_out: Vec<&str> = left_out.map(|finding| &*finding.message).collect();
                if !left_out.is_empty() {
                    let text = valid(&left_out.join("\n"));
                    xml.create_element("system-out").write_text_content(BytesText::new(&text))?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
        writeln!(xml.get_mut())
    }

    fn write_case(&self, check: &CheckEntry, xml: &mut Writer<&mut dyn Write>) -> io::Result<()> {
        let series = match check.files.as_slice() {
            [] => self.snapshots.iter().map(|snapshot| snapshot.file.as_str()).collect(),
            process => process.iter().map(String::as_str).collect::<Vec<_>>(),
        };
        let file = valid(check.file.as_deref().unwrap_or(&series.join(" ")));
        let name = valid(&check.name);
        let names = [("classname", file.as_str()), ("name", name.as_str())];
        let case = xml.create_element("testcase").with_attributes(names);
        match check.status {
            CheckStatusEntry::Passed => case.write_empty()?,
            CheckStatusEntry::Failed => case.write_inner_content(|xml| {
                problem("failure", "failed", &check.text, &evidence(check), xml)
            })?,
            CheckStatusEntry::NotJudged => case
                .write_inner_content(|xml| problem("error", "not judged", &check.text, "", xml))?,
        };
        Ok(())
    }
}

fn problem(
    element: &str,
    kind: &str,
    message: &str,
    text: &str,
    xml: &mut Writer<&mut dyn Write>,
) -> io::Result<()> {
    let message = valid(message);
    let attributes = [("type", kind), ("message", message.as_str())];
    let element = xml.create_element(element).with_attributes(attributes);
    match text {
        "" => element.write_empty()?,
        text => element.write_text_content(BytesText::new(&valid(text)))?,
    };
    Ok(())
}

/// What says where to look.
pub(crate) fn evidence(check: &CheckEntry) -> String {
    let mut lines: Vec<String> = Vec::new();
    for suspect in &check.suspects {
        lines.push(format!("{}. {}", suspect.rank, suspect.text.join(" ")));
        lines.push(format!("kept alive by {}", suspect.line));
        lines.push(format!("fingerprint {}", suspect.fingerprint));
    }
    lines.extend(check.path.iter().map(|path| format!("kept alive by {path}")));
    let ids = check.instances.iter().map(|object| object.label.clone()).collect::<Vec<_>>();
    if !ids.is_empty() {
        lines.push(ids.join(", "));
    }
    lines.join("\n")
}

/// Text without the characters that XML has no way to write.
fn valid(text: &str) -> String {
    let is_valid = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars()
        .map(|c| if is_valid(c) && !matches!(c, '\u{fffe}' | '\u{ffff}') { c } else { '\u{fffd}' })
        .collect()
}
