//! Kubernetes' quantities.

use heapglass_collect::place::Described;
use k8s_openapi::api::core::v1 as core;

/// The limits in a container's description. 0 is none.
pub(crate) fn limits(container: &core::Container) -> Described {
    let limits = container.resources.as_ref().and_then(|resources| resources.limits.as_ref());
    let limit = |name: &str, read: fn(&str) -> Option<u64>| {
        limits.and_then(|limits| read(&limits.get(name)?.0)).filter(|&limit| limit > 0)
    };
    Described { memory: limit("memory", bytes), cpu: limit("cpu", thousandths) }
}

/// A quantity of memory in bytes: `512Mi`, `1G`, `1.5Gi`, `100000`, `128974848000m`.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    number(text).map(|bytes| bytes as u64)
}

/// A quantity of processors in thousandths of one: `500m`, `0.5`, `2`.
fn thousandths(text: &str) -> Option<u64> {
    number(text).map(|processors| (processors * 1000.0).round() as u64)
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
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
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use heapglass_collect::place::Described;
    use serde_json::json;

    #[test]
    fn limits_of_a_container() {
        for (limits, memory, cpu) in [
            (json!({"memory": "512Mi", "cpu": "500m"}), Some(512 << 20), Some(500)),
            (json!({"cpu": "0.1"}), None, Some(100)),
            (json!({"cpu": "2"}), None, Some(2000)),
            (json!({"cpu": "1500000u"}), None, Some(1500)),
            (json!({"memory": "0", "cpu": "0"}), None, None),
            (json!({"memory": "much", "cpu": "all"}), None, None),
            (json!(null), None, None),
        ] {
            let container = json!({"name": "app", "resources": {"limits": limits}});
            let container = serde_json::from_value(container).expect("a container");
            assert_eq!(super::limits(&container), Described { memory, cpu }, "{container:?}");
        }
    }

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
