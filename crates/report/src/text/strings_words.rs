//! What `strings` found, in sentences.

use super::numbers::{SizeStyle, counted, size_in_words};
use crate::wire::StringsBody;

/// The answer first, then what it leaves out.
pub(crate) fn answer(list: &StringsBody, sizes: SizeStyle) -> Vec<String> {
    let words = |bytes| size_in_words(bytes, sizes);
    let mut sentences = Vec::new();
    if list.text_count == 0 {
        sentences.push("No text matches.".to_owned());
    } else {
        sentences.push(format!(
            "{} with {}, {} in all.",
            counted(list.string_count, "string", "strings"),
            counted(list.text_count, "text", "different texts"),
            words(list.shallow_size)
        ));
        if list.wasted_size > 0 {
            sentences.push(format!(
                "{} would be saved if each text were there once.",
                words(list.wasted_size)
            ));
        }
    }
    if list.unsure_count > 0 {
        sentences.push(format!(
            "{} not counted as copies: the snapshot has only the first 1,024 characters, which others have too.",
            counted(list.unsure_count, "string was", "strings were")
        ));
    }
    if list.slice_count > 0 {
        sentences.push(format!(
            "{} not looked at: what part of another string they are is in no snapshot.",
            counted(list.slice_count, "slice was", "slices were")
        ));
    }
    sentences
}
