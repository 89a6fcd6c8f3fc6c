//! Times as text, in UTC.

/// `2001-09-09T01:46:40.000Z` for milliseconds since 1970, as JavaScript writes it; what is no time as it is.
pub(super) fn of_milliseconds(milliseconds: &str) -> String {
    let Ok(number) = milliseconds.parse::<f64>() else { return milliseconds.to_owned() };
    // JavaScript knows no time farther from 1970.
    if !(-8.64e15..=8.64e15).contains(&number) {
        return milliseconds.to_owned();
    }
    let total = number as i64;
    let (days, of_day) = (total.div_euclid(86_400_000), total.rem_euclid(86_400_000));
    format!("{}T{}.{:03}Z", date(days), time(of_day / 1000), of_day % 1000)
}

/// Seconds since 1970 as RFC 3339; `None` before 1970 and beyond the year 9999.
pub(crate) fn of_seconds(seconds: i64) -> Option<String> {
    let is_known = (0..253_402_300_800).contains(&seconds);
    is_known.then(|| format!("{}T{}Z", date(seconds / 86_400), time(seconds % 86_400)))
}

/// `01:46:40` for a second of the day.
fn time(of_day: i64) -> String {
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// `2001-09-09` for a day counted from 1970-01-01, in the proleptic Gregorian calendar (Hinnant, “chrono-Compatible
/// Low-Level Date Algorithms”).
fn date(days: i64) -> String {
    // Years begin in March here, so that the day that some have more is their last one.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_javascript() {
        for (milliseconds, expected) in [
            ("0", "1970-01-01T00:00:00.000Z"),
            ("1000000000000", "2001-09-09T01:46:40.000Z"),
            ("951782400000", "2000-02-29T00:00:00.000Z"),
            ("-1", "1969-12-31T23:59:59.999Z"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(of_milliseconds(milliseconds), expected);
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_790_000_000, "2026-09-21T14:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(of_seconds(seconds).as_deref(), Some(expected));
        }
        assert_eq!((of_seconds(-1), of_seconds(i64::MAX)), (None, None));
    }
}
