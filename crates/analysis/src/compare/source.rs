//! Class keys that mean the same in every process: with the script's name instead of its number.

use crate::source::Scripts;

/// A class key with the script's name for its number; one without a place as it is.
pub(super) fn portable_key(key: &str, scripts: &Scripts<'_>) -> String {
    let Some((script, rest)) = split(key) else { return key.to_owned() };
    let name = script.parse().ok().and_then(|script| scripts.name(script));
    format!("{},{rest}", name.unwrap_or_default())
}

/// The script's number and the rest of the key of a class that has a place.
fn split(key: &str) -> Option<(&str, &str)> {
    let (script, rest) = key.split_once(',')?;
    (!script.is_empty()).then_some((script, rest))
}
