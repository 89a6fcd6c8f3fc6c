//! What was found in the clear texts, for those who see the result alone.

use std::io::Write;

use heapglass_secrets::Noted;

use super::Redactor;
use crate::texts::{Piece, unescape};

impl<W: Write> Redactor<W> {
    /// Notes the credentials of the clear texts as they pass: [`Redactor::take_noted`] gives them. Texts of more than a
    /// megabyte are not looked at.
    ///
    /// Cost: a search of each text. Memory: that of [`Noted`].
    #[must_use]
    pub fn noting(mut self) -> Redactor<W> {
        self.noted = Some(Noted::default());
        self
    }

    /// The credentials that were noted: text `i` is in the result string `2i` as a name and `2i + 1` as a value.
    pub fn take_noted(&mut self) -> Option<Noted> {
        self.noted.take()
    }
}

/// Looks at a piece of the text with this number.
pub(super) fn note(noted: &mut Option<&mut Noted>, number: usize, piece: Piece<'_>) {
    if let (Some(noted), Piece::Whole(raw), Ok(number)) = (noted, piece, u32::try_from(number)) {
        noted.note(number, &unescape(raw));
    }
}
