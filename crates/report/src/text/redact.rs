//! The page of `redact`.

use std::io::{self, Write};

use super::fit::clean;
use super::numbers::count;
use super::prose::paragraph;
use super::{Look, Role};
use crate::wire::RedactDocument;

/// Writes what was done, file by file.
pub fn write_redacted(
    document: &RedactDocument,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    paragraph(&document.text.join(" "), look, out)?;
    for file in &document.files {
        writeln!(out, "\n{}", look.paint(Role::Strong, &clean(&file.output)))?;
        if let Some(masked) = file.masked {
            writeln!(out, "  credentials masked  {}", count(masked))?;
        }
        let Some(snapshot) = &file.snapshot else { continue };
        writeln!(out, "  {:<20} {:>10} {:>10} {:>10}", "texts", "kept", "changed", "replaced")?;
        for kind in &snapshot.coverage {
            let name = kind.kind.replace('_', " ");
            let (kept, changed, replaced) =
                (count(kind.kept), count(kind.changed), count(kind.replaced));
            writeln!(out, "  {name:<20} {kept:>10} {changed:>10} {replaced:>10}")?;
        }
        if !snapshot.sections_left_out.is_empty() {
            let names = snapshot.sections_left_out.join(", ");
            writeln!(out, "  left out, as V8 does not write them: {}", clean(&names))?;
        }
        if snapshot.became_equal > 0 {
            writeln!(
                out,
                "  short values that became equal to another: {}",
                count(snapshot.became_equal)
            )?;
        }
    }
    for (title, failures) in [("Left out", &document.left_out), ("Not redacted", &document.errors)]
    {
        if !failures.is_empty() {
            writeln!(out, "\n{}", look.paint(Role::Strong, title))?;
        }
        for failure in failures {
            writeln!(out, "  {}: {}", clean(&failure.file), clean(&failure.message))?;
        }
    }
    Ok(())
}
