//! How far the verdict on a damaged snapshot can be trusted.

use super::numbers::share;
use crate::wire::{IncompleteEntry, VerdictEntry};

/// Makes `sentences`, whose second says whether anything stands out, say no more than what could
/// be read allows.
pub(super) fn qualify(verdict: &VerdictEntry, sentences: &mut Vec<String>) {
    let Some(incomplete) = &verdict.incomplete else { return };
    let nothing = verdict.suspects.is_empty();
    let text = match *incomplete {
        IncompleteEntry { edges_read: 0, .. } => {
            "Who retains the memory cannot be judged: none of the edges were read, so no figure \
             about retention can be trusted."
                .to_owned()
        }
        IncompleteEntry { edges_read, edges_promised: Some(promised) } if nothing => format!(
            "Whether anything stands out cannot be judged: only {} of the edges were read.",
            part(edges_read, promised)
        ),
        IncompleteEntry { edges_read, edges_promised: Some(promised) } => {
            let only = part(edges_read, promised);
            let text = format!("Only {only} of the edges were read, so this may be wrong.");
            sentences.insert(sentences.len().min(2), text);
            return;
        }
        IncompleteEntry { edges_promised: None, .. } if nothing => {
            "Nothing stands out in what could be read; the file is not whole.".to_owned()
        }
        IncompleteEntry { edges_promised: None, .. } => return,
    };
    sentences.truncate(1);
    sentences.push(text);
}

/// The share that was read, which is never all.
fn part(read: u64, promised: u64) -> String {
    match share(read, promised).as_str() {
        "100%" => "99%".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(edges_read: u64, edges_promised: Option<u64>) -> String {
        let incomplete = Some(IncompleteEntry { edges_read, edges_promised });
        let verdict = VerdictEntry {
            text: Vec::new(),
            suspects: Vec::new(),
            explained_size: 0,
            detached: None,
            script_sources: None,
            incomplete,
        };
        let mut sentences = vec!["Size.".to_owned(), "Nothing stands out.".to_owned()];
        qualify(&verdict, &mut sentences);
        sentences.join(" ")
    }

    #[test]
    fn nothing_is_no_fact_where_edges_are_missing() {
        assert_eq!(
            said(32, Some(100)),
            "Size. Whether anything stands out cannot be judged: only 32% of the edges were read."
        );
        assert!(said(9_999, Some(10_000)).contains("only 99% of"));
        assert!(said(0, None).contains("no figure about retention can be trusted"));
        assert!(said(10, None).contains("in what could be read"));
    }
}
