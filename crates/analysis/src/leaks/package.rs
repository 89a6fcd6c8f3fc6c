//! Which npm package a script belongs to.

use std::ops::Range;

/// The package that a script's path names: what follows the last `node_modules`. `None` for scripts
/// of the program itself.
///
/// ```
/// use heapglass_analysis::package_of;
///
/// let path = "file:///app/node_modules/express/node_modules/@x/router/lib/index.js";
/// assert_eq!(package_of(path), Some("@x/router"));
/// assert_eq!(package_of("/app/src/index.js"), None);
/// ```
pub fn package_of(script: &str) -> Option<&str> {
    script.get(package_range(script)?)
}

/// The folder of that package as the script's path has it, which tells copies of a package apart.
pub(crate) fn package_folder(script: &str) -> Option<&str> {
    script.get(..package_range(script)?.end)
}

fn package_range(script: &str) -> Option<Range<usize>> {
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
                return Some(start..start + length);
            }
        }
        at = script.get(..at)?.rfind(FOLDER)?;
    }
}
