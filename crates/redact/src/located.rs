//! Names that say where something or somebody is: addresses, hosts, references to entities.

use crate::public::is_public;

/// Last parts of names of hosts that no name of code ends in.
const DOMAINS: [&str; 6] = ["com", "org", "net", "edu", "gov", "mil"];
/// Those that names of code end in as well, so that two words have to stand before them.
const PRIVATE_DOMAINS: [&str; 8] =
    ["local", "internal", "lan", "corp", "localdomain", "io", "dev", "cloud"];
/// What public labels of Kubernetes begin with.
const PUBLIC_HOSTS: [&str; 3] =
    ["app.kubernetes.io", "node.kubernetes.io", "topology.kubernetes.io"];
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
/// Two letters of a country end names of code as well (`lodash.is`), so hosts there are told by `www.` alone. Cost: linear.
pub(crate) fn is_located(name: &str) -> bool {
    (name.contains("://") || is_host(name) || is_reference(name)) && !is_public(name)
}

/// A host, which may have a port and a path behind it: `db.example.com:5432`, `api.example.com/v1`.
fn is_host(name: &str) -> bool {
    let before_path = name.split_once('/').map_or(name, |(host, _)| host);
    let host = match before_path.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => before_path,
    };
    let Some((before, last)) = host.rsplit_once('.') else { return false };
    // Capitals are those of the whole, or it is a name of code: `System.Net`.
    let is_upper = host.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_upper && host.bytes().any(|byte| byte.is_ascii_lowercase())
        || PUBLIC_HOSTS.contains(&host)
    {
        return false;
    }
    let is_of = |domains: &[&str]| domains.iter().any(|domain| last.eq_ignore_ascii_case(domain));
    let is_known = is_of(&DOMAINS)
        || is_of(&PRIVATE_DOMAINS) && before.contains('.')
        || before.starts_with("www.");
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_known && before.split('.').all(is_label) && is_label(last)
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
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
            "db.example.com:5432",
            "api.example.com/v1/users",
            "DB.EXAMPLE.COM",
            "shop.acme.io",
            "www.acme.de/imprint",
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
            "socket.io/client",
            "System.Net",
            "config.dev",
            "file.ts:12",
            "errors/com",
            ".com",
            "",
        ] {
            assert!(!is_located(name), "{name}");
        }
    }
}
