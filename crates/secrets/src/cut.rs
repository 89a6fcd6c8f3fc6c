//! Cutting a text that is too long to be looked at as one.

use crate::Rules;

/// How many places are tried.
const TRIES: usize = 16;
/// What stands between words.
const BLANKS: [char; 4] = [' ', ',', ';', '\t'];

impl Rules {
    /// Bytes on both sides of a place by which [`Rules::cut`] tells whether it is one.
    pub const AROUND: usize = 16 << 10;

    /// Where a long text can be cut so that [`Rules::mask`] masks in the two parts what it masks in the whole: where
    /// nothing that a rule matches goes across. Behind a blank if there is one, else wherever a character ends; at
    /// `end` or before, and not in the first half of what is before that. Sees credentials of up to [`Rules::AROUND`]
    /// bytes; where one follows the other for longer than the second half, or too often to be tried, the cut goes
    /// through one.
    ///
    /// Costs a few matches of the rules on twice [`Rules::AROUND`] bytes.
    pub fn cut(&self, text: &str, end: usize) -> usize {
        let end = text.floor_char_boundary(end);
        let least = text.floor_char_boundary(end / 2);
        let mut at = end;
        for _ in 0..TRIES {
            let blank = text.get(least..at).and_then(|text| text.rfind(BLANKS));
            // All blanks are one byte long.
            at = blank.map_or(at, |blank| least + blank + 1);
            match self.begins_before(text, at) {
                None => return at,
                Some(start) if start > least => at = start,
                Some(_) => break,
            }
        }
        end
    }

    /// Where the first match begins that goes across a place.
    fn begins_before(&self, text: &str, at: usize) -> Option<usize> {
        let from = text.floor_char_boundary(at.saturating_sub(Self::AROUND));
        let to = text.ceil_char_boundary(at.saturating_add(Self::AROUND));
        let window = text.get(from..to)?;
        let hits = self.hits(window);
        let hit = self.patterns.iter().enumerate().filter(|(bit, _)| hits >> bit & 1 == 1);
        let matches = hit.flat_map(|(_, pattern)| pattern.regex().find_iter(window));
        let across = matches.filter(|found| from + found.start() < at && at < from + found.end());
        across.map(|found| from + found.start()).min()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Lines, Rules};

    /// Credentials with blanks in what tells of them, or in themselves.
    pub(crate) fn credentials() -> Vec<String> {
        let key = "MIIEpAIBAAKCAQEAabcdef0123456789\\n".repeat(6);
        vec![
            "Authorization: Bearer abcdef0123456789abcdef".to_owned(),
            "Authorization: Basic dXNlcjpwYXNzd29yZA==".to_owned(),
            "password = correct-horse-battery".to_owned(),
            r#""password": "correct horse, battery; staple""#.to_owned(),
            format!("-----BEGIN RSA PRIVATE KEY-----\\n{key}-----END RSA PRIVATE KEY-----\\n"),
        ]
    }

    #[test]
    fn nothing_that_a_rule_matches_is_cut() {
        let rules = Rules::standard();
        for (credential, filler) in
            credentials().iter().flat_map(|it| [(it, "word "), (it, "\u{e4}\u{20ac}x")])
        {
            let (end, around) = (1200, filler.repeat(1500 / filler.len()));
            for at in end - credential.len() - 4..=end + 2 {
                let at = around.floor_char_boundary(at);
                let text = format!("{} {credential} {around}", &around[..at]);
                let cut = rules.cut(&text, end);
                assert!((end / 2 - 3..=end).contains(&cut), "{cut}");
                let parts = [rules.mask(&text[..cut]), rules.mask(&text[cut..])].concat();
                assert_eq!(parts, rules.mask(&text), "{credential} at {at}, cut at {cut}");
                assert!(parts.contains("[REDACTED"), "{credential}");
            }
        }
    }

    #[test]
    fn a_long_line_is_masked_wherever_its_credential_is() {
        for credential in credentials() {
            for at in [0, 1, 10, 20, 40, credential.len()] {
                let before = "word ".repeat((65_536 - at) / 5);
                let line = format!("{before}{credential}, and {before}");
                let masked = Lines::default().mask(&line);
                assert_eq!(masked.as_deref(), Some(&*Rules::standard().mask(&line)), "{at}");
            }
        }
    }

    #[test]
    fn a_text_of_one_credential_is_cut_all_the_same() {
        let text = format!("password=\"{}\"", "a b".repeat(30_000));
        let cut = Rules::standard().cut(&text, 60_000);
        assert!((30_000..=60_000).contains(&cut), "{cut}");
        assert_eq!(Rules::standard().cut("", 10), 0);
    }
}
