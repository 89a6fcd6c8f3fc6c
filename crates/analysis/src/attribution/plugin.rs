//! Which Backstage plugin a script belongs to.

use std::borrow::Cow;

use super::seeds::package;
use crate::package::without_query;

/// Scripts of packages that are in no plugin.
const OTHER_PACKAGES: &str = "(other packages)";
/// The folder that Red Hat Developer Hub unpacks dynamic plugins into, one folder each.
const DYNAMIC: &str = "dynamic-plugins-root";
/// Scopes with plugins of something else than Backstage.
const OTHER_SCOPES: [&str; 15] = [
    "@babel",
    "@octokit",
    "@rollup",
    "@vitejs",
    "@svgr",
    "@swc",
    "@graphql-codegen",
    "@typescript-eslint",
    "@stylistic",
    "@jimp",
    "@oclif",
    "@docusaurus",
    "@yarnpkg",
    "@prettier",
    "@parcel",
];

/// The outermost plugin on a script's path, so that a plugin's own dependencies belong to it: a folder below
/// `dynamic-plugins-root`, a package with the name of a plugin, a folder of code or packages below `plugins`. Other scripts
/// are a group for packages and those of [`package`].
pub(super) fn plugin(script: &str) -> Cow<'_, str> {
    let script = without_query(script);
    let parts: Vec<&str> = script.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let mut is_in_packages = false;
    for (at, part) in parts.iter().enumerate() {
        let below = parts.get(at + 1..).unwrap_or_default();
        let found = match (*part, below) {
            (DYNAMIC, [name, _, ..]) => Some(Cow::Borrowed(*name)),
            ("node_modules", [scope, name, ..]) if scope.starts_with('@') => {
                is_plugin(Some(scope), name).then(|| Cow::Owned(format!("{scope}/{name}")))
            }
            ("node_modules", [name, ..]) => is_plugin(None, name).then_some(Cow::Borrowed(*name)),
            ("plugins", [name, "dist" | "dist-dynamic" | "src" | "node_modules", ..])
                if !is_in_packages && *name != "node_modules" =>
            {
                Some(Cow::Borrowed(*name))
            }
            _ => None,
        };
        if let Some(found) = found {
            return found;
        }
        is_in_packages |= *part == "node_modules";
    }
    match package(script) {
        group if group.starts_with('(') => group,
        _ => Cow::Borrowed(OTHER_PACKAGES),
    }
}

/// Whether a package's name is one that plugins of Backstage have. Without a scope `plugin-…` may be of anything.
fn is_plugin(scope: Option<&str>, name: &str) -> bool {
    let is_of_backstage =
        name.starts_with("backstage-plugin-") || name.contains("-backend-module-");
    let is_of_scope = || scope.is_some_and(|scope| !OTHER_SCOPES.contains(&scope));
    is_of_backstage || name.starts_with("plugin-") && is_of_scope()
}

#[cfg(test)]
mod tests {
    use super::plugin;

    #[test]
    fn a_script_belongs_to_the_outermost_plugin_on_its_path() {
        for (script, expected) in [
            (
                "/opt/app-root/src/dynamic-plugins-root/acme-plugin-x-dynamic-1.2.0/node_modules/lodash/lodash.js",
                "acme-plugin-x-dynamic-1.2.0",
            ),
            ("/opt/app-root/src/dynamic-plugins-root/x/dist/index.cjs.js", "x"),
            (
                "/app/node_modules/@backstage/plugin-catalog-backend/dist/index.cjs.js",
                "@backstage/plugin-catalog-backend",
            ),
            (
                "/app/node_modules/@acme/plugin-a/node_modules/@acme/plugin-b/index.js",
                "@acme/plugin-a",
            ),
            (
                "/app/node_modules/@acme/catalog-backend-module-ldap/dist/x.js",
                "@acme/catalog-backend-module-ldap",
            ),
            (
                "/app/node_modules/@acme/backstage-plugin-rbac/dist/x.js",
                "@acme/backstage-plugin-rbac",
            ),
            ("/app/node_modules/backstage-plugin-x/index.js", "backstage-plugin-x"),
            ("/app/plugins/todo-backend/node_modules/lodash/lodash.js", "todo-backend"),
            ("/app/plugins/node_modules/src/index.js", "(other packages)"),
            ("/app/node_modules/plugin-error/index.js", "(other packages)"),
            ("/app/node_modules/@jimp/plugin-blit/dist/index.js", "(other packages)"),
            ("file:///app/src/i.mjs?from=/app/plugins/x/dist/i.mjs", "(application)"),
            ("file:///app/plugins/todo-backend/dist/index.mjs", "todo-backend"),
            ("C:\\app\\node_modules\\@acme\\plugin-a\\index.js", "@acme/plugin-a"),
            ("/app/node_modules/@octokit/plugin-throttling/dist/index.js", "(other packages)"),
            ("/app/node_modules/eslint-plugin-x/index.js", "(other packages)"),
            ("/app/node_modules/grunt/plugins/x/dist/index.js", "(other packages)"),
            ("/app/plugins/readme.js", "(application)"),
            ("/app/dynamic-plugins-root/index.js", "(application)"),
            ("node:fs", "(Node.js)"),
        ] {
            assert_eq!(plugin(script), expected, "{script}");
        }
    }
}
