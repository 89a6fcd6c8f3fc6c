//! Which npm package a script belongs to, and which copy of it.

use std::borrow::Cow;

use crate::strings::is_number;

/// A copy of an npm package, as the path or URL of one of its scripts names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackageCopyOf<'a> {
    /// The package's name.
    pub(crate) name: &'a str,
    /// Its version, where the path tells it.
    pub(crate) version: Option<&'a str>,
    /// The path up to the package.
    pub(crate) folder: &'a str,
}

/// The package that a script's path or URL names: what follows the last `node_modules`, or what a cache of Deno or Bun or
/// a server of packages has it by. `None` for scripts of the program itself.
///
/// ```
/// use heapglass_analysis::package_of;
///
/// let path = "file:///app/node_modules/express/node_modules/@x/router/lib/index.js";
/// assert_eq!(package_of(path), Some("@x/router"));
/// assert_eq!(package_of("https://esm.sh/preact@10.22.0/hooks"), Some("preact"));
/// assert_eq!(package_of("/app/src/index.js"), None);
/// ```
pub fn package_of(script: &str) -> Option<&str> {
    Some(package_copy(script)?.name)
}

/// The folder of that package, which tells copies of a package apart: the same whether the script's name is a path or the
/// URL of a file, which is what Node calls modules of CommonJS and of ECMAScript.
pub(crate) fn package_folder(script: &str) -> Option<Cow<'_, str>> {
    let folder = package_copy(script)?.folder;
    let path = match folder.strip_prefix("file://") {
        Some(path) if path.get(2..3) == Some(":") => decoded(path.get(1..)?),
        Some(path) => decoded(path),
        None => Cow::Borrowed(folder),
    };
    Some(match path.contains('\\') {
        true => Cow::Owned(path.replace('\\', "/")),
        false => path,
    })
}

/// The path that a URL of a file has with `%20` for a space and the like. What is no such code stays, and so does a path
/// that would not be UTF-8.
fn decoded(path: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.first_chunk::<2>().filter(|_| first == b'%');
        let byte = code.and_then(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    match String::from_utf8(bytes) {
        Ok(decoded) if decoded != path => Cow::Owned(decoded),
        _ => Cow::Borrowed(path),
    }
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A URL without its query and fragment, in which a path may stand that is not its own. A path may have such letters.
pub(crate) fn without_query(script: &str) -> &str {
    let end = script.find(['?', '#']).unwrap_or(script.len());
    script.get(..end).filter(|url| url.contains("://")).unwrap_or(script)
}

/// The package with its version and place.
pub(crate) fn package_copy(script: &str) -> Option<PackageCopyOf<'_>> {
    let script = without_query(script);
    of_node_modules(script).or_else(|| of_registry(script)).or_else(|| of_versioned_name(script))
}

/// Of a script in an npm package what follows `node_modules`: the same wherever it is installed. Of any other all of it.
pub fn within_packages(script: &str) -> &str {
    package_copy(script)
        .filter(|copy| copy.folder.ends_with(copy.name))
        .and_then(|copy| script.get(copy.folder.len() - copy.name.len()..))
        .unwrap_or(script)
}

fn of_node_modules(script: &str) -> Option<PackageCopyOf<'_>> {
    const FOLDER: &str = "node_modules";
    let mut at = script.rfind(FOLDER)?;
    loop {
        let rest = script.get(at + FOLDER.len()..)?.strip_prefix(['/', '\\']);
        if let Some(rest) = rest {
            // pnpm keeps packages in `node_modules/.pnpm/name@version/node_modules/name`.
            let mut parts = rest.split(['/', '\\']);
            let first = parts.next().filter(|name| !name.is_empty() && !name.starts_with('.'));
            if let Some(first) = first {
                let length = match parts.next() {
                    Some(second) if first.starts_with('@') => first.len() + 1 + second.len(),
                    _ => first.len(),
                };
                let start = script.len() - rest.len();
                let name = script.get(start..start + length)?;
                let version = script.get(..at).and_then(|around| version_around(around, name));
                return Some(PackageCopyOf {
                    name,
                    version,
                    folder: script.get(..start + length)?,
                });
            }
        }
        at = script.get(..at)?.rfind(FOLDER)?;
    }
}

