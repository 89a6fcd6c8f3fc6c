//! Sizes, counts and shares as people read them.

pub use heapglass_format::counted;
pub(super) use heapglass_format::grouped as count;

/// How sizes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeStyle {
    /// `1.2 MB`: decimal units with one digit, as DevTools writes them.
    Human,
    /// `1,234,567`: every byte.
    Exact,
}

const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];

/// A size in bytes.
pub(super) fn size(bytes: u64, style: SizeStyle) -> String {
    match style {
        SizeStyle::Exact => count(bytes),
        SizeStyle::Human if bytes < 1000 => format!("{bytes} B"),
        SizeStyle::Human => human(bytes),
    }
}

/// A size that may be negative, which only damaged files have.
pub(super) fn signed_size(bytes: i64, style: SizeStyle) -> String {
    let sign = if bytes < 0 { "-" } else { "" };
    format!("{sign}{}", size(bytes.unsigned_abs(), style))
}

/// A size inside a sentence: as `size`, with the unit that exact sizes leave out in tables.
pub fn size_in_words(bytes: u64, style: SizeStyle) -> String {
    match style {
        SizeStyle::Human => size(bytes, style),
        SizeStyle::Exact => format!("{} bytes", count(bytes)),
    }
}

fn human(bytes: u64) -> String {
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would print as "1000.0" of the smaller unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `part` of `whole` in per cent: `12%`, with one digit below ten.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = 100.0 * part as f64 / whole as f64;
    match percent {
        p if p >= 9.95 => format!("{p:.0}%"),
        p if p < 0.05 && part > 0 => "<0.1%".to_owned(),
        p => format!("{p:.1}%"),
    }
}

/// A distance as DevTools shows it.
pub(super) fn distance(shown: Option<u32>) -> String {
    shown.map_or_else(|| "–".to_owned(), |distance| distance.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_like_people_do() {
        let human = |bytes| size(bytes, SizeStyle::Human);
        assert_eq!(human(0), "0 B");
        assert_eq!(human(999), "999 B");
        assert_eq!(human(1000), "1.0 kB");
        assert_eq!(human(999_949), "999.9 kB");
        assert_eq!(human(999_950), "1.0 MB");
        assert_eq!(human(5_000_000_000), "5.0 GB");
        assert_eq!(human(u64::MAX), "18.4 EB");
        assert_eq!(size(1_234_567, SizeStyle::Exact), "1,234,567");
        assert_eq!(signed_size(-1_500, SizeStyle::Human), "-1.5 kB");
    }

    #[test]
    fn shares_keep_a_digit_where_it_tells() {
        assert_eq!(share(1, 2), "50%");
        assert_eq!(share(1, 30), "3.3%");
        assert_eq!(share(1, 1_000_000), "<0.1%");
        assert_eq!(share(0, 10), "0.0%");
        assert_eq!(share(0, 0), "–");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(1), "1");
        assert_eq!(count(1000), "1,000");
        assert_eq!(counted(1, "object", "objects"), "1 object");
        assert_eq!(counted(12_000, "object", "objects"), "12,000 objects");
    }
}
