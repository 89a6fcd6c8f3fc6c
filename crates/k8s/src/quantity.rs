//! Kubernetes' quantities.

/// A quantity of memory in bytes: `512Mi`, `1G`, `1.5Gi`, `100000`, `128974848000m`.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            10f64.powi(power)
        }
    };
    number.parse::<f64>().ok().map(|number| (number * factor) as u64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn quantities() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(super::bytes(text), expected);
        check("512Mi", Some(512 << 20));
        check("1.5Gi", Some(3 << 29));
        check("1G", Some(1_000_000_000));
        check("2500m", Some(2));
        check("12e6", Some(12_000_000));
        check("1000", Some(1000));
        check("lots", None);
    }
}
