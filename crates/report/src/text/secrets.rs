//! The credentials in a heap.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;

use super::fit::clean;
use super::numbers::{count, counted};
use super::paths::write_labelled;
use super::prose::{capital, paragraph};
use super::{Look, Page, Role};
use crate::wire::{ConfidenceEntry, JwtEntry, SecretEntry, SecretsBody, SnapshotEntry};

impl Page for SecretsBody {
    fn write_page(&self, _: &SnapshotEntry, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        write(self, "; --limit 0 shows all", look, out)
    }
}

/// Writes the credentials; `others` says where those are that are not among them.
pub(super) fn write(
    body: &SecretsBody,
    others: &str,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    paragraph(&body.text.join(" "), look, out)?;
    for (number, secret) in (1..).zip(&body.secrets) {
        writeln!(out)?;
        write_secret(number, secret, look, out)?;
    }
    if body.more > 0 {
        let note = format!("{} more{others}.", count(body.more));
        writeln!(out, "\n{}", look.paint(Role::Faint, &note))?;
    }
    Ok(())
}

fn write_secret(
    number: u32,
    secret: &SecretEntry,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let sure = match secret.confidence {
        ConfidenceEntry::Low => " (by its name alone)",
        ConfidenceEntry::Medium | ConfidenceEntry::High => "",
    };
    // `npm token` and `age secret key` keep their small letters.
    let title = match ["npm ", "age "].iter().any(|name| secret.title.starts_with(name)) {
        true => secret.title.clone(),
        false => capital(&secret.title),
    };
    writeln!(out, "{number}. {}{sure}", look.paint(Role::Strong, &title))?;
    let mut line = |label: &str, text: &str, role: Role| {
        write_labelled(&format!("   {label:<8} "), text, role, look, out)
    };
    line("value", secret.value.as_deref().unwrap_or(&secret.preview), Role::Plain)?;
    if let Some(jwt) = secret.jwt.as_ref().map(jwt_words).filter(|words| !words.is_empty()) {
        line("says", &jwt, Role::Plain)?;
    }
    let copies = match secret.copies {
        0 | 1 => format!("string @{}", secret.string_id),
        more => format!("{}, one is @{}", counted(more, "string", "strings"), secret.string_id),
    };
    line("in", &copies, Role::Plain)?;
    if let Some(holder) = &secret.holder {
        let class = name_with_original(&holder.class_name, holder.original_class_name.as_deref());
        let class = clean(&class);
        line("held by", &format!("{class} @{} by {}", holder.id, holder.edge.text), Role::Class)?;
    }
    line("path", secret.path.as_deref().unwrap_or("none: only weak edges lead to it"), Role::Edge)
}

/// "RS256, issued by https://sso, expires 2026-09-21T14:13:20Z".
fn jwt_words(jwt: &JwtEntry) -> String {
    let issuer = match (&jwt.issuer, &jwt.issued) {
        (Some(issuer), Some(issued)) => Some(format!("issued by {issuer} at {issued}")),
        (Some(issuer), None) => Some(format!("issued by {issuer}")),
        (None, Some(issued)) => Some(format!("issued at {issued}")),
        (None, None) => None,
    };
    let expires = jwt.expires.as_ref().map(|expires| format!("expires {expires}"));
    [jwt.algorithm.clone(), issuer, expires].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
