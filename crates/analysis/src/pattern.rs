//! Names as people write them down: exactly, or as a regular expression between slashes.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use crate::Error;

/// A name, `Session`, or a regular expression, `/^Http.*Request$/`, that matches anywhere in a name.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    regex: Option<Regex>,
}

impl NamePattern {
    /// Whether a name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match &self.regex {
            Some(regex) => regex.is_match(name),
            None => self.text == name,
        }
    }

    /// Whether one name alone is meant.
    fn is_exact(&self) -> bool {
        self.regex.is_none()
    }
}

impl FromStr for NamePattern {
    type Err = Error;

    /// Reads `name`, `"name"` or `/regular expression/`.
    fn from_str(text: &str) -> Result<NamePattern, Error> {
        let between = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
        if let Some(pattern) = between('/').filter(|_| text.len() > 2) {
            let regex = Regex::new(pattern).map_err(|error| Error::Pattern(error.to_string()))?;
            return Ok(NamePattern { text: text.to_owned(), regex: Some(regex) });
        }
        let name = between('"').unwrap_or(text);
        if name.is_empty() {
            return Err(Error::Pattern("a name is empty".to_owned()));
        }
        Ok(NamePattern { text: name.to_owned(), regex: None })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &NamePattern) -> bool {
        self.text == other.text && self.is_exact() == other.is_exact()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        pattern.parse::<NamePattern>().is_ok_and(|pattern| pattern.matches(name))
    }

    #[test]
    fn names_are_exact_and_expressions_match_anywhere() {
        assert!(matches("Session", "Session") && !matches("Session", "SessionStore"));
        assert!(matches("\"(string)\"", "(string)") && matches("(string)", "(string)"));
        assert!(matches("/^Sess/", "SessionStore") && !matches("/^ess/", "Session"));
        assert!(matches("/", "/") && matches("//", "//"));
    }

    #[test]
    fn nothing_and_half_an_expression_are_refused() {
        assert!("".parse::<NamePattern>().is_err() && "\"\"".parse::<NamePattern>().is_err());
        assert!("/(/".parse::<NamePattern>().is_err());
    }
}