/// The version in the name of the folder around `node_modules`: `.pnpm/@scope+name@1.2.3_peer@4`,
/// `name-npm-1.2.3-0123456789.zip`.
fn version_around<'a>(around: &'a str, name: &str) -> Option<&'a str> {
    let around = around.trim_end_matches(['/', '\\']);
    let (above, folder) = around.rsplit_once(['/', '\\'])?;
    let plain = |separator: &str| name.replace(['/', '\\'], separator);
    if let Some(version) = version_of_linked(above, folder, name) {
        return Some(version);
    }
    if let Some(archive) = folder.strip_suffix(".zip") {
        let rest = archive.strip_prefix(&*plain("-"))?.strip_prefix("-npm-")?;
        let is_hash =
            |part: &str| part.len() == 10 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let hash = rest.split('-').find(|part| is_hash(part))?;
        return version(rest.get(..rest.find(hash)?)?.trim_end_matches('-'));
    }
    let is_store = [".pnpm", ".deno", ".bun", ".store"].iter().any(|store| above.ends_with(store));
    let rest = folder.strip_prefix(&*plain("+")).filter(|_| is_store)?.strip_prefix('@')?;
    version(rest.split(['_', '(', '+', '@']).next()?)
}

/// The version in `.store/@scope/name@1.2.3-HASH`, as npm lays out packages with `install-strategy=linked`.
fn version_of_linked<'a>(above: &str, folder: &'a str, name: &str) -> Option<&'a str> {
    // 16 bytes in base64 without padding, with `-` and `_` for what no folder may have.
    const HASH: usize = 22;
    let (store, bare) = match name.split_once(['/', '\\']) {
        Some((scope, bare)) => (above.strip_suffix(scope)?.strip_suffix(['/', '\\'])?, bare),
        None => (above, name),
    };
    let rest =
        folder.strip_prefix(bare).filter(|_| store.ends_with(".store"))?.strip_prefix('@')?;
    let (start, hash) = rest.split_at_checked(rest.len().checked_sub(HASH)?)?;
    let is_of_hash = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    version(start.strip_suffix('-').filter(|_| hash.bytes().all(is_of_hash))?)
}

/// `…/npm/registry.npmjs.org/@scope/name/1.2.3/…`, as Deno caches packages, and `https://jsr.io/@scope/name/1.2.3/…`.
fn of_registry(script: &str) -> Option<PackageCopyOf<'_>> {
    const JSR: &str = "https://jsr.io/";
    let start = match script.find("/npm/registry.") {
        Some(at) => {
            let host = at + "/npm/".len();
            host + script.get(host..)?.find('/')? + 1
        }
        None => script.starts_with(JSR).then_some(JSR.len())?,
    };
    let rest = script.get(start..)?;
    let mut parts = rest.split('/');
    let first = parts.next().filter(|first| !first.is_empty())?;
    let length = match first.starts_with('@') {
        true => first.len() + 1 + parts.next()?.len(),
        false => first.len(),
    };
    let place = parts.next()?;
    // Deno keeps a package twice whose peers differ, as `1.2.3` and `1.2.3_1`.
    let copy = place.split_once('_').filter(|(_, copy)| is_number(copy.as_bytes()));
    let version = version(copy.map_or(place, |(version, _)| version))?;
    let end = start + length;
    Some(PackageCopyOf {
        name: script.get(start..end)?,
        version: Some(version),
        folder: script.get(..end + 1 + place.len())?,
    })
}

/// `https://esm.sh/@scope/name@1.2.3/…` and the like, and Bun's `…/install/cache/name@1.2.3@@@1/…`.
fn of_versioned_name(script: &str) -> Option<PackageCopyOf<'_>> {
    let is_server = script.starts_with("https://") || script.starts_with("http://");
    let from = match is_server {
        true => script.find("://")? + 3,
        false => script.find("/install/cache/")? + "/install/cache/".len(),
    };
    let mut start = from;
    let mut scope = None;
    for part in script.get(from..)?.split(['/', '\\']) {
        // Of a repository, not of a package; and a host may have a user in front.
        if matches!(part, "gh" | "github") {
            return None;
        }
        let is_host = is_server && start == from;
        let name = part.trim_start_matches('*');
        let at = name.char_indices().skip(1).find(|&(_, letter)| letter == '@').map(|(at, _)| at);
        if let Some(at) = at.filter(|_| !is_host)
            && let Some(version) = version(name.get(at + 1..)?.split(['@', '&']).next()?)
        {
            let first = start + part.len() - name.len();
            let end = first + at;
            return Some(PackageCopyOf {
                name: script.get(scope.unwrap_or(first)..end)?,
                version: Some(version),
                folder: script.get(..end + 1 + version.len())?,
            });
        }
        scope = name.starts_with('@').then_some(start + part.len() - name.len());
        start += part.len() + 1;
    }
    None
}

