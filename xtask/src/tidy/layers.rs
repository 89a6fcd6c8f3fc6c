//! Who may depend on whom.

use serde_json::Value;

/// A package of the workspace and the ones it may use. Order: from the bottom up.
const LAYERS: &[(&str, &[&str])] = &[
    ("heapglass-format", &[]),
    ("heapglass-graph", &["heapglass-format"]),
    ("heapglass-secrets", &[]),
    ("heapglass-javascript", &[]),
    ("heapglass-redact", &["heapglass-secrets", "heapglass-format"]),
    (
        "heapglass-analysis",
        &["heapglass-javascript", "heapglass-secrets", "heapglass-graph", "heapglass-format"],
    ),
    (
        "heapglass-report",
        &[
            "heapglass-analysis",
            "heapglass-redact",
            "heapglass-secrets",
            "heapglass-graph",
            "heapglass-format",
        ],
    ),
    ("heapglass-collect", &["heapglass-redact", "heapglass-secrets", "heapglass-format"]),
    (
        "heapglass-k8s",
        &["heapglass-collect", "heapglass-redact", "heapglass-secrets", "heapglass-format"],
    ),
    (
        "heapglass",
        &[
            "heapglass-k8s",
            "heapglass-collect",
            "heapglass-redact",
            "heapglass-secrets",
            "heapglass-report",
            "heapglass-analysis",
            "heapglass-javascript",
            "heapglass-graph",
            "heapglass-format",
        ],
    ),
    // Used by tests only: see `breaches`. It may know the engine, to hold it against slow twins.
    ("heapglass-testkit", &["heapglass-graph", "heapglass-format"]),
    // Chores drive the built program from outside, as a user does.
    ("xtask", &["heapglass-testkit"]),
];

/// The package that tests alone may use.
const TESTKIT: &str = "heapglass-testkit";

/// Crates that are heavy, or that tie a layer to one face, and the only packages that may use them.
const QUARANTINED: &[(&str, &[&str])] = &[
    ("clap", &["heapglass", "xtask"]),
    ("clap_complete", &["heapglass"]),
    ("clap_mangen", &["heapglass"]),
    ("anyhow", &["heapglass", "xtask"]),
    ("indicatif", &["heapglass"]),
    ("schemars", &["heapglass-report", "heapglass-collect", "heapglass-k8s"]),
    ("flate2", &["heapglass-format"]),
    ("zstd", &["heapglass-format", "heapglass-collect", "xtask"]),
    ("kube", &["heapglass-k8s"]),
    ("k8s-openapi", &["heapglass-k8s"]),
    ("tokio", &["heapglass-collect", "heapglass-k8s", "heapglass"]),
    ("memmap2", &["heapglass-format"]),
    ("stats_alloc", &["heapglass"]),
    ("nix", &["xtask"]),
    ("csv", &["xtask"]),
    ("quick-xml", &["heapglass-report"]),
    ("toml", &["heapglass"]),
    ("oxc_parser", &["heapglass-javascript"]),
    ("oxc_semantic", &["heapglass-javascript"]),
];

/// Crates that nothing may bring in, not even indirectly, until a layer of their own is made for
/// them.
const NOWHERE: &[&str] = &["axum", "rmcp", "openssl-sys"];

/// Breaches in what `cargo metadata --no-deps` says.
pub(super) fn breaches(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for package in array(&metadata["packages"]) {
        let name = text(&package["name"]);
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            found.push(format!("{name}: not in the table of layers in xtask/src/tidy/layers.rs"));
            continue;
        };
        for dependency in array(&package["dependencies"]) {
            let on = text(&dependency["name"]);
            let for_tests = text(&dependency["kind"]) == "dev";
            let is_ours = LAYERS.iter().any(|(layer, _)| *layer == on);
            if is_ours && !allowed.contains(&on) && !(for_tests && on == TESTKIT) {
                found.push(format!("{name} may not depend on {on}"));
            }
            let quarantine = QUARANTINED.iter().find(|(heavy, _)| *heavy == on);
            if let Some((_, homes)) = quarantine
                && !homes.contains(&name)
                && !for_tests
            {
                found.push(format!("{name} may not depend on {on}: only {}", homes.join(", ")));
            }
        }
    }
    found
}

/// Breaches in `Cargo.lock`.
pub(super) fn banned_anywhere(lock: &str) -> Vec<String> {
    lock.lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .filter(|name| NOWHERE.contains(name))
        .map(|name| format!("{name} is in Cargo.lock: it needs a layer of its own first"))
        .collect()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string, or "" for `null` (cargo's kind of a normal dependency).
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    fn check(name: &str, on: &str, kind: Option<&str>) -> Vec<String> {
        super::breaches(&json!({
            "packages": [{ "name": name, "dependencies": [{ "name": on, "kind": kind }] }]
        }))
    }

    #[test]
    fn upwards_is_allowed() {
        assert!(check("heapglass-graph", "heapglass-format", None).is_empty());
        assert!(check("heapglass", "heapglass-report", None).is_empty());
        assert!(check("heapglass", "clap", None).is_empty());
    }

    #[test]
    fn downwards_is_a_breach() {
        let expected = ["heapglass-format may not depend on heapglass-graph"];
        assert_eq!(check("heapglass-format", "heapglass-graph", None), expected);
        assert_eq!(check("heapglass-format", "heapglass-graph", Some("dev")), expected);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        assert!(check("heapglass-graph", "heapglass-testkit", Some("dev")).is_empty());
        assert_eq!(
            check("heapglass-graph", "heapglass-testkit", None),
            ["heapglass-graph may not depend on heapglass-testkit"]
        );
    }

    #[test]
    fn heavy_crates_have_one_home() {
        assert_eq!(
            check("heapglass-analysis", "clap", None),
            ["heapglass-analysis may not depend on clap: only heapglass, xtask"]
        );
    }

    #[test]
    fn a_new_package_needs_a_place() {
        assert_eq!(check("heapglass-new", "serde", None).len(), 1);
    }

    #[test]
    fn some_crates_wait_for_their_layer() {
        let lock = "[[package]]\nname = \"axum\"\nversion = \"1.0.0\"\n";
        assert_eq!(super::banned_anywhere(lock).len(), 1);
        assert!(super::banned_anywhere("name = \"serde\"\n").is_empty());
    }
}
