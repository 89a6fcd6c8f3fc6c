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

/// Seconds since 1970 as RFC 3339; `None` beyond the year 9999.
pub(crate) fn time(seconds: i64) -> Option<String> {
    if !(0..253_402_300_800).contains(&seconds) {
        return None;
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the day that some have more is their last one.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + later;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    Some(format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_790_000_000, "2026-09-21T14:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(time(seconds).as_deref(), Some(expected));
        }
        assert_eq!((time(-1), time(i64::MAX)), (None, None));
    }
}