/// A text that is a version.
fn version(text: &str) -> Option<&str> {
    let is_of_version =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let is_version = text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains('.')
        && text.bytes().all(is_of_version);
    is_version.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{package_copy, package_folder, within_packages};

    #[test]
    fn names_and_versions_are_those_of_the_path() {
        for (script, name, version, folder) in [
            ("/app/node_modules/lodash/lodash.js", "lodash", None, "/app/node_modules/lodash"),
            (
                "/app/node_modules/.pnpm/lodash@4.17.21/node_modules/lodash/lodash.js",
                "lodash",
                Some("4.17.21"),
                "/app/node_modules/.pnpm/lodash@4.17.21/node_modules/lodash",
            ),
            (
                "/app/node_modules/.pnpm/@mui+x@7.0.0-beta.1_react@18.2.0/node_modules/@mui/x/i.js",
                "@mui/x",
                Some("7.0.0-beta.1"),
                "/app/node_modules/.pnpm/@mui+x@7.0.0-beta.1_react@18.2.0/node_modules/@mui/x",
            ),
            (
                "/app/node_modules/.pnpm/file+lib/node_modules/lib/i.js",
                "lib",
                None,
                "/app/node_modules/.pnpm/file+lib/node_modules/lib",
            ),
            (
                "/r/.yarn/cache/@babel-core-npm-7.2.0-rc.1-0a1b2c3d4e-10c0.zip/node_modules/@babel/core/i.js",
                "@babel/core",
                Some("7.2.0-rc.1"),
                "/r/.yarn/cache/@babel-core-npm-7.2.0-rc.1-0a1b2c3d4e-10c0.zip/node_modules/@babel/core",
            ),
            (
                "file:///r/.cache/deno/npm/registry.npmjs.org/@x/y/1.2.3/i.js",
                "@x/y",
                Some("1.2.3"),
                "file:///r/.cache/deno/npm/registry.npmjs.org/@x/y/1.2.3",
            ),
            (
                "/r/deno/npm/registry.npmjs.org/x/1.2.3_1/i.js",
                "x",
                Some("1.2.3"),
                "/r/deno/npm/registry.npmjs.org/x/1.2.3_1",
            ),
            (
                "/app/node_modules/.store/x@1.2.3-Zf_Qk3n-0a1b2c3d4e5f6g/node_modules/x/i.js",
                "x",
                Some("1.2.3"),
                "/app/node_modules/.store/x@1.2.3-Zf_Qk3n-0a1b2c3d4e5f6g/node_modules/x",
            ),
            (
                "/app/node_modules/.store/@s/n@1.0.0-rc.1-0a1b2c3d4e5f6g7h8i9jAB/node_modules/@s/n/i.js",
                "@s/n",
                Some("1.0.0-rc.1"),
                "/app/node_modules/.store/@s/n@1.0.0-rc.1-0a1b2c3d4e5f6g7h8i9jAB/node_modules/@s/n",
            ),
            (
                "/app/node_modules/.store/@s+n@2.0.0/node_modules/@s/n/i.js",
                "@s/n",
                Some("2.0.0"),
                "/app/node_modules/.store/@s+n@2.0.0/node_modules/@s/n",
            ),
            (
                "file:///app/node_modules/x/i.mjs?from=/app/node_modules/y/i.mjs",
                "x",
                None,
                "file:///app/node_modules/x",
            ),
            (
                "https://esm.sh/x@1.0.0?deps=y@2.0.0/i.mjs",
                "x",
                Some("1.0.0"),
                "https://esm.sh/x@1.0.0",
            ),
            ("/app/what?/c#/node_modules/x/i.js", "x", None, "/app/what?/c#/node_modules/x"),
            (
                "https://jsr.io/@std/path/1.0.0/mod.ts",
                "@std/path",
                Some("1.0.0"),
                "https://jsr.io/@std/path/1.0.0",
            ),
            (
                "https://esm.sh/preact@10.22.0/es2022/i.mjs",
                "preact",
                Some("10.22.0"),
                "https://esm.sh/preact@10.22.0",
            ),
            (
                "https://esm.sh/v135/*@x/y@2.0.1&dev/i.mjs",
                "@x/y",
                Some("2.0.1"),
                "https://esm.sh/v135/*@x/y@2.0.1",
            ),
            (
                "https://cdn.jsdelivr.net/npm/vue@3.2.1/dist/vue.js",
                "vue",
                Some("3.2.1"),
                "https://cdn.jsdelivr.net/npm/vue@3.2.1",
            ),
            (
                "/root/.bun/install/cache/@x/y@1.2.3@@@1/i.js",
                "@x/y",
                Some("1.2.3"),
                "/root/.bun/install/cache/@x/y@1.2.3",
            ),
        ] {
            let found = package_copy(script).map(|copy| (copy.name, copy.version, copy.folder));
            assert_eq!(found, Some((name, version, folder)), "{script}");
            // The folder alone names the same package.
            let again = package_copy(folder).map(|copy| (copy.name, copy.version));
            assert_eq!(again, Some((name, version)), "{folder}");
        }
    }

    #[test]
    fn a_folder_is_the_same_by_path_and_by_url() {
        for (script, folder) in [
            ("/app/node_modules/x/i.cjs", "/app/node_modules/x"),
            ("file:///app/node_modules/x/i.mjs", "/app/node_modules/x"),
            ("C:\\app\\node_modules\\x\\i.cjs", "C:/app/node_modules/x"),
            ("file:///C:/app/node_modules/x/i.mjs", "C:/app/node_modules/x"),
            ("/my apps/größe#1/node_modules/x/i.cjs", "/my apps/größe#1/node_modules/x"),
            (
                "file:///my%20apps/gr%C3%B6%c3%9fe%231/node_modules/x/i.mjs",
                "/my apps/größe#1/node_modules/x",
            ),
            ("file:///C:/my%20apps/node_modules/x/i.mjs", "C:/my apps/node_modules/x"),
            ("file:///100%/%zz/%/node_modules/x/i.mjs", "/100%/%zz/%/node_modules/x"),
            ("file:///a%20%FF/node_modules/x/i.mjs", "/a%20%FF/node_modules/x"),
            // In a path it is what it is.
            ("/a%20b/node_modules/x/i.cjs", "/a%20b/node_modules/x"),
        ] {
            assert_eq!(package_folder(script).as_deref(), Some(folder), "{script}");
        }
    }

    #[test]
    fn other_scripts_are_of_no_package() {
        for script in [
            "/app/src/index.js",
            "node:fs",
            "https://user@1.2.3.4/app.js",
            "https://example.org/app@latest/x.js",
            "https://cdn.jsdelivr.net/gh/user/repo@1.0.0/x.js",
            "https://example.org/a@b.c/x.js",
            "file:///app/src/i.mjs?from=/app/node_modules/x/i.mjs",
            "webpack://app/./src/x.vue#./node_modules/vue-loader/i.js",
            "",
        ] {
            assert_eq!(package_copy(script), None, "{script}");
        }
    }

    #[test]
    fn a_module_of_a_package_is_called_the_same_wherever_it_is_installed() {
        for (script, name) in [
            ("/srv/node_modules/ssh2/lib/crypto.js", "ssh2/lib/crypto.js"),
            ("/srv/node_modules/a/node_modules/@x/y/index.mjs", "@x/y/index.mjs"),
            ("/srv/node_modules/.pnpm/z@1.2.3/node_modules/z/z.js", "z/z.js"),
            ("C:\\app\\node_modules\\z\\z.js", "z\\z.js"),
            ("/app/server.js", "/app/server.js"),
        ] {
            assert_eq!(within_packages(script), name);
        }
    }
}
