//! What a figure is compared with: a number, a size or a share.

use std::fmt;
use std::str::FromStr;

/// A bound as it is written: `100`, `1.5 MB`, `64 KiB`, `5%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A number of things, or of bytes.
    Number(u64),
    /// A number of bytes with a unit.
    Size(u64),
    /// A share of a whole, in per cent.
    Share(f64),
}

/// How a figure has to compare with its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==` or `=`
    Equal,
    /// `!=`
    Other,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

/// Units and how many bytes they are: 1000 as everywhere in heapglass, 1024 with an `i`.
const UNITS: [(&str, u64); 10] = [
    ("B", 1),
    ("bytes", 1),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

impl Bound {
    /// The bound in the figure's unit, where a share is one of `whole`.
    pub fn of(self, whole: i128) -> i128 {
        match self {
            Bound::Number(number) | Bound::Size(number) => i128::from(number),
            Bound::Share(percent) => (whole as f64 * percent / 100.0) as i128,
        }
    }

    /// Whether it is a share of a whole.
    pub fn is_share(self) -> bool {
        matches!(self, Bound::Share(_))
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Bound, String> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && !"_,.".contains(c));
        let (digits, unit) = text.split_at(end.unwrap_or(text.len()));
        let unit = unit.trim();
        let wrong = || format!("{text:?} is no number: 100, 1.5 MB, 64 KiB and 5% are");
        let number = without_separators(digits).and_then(|digits| digits.parse::<f64>().ok());
        let number = number.ok_or_else(wrong)?;
        if unit == "%" {
            return Ok(Bound::Share(number));
        }
        let whole = |number: f64| {
            // Above 2^53 a float no longer tells one byte from the next; nobody writes such bounds.
            (number.fract() == 0.0 && number < 9e15).then_some(number as u64).ok_or_else(wrong)
        };
        if unit.is_empty() {
            return Ok(Bound::Number(whole(number)?));
        }
        let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(|| {
            format!("{unit:?} is no unit: B, kB, MB, GB, TB, KiB, MiB, GiB and % are")
        })?;
        Ok(Bound::Size(whole((number * *bytes as f64).round())?))
    }
}

/// A number without what parts its thousands. `None` if a comma stands anywhere else: `1,5` is not 15.
fn without_separators(number: &str) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let are_thousands = match whole.contains(',') {
        true => (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3),
        false => true,
    };
    (are_thousands && !fraction.contains(',')).then(|| number.replace(['_', ','], ""))
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Number(number) => write!(f, "{number}"),
            Bound::Size(bytes) => {
                let fits = |unit: &u64| *bytes >= *unit && bytes.is_multiple_of(*unit / 10);
                let unit = [1_000_000_000, 1_000_000, 1000].into_iter().find(fits);
                match unit.and_then(|unit| UNITS.iter().find(|(_, size)| *size == unit)) {
                    Some((name, size)) => write!(f, "{} {name}", *bytes as f64 / *size as f64),
                    None => write!(f, "{bytes} B"),
                }
            }
            Bound::Share(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Comparison {
    const ALL: [(&'static str, Comparison); 7] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("==", Comparison::Equal),
        ("=", Comparison::Equal),
        ("!=", Comparison::Other),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ];

    /// Whether `measured` compares so with `bound`.
    pub fn holds(self, measured: i128, bound: i128) -> bool {
        match self {
            Comparison::Below => measured < bound,
            Comparison::AtMost => measured <= bound,
            Comparison::Equal => measured == bound,
            Comparison::Other => measured != bound,
            Comparison::AtLeast => measured >= bound,
            Comparison::Above => measured > bound,
        }
    }

    /// As in "at most 100".
    pub fn words(self) -> &'static str {
        match self {
            Comparison::Below => "below",
            Comparison::AtMost => "at most",
            Comparison::Equal => "exactly",
            Comparison::Other => "not",
            Comparison::AtLeast => "at least",
            Comparison::Above => "above",
        }
    }
}

impl FromStr for Comparison {
    type Err = String;

    fn from_str(text: &str) -> Result<Comparison, String> {
        let found = Comparison::ALL.iter().find(|(sign, _)| *sign == text);
        found.map(|(_, comparison)| *comparison).ok_or_else(|| format!("{text:?} compares nothing"))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Comparison::ALL.iter().find(|(_, comparison)| comparison == self);
        f.write_str(found.map_or("", |(sign, _)| sign))
    }
}
