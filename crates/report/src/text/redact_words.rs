//! What `redact` says in words.

use heapglass_redact::{Kind, Policy};

use super::numbers::counted;
use crate::wire::{Failure, RedactedEntry};

/// The answer in sentences.
pub(crate) fn sentences(
    policy: Policy,
    files: &[RedactedEntry],
    left_out: &[Failure],
    errors: &[Failure],
) -> Vec<String> {
    let mut said = Vec::new();
    let snapshots = files.iter().filter_map(|file| file.snapshot.as_ref());
    let (mut count, mut values, mut strings) = (0, 0, 0);
    for snapshot in snapshots {
        count += 1;
        values += snapshot.values_looked_for;
        strings += snapshot.strings_looked_at;
    }
    if count > 0 {
        let what = match policy {
            Policy::Strict => "the same nodes, edges, ids, sizes and names of code, and no values",
            Policy::Structure => {
                "the same nodes, edges, ids, sizes and class names, no values, and only names of properties and \
                 variables that are public"
            }
            Policy::Secrets => "everything but the credentials that were recognised",
        };
        said.push(format!(
            "{} redacted: {what}.",
            counted(count, "snapshot was", "snapshots were")
        ));
        let looked = match policy {
            Policy::Strict | Policy::Structure => counted(values, "text", "texts"),
            Policy::Secrets => counted(values, "credential", "credentials"),
        };
        said.push(format!(
            "Proof: {looked} of the original looked for in {} of the result, none found.",
            counted(strings, "string", "strings")
        ));
    }
    let texts = files.iter().filter(|file| file.snapshot.is_none()).count() as u64;
    if texts > 0 {
        let masked = files.iter().filter_map(|file| file.masked).sum::<u64>();
        said.push(format!(
            "{} copied with {} masked; other personal data in them is as it was.",
            counted(texts, "text file was", "text files were"),
            counted(masked, "credential", "credentials")
        ));
    }
    if !left_out.is_empty() {
        let files = counted(left_out.len() as u64, "file was", "files were");
        said.push(format!("{files} left out, as they cannot be looked through."));
    }
    if !errors.is_empty() {
        let files = counted(errors.len() as u64, "file", "files");
        said.push(format!("{files} could not be redacted, and nothing was written for them."));
    }
    said
}

/// Why texts of a kind are kept or not.
pub(crate) fn why(policy: Policy, kind: Kind) -> &'static str {
    if policy == Policy::Secrets {
        return "credentials are replaced where their form or their name tells them, everything else stays";
    }
    if policy == Policy::Structure && matches!(kind, Kind::Property | Kind::Variable | Kind::Symbol)
    {
        return "names that Node.js or public npm packages use stay, all others go";
    }
    match kind {
        Kind::Value => {
            "replaced, whatever they say; up to two characters, the paths of scripts and what marks modules stay"
        }
        Kind::Runtime => "V8's and Node.js' own words stay",
        Kind::Class => "names of classes stay, if they read like code",
        Kind::Function => "names of functions stay, if they read like code",
        Kind::Script => "stay, without the user's name in /home/NAME",
        Kind::Property => {
            "names that read like code stay; keys of dictionaries, addresses, numbers go"
        }
        Kind::Variable => "names of variables stay, if they read like code",
        Kind::Symbol => "stay, if they read like code",
    }
}
