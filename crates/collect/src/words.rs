//! Figures as the rest of the program writes them.

use std::time::Duration;

/// A size in decimal units: `1.2 GB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$} {}", UNITS[unit])
}

/// Reads a size: in decimal units as [`size`] writes them (`1.2 GB`, `500MB`, `1000`), and in binary ones as
/// Kubernetes does (`1.5Gi`, `512MiB`).
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1_048_576.0,
        "gi" | "gib" => 1_073_741_824.0,
        "ti" | "tib" => 1_099_511_627_776.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| (number * factor) as u64)
}

/// A length of time: `0.35 s`, `12 s`, `3 min 20 s`.
pub fn seconds(time: Duration) -> String {
    let all = time.as_secs_f64();
    match all {
        all if all < 0.995 => format!("{all:.2} s"),
        all if all < 9.95 => format!("{all:.1} s"),
        all if all < 120.0 => format!("{all:.0} s"),
        all => {
            let all = all.round() as u64;
            match (all / 60, all % 60) {
                (minutes, 0) => format!("{minutes} min"),
                (minutes, rest) => format!("{minutes} min {rest} s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let sizes = [0, 999, 1000, 999_499, 1_234_567, 123_456_789, 2_100_000_000];
        let words = ["0 B", "999 B", "1.0 kB", "999 kB", "1.2 MB", "123 MB", "2.1 GB"];
        assert_eq!(sizes.map(size), words);
        let times = [0.004, 0.35, 1.0, 12.3, 119.0, 120.0, 200.4];
        let words = ["0.00 s", "0.35 s", "1.0 s", "12 s", "119 s", "2 min", "3 min 20 s"];
        assert_eq!(times.map(|time| seconds(Duration::from_secs_f64(time))), words);
    }

    #[test]
    fn sizes_are_read_as_they_are_printed() {
        assert_eq!(parse_size("5GB"), Some(5_000_000_000));
        assert_eq!(parse_size("1.5 gb"), Some(1_500_000_000));
        assert_eq!(parse_size("0"), Some(0));
        assert_eq!(parse_size("100 kB"), Some(100_000));
        assert_eq!(parse_size("2TB"), Some(2_000_000_000_000));
        assert_eq!(parse_size(" 1.5GiB"), Some(1_610_612_736));
        assert_eq!(parse_size("512Mi"), Some(536_870_912));
        for wrong in ["", "GB", "5 apples", "-1", "1.2.3"] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
    }
}
