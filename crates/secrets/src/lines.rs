//! Text that comes line by line.

use crate::Rules;

/// Longer lines are masked piece by piece.
const PIECE: usize = 64 << 10;

/// Masks lines, and private keys that go over several of them.
#[derive(Debug)]
pub struct Lines {
    rules: &'static Rules,
    within_key: bool,
    masked: u64,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { rules: Rules::standard(), within_key: false, masked: 0 }
    }
}

impl Lines {
    /// A line without what should not be seen; `None` for a line that is left out as a whole.
    pub fn mask(&mut self, line: &str) -> Option<String> {
        if self.within_key {
            if line.contains("-----END") {
                self.within_key = false;
            } else if looks_like_key(line) {
                return None;
            } else {
                // It was cut off, or only spoken of.
                self.within_key = false;
                return Some(self.pieces(line));
            }
            return None;
        }
        let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
        if begins && !line.contains("-----END") {
            self.within_key = true;
        }
        Some(self.pieces(line))
    }

    /// How many credentials were masked.
    pub fn masked(&self) -> u64 {
        self.masked
    }

    fn pieces(&mut self, line: &str) -> String {
        let mut text = String::with_capacity(line.len());
        let mut rest = line;
        while rest.len() > PIECE {
            let (piece, after) = rest.split_at(boundary(rest));
            self.piece(piece, &mut text);
            rest = after;
        }
        self.piece(rest, &mut text);
        text
    }

    fn piece(&mut self, piece: &str, text: &mut String) {
        let masked = self.rules.mask(piece);
        if let std::borrow::Cow::Owned(masked) = &masked {
            self.masked += masked.matches("[REDACTED:").count() as u64;
        }
        text.push_str(&masked);
    }
}

/// Where a long line is cut: after a blank if there is one in its last part, else wherever a character ends.
fn boundary(text: &str) -> usize {
    let end = (0..=PIECE).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    match text[..end].rfind([' ', ',', ';', '\t']) {
        Some(at) if at > PIECE / 2 => at + 1,
        _ => end,
    }
}

/// Whether a line can be one within a private key: base64, or a header of it.
fn looks_like_key(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.contains(": ") && line.len() < 80
        || line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\\".contains(&byte))
            && line.len() <= 128
        // With the time that a log puts before each line.
        || line.rsplit(' ').next().is_some_and(|last| {
            last.len() >= 40 && last.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
        })
}
