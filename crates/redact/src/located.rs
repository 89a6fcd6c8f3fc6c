//! Names that say where something or somebody is: addresses, hosts, references to entities.

use crate::public::is_public;

/// Last parts of names of hosts that no name of code ends in.
const DOMAINS: [&str; 6] = ["com", "org", "net", "edu", "gov", "mil"];
/// Those that names of code end in as well, so that two words have to stand before them.
const PRIVATE_DOMAINS: [&str; 5] = ["local", "internal", "lan", "corp", "localdomain"];
/// What programs put before a colon and a path of a module or a rule.
const OF_CODE: [&str; 11] = [
    "node",
    "npm",
    "jsr",
    "bun",
    "deno",
    "ext",
    "internal",
    "webpack",
    "plugin",
    "cloudflare",
    "workspace",
];

/// Whether a name says where something or somebody is: `spiffe://corp/ns/x`, `db.example.com`,
/// `user:default/jane`. Public ones stay.
///
/// Two letters of a country end names of code as well (`lodash.is`), so hosts there are not told. Cost: linear.
pub(crate) fn is_located(name: &str) -> bool {
    (name.contains("://") || is_host(name) || is_reference(name)) && !is_public(name)
}

fn is_host(name: &str) -> bool {
    let Some((before, last)) = name.rsplit_once('.') else { return false };
    let is_known =
        DOMAINS.contains(&last) || PRIVATE_DOMAINS.contains(&last) && before.contains('.');
    let is_label = |label: &str| {
        let is_of_host =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_of_host)
    };
    is_known && before.split('.').all(is_label)
}

/// A kind, a namespace and a name.
fn is_reference(name: &str) -> bool {
    let Some((kind, rest)) = name.split_once(':') else { return false };
    let Some((namespace, named)) = rest.split_once('/') else { return false };
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_named = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    kind.bytes().all(|byte| byte.is_ascii_lowercase())
        && is_word(kind)
        && !OF_CODE.contains(&kind)
        && is_word(namespace)
        && !named.is_empty()
        && named.bytes().all(is_named)
}

#[cfg(test)]
mod tests {
    use super::is_located;

    #[test]
    fn where_somebody_is_is_told_from_names_of_code() {
        for name in [
            "spiffe://corp/ns/payments",
            "db.example.com",
            "host.corp.internal",
            "example.org",
            "user:default/jane.doe",
            "component:my-team/petstore",
        ] {
            assert!(is_located(name), "{name}");
        }
        for name in [
            "Symbol.iterator",
            "strategy.local",
            "nodejs.util.inspect.custom",
            "node:fs/promises",
            "plugin:react/recommended",
            "app.kubernetes.io/name",
            "xlink:href",
            "request:start",
            "application/json",
            "@scope/package",
            "socket.io",
            ".com",
            "",
        ] {
            assert!(!is_located(name), "{name}");
        }
    }
}
