//! What `secrets` found, in sentences.

use heapglass_analysis::SecretReport;

use super::numbers::{count, counted};

/// Kinds that the first sentence names.
const NAMED_KINDS: usize = 6;

/// The answer first, then what it leaves open.
pub(crate) fn answer(report: &SecretReport, rules: usize) -> Vec<String> {
    let mut sentences = Vec::new();
    if report.redaction.as_ref().is_some_and(|mark| !mark.leaves_texts()) {
        sentences.push(
            "The snapshot was redacted: other letters stand for its texts, and nothing was looked for. Ask this of the \
             snapshot as it was; `capture --redact --report` says it while it captures."
                .to_owned(),
        );
        return sentences;
    }
    if report.count == 0 {
        sentences.push(format!(
            "No credential was found by {rules} rules in {}.",
            counted(report.text_count, "text", "texts")
        ));
        sentences.push(
            "This is no proof: bytes in buffers are not in a snapshot, nor is what V8 cuts off of long strings."
                .to_owned(),
        );
    } else {
        sentences.push(format!(
            "{} in {}: {}.",
            counted(report.count, "credential", "credentials"),
            counted(report.string_count, "string", "strings"),
            kinds(report)
        ));
    }
    if report.unread_count > 0 {
        sentences.push(format!(
            "{} not read: there are too many.",
            counted(report.unread_count, "joined string was", "joined strings were")
        ));
    }
    if report.redaction.is_some() {
        sentences.push(
            "The snapshot was redacted: what stands under a telling name may be other letters already.".to_owned(),
        );
    }
    if report.missed_count > 0 {
        sentences.push(format!(
            "{} with credentials {} not looked at further: there are too many.",
            counted(report.missed_count, "more text", "more texts"),
            if report.missed_count == 1 { "was" } else { "were" }
        ));
    }
    sentences
}

/// "2 JSON Web Tokens, 1 GitHub token and 3 others".
fn kinds(report: &SecretReport) -> String {
    let (named, rest) = report.by_rule.split_at(report.by_rule.len().min(NAMED_KINDS));
    let mut kinds: Vec<String> = named
        .iter()
        .map(|&(rule, number)| {
            format!("{} {}", count(number), if number == 1 { rule.title } else { rule.plural })
        })
        .collect();
    let others: u64 = rest.iter().map(|&(_, number)| number).sum();
    if others > 0 {
        kinds.push(counted(others, "other", "others"));
    }
    match kinds.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}
