//! `strings`: the texts of a heap.

use heapglass_analysis::{TextHolder, TextList, TextRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectEntry;
use crate::text::{SizeStyle, strings_words};

/// Characters of a text that a document has. `object` gives the whole.
const MOST_CHARS: usize = 1000;

/// As much of a text as a document has, and whether there is more.
pub(super) fn beginning(text: &str) -> (String, bool) {
    match text.char_indices().nth(MOST_CHARS).and_then(|(end, _)| text.get(..end)) {
        Some(beginning) => (beginning.to_owned(), true),
        None => (text.to_owned(), false),
    }
}

/// What `strings` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StringsBody {
    /// The answer in sentences.
    pub text: Vec<String>,
    /// Number of different texts that were asked for.
    pub text_count: u64,
    /// Number of strings with these texts.
    pub string_count: u64,
    /// Bytes of these strings.
    pub shallow_size: u64,
    /// Bytes that would be saved if each of these texts were there once.
    pub wasted_size: u64,
    /// Number of strings that match and have the first 1,024 characters of their texts in common with others, where the
    /// snapshot has no more of them. They count as no copies.
    pub unsure_count: u64,
    /// Number of sliced strings in the heap, whose texts are parts of others and are not looked at.
    pub slice_count: u64,
    /// The texts, in the order that was asked for.
    pub strings: Vec<TextEntry>,
    /// Number of texts that are not in `strings`.
    pub more: u64,
}

/// One text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TextEntry {
    /// The text, at most the first 1,000 characters of it.
    pub text: String,
    /// Whether there is more of it.
    pub is_cut: bool,
    /// Number of strings.
    pub count: u64,
    /// Their bytes; of a concatenated string without its parts.
    pub shallow_size: u64,
    /// Bytes beyond those of the largest of them.
    pub wasted_size: u64,
    /// Id of the largest of them.
    pub string_id: u64,
    /// Bytes that would be freed with it.
    pub retained_size: u64,
    /// What holds them, the most frequent first.
    pub holders: Vec<TextHolderEntry>,
    /// The shortest way to the largest of them, in words; `null` where only weak edges lead to it.
    pub path: Option<String>,
}

/// Objects of one class that hold strings of a text in the same way.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TextHolderEntry {
    /// DevTools' constructor column.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_class_name: Option<String>,
    /// How: `.name`, `[…]` for an element, `entry` of a Map or a Set, `[key]` of an object used as a dictionary,
    /// `variable x`; with a source map `variable cache (x)` if the variable is called that in all of them.
    pub edge: String,
    /// Strings that are held like this, each by its nearest holder.
    pub count: u64,
    /// Of a single string that is the text of a script: the end of the script's path; for pages.
    #[serde(skip)]
    pub source_of: Option<String>,
    /// Id of one of the holders.
    pub id: u64,
}

impl From<&TextList> for StringsBody {
    fn from(list: &TextList) -> StringsBody {
        let mut body = StringsBody {
            text: Vec::new(),
            text_count: list.text_count,
            string_count: list.string_count,
            shallow_size: list.shallow_size,
            wasted_size: list.wasted_size,
            unsure_count: list.unsure_count,
            slice_count: list.slice_count,
            strings: list.rows.iter().map(TextEntry::from).collect(),
            more: list.text_count.saturating_sub(list.rows.len() as u64),
        };
        body.text = strings_words::answer(&body, SizeStyle::Human);
        body
    }
}

impl From<&TextRow> for TextEntry {
    fn from(row: &TextRow) -> TextEntry {
        let example = ObjectEntry::from(&row.example);
        let (text, is_cut) = beginning(&row.text);
        TextEntry {
            text,
            is_cut,
            count: row.count,
            shallow_size: row.shallow_size,
            wasted_size: row.wasted_size,
            string_id: example.id,
            retained_size: example.retained_size,
            holders: row.holders.iter().map(TextHolderEntry::from).collect(),
            path: row.path.clone(),
        }
    }
}

impl From<&TextHolder> for TextHolderEntry {
    fn from(holder: &TextHolder) -> TextHolderEntry {
        TextHolderEntry {
            class_name: holder.class_name.clone(),
            original_class_name: holder.original_class_name.clone(),
            edge: holder.edge.clone(),
            count: holder.count,
            source_of: holder.source_of.clone(),
            id: holder.example.0,
        }
    }
}
