//! `/proc/PID/limits`: what the kernel refuses to a process.

/// The limits in force, those that matter; `None` for what is not limited or not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rlimits {
    /// Descriptors that it may have open.
    pub descriptors: Option<u64>,
    /// Tasks that its user may have.
    pub tasks: Option<u64>,
    /// Bytes that a file may have which it writes.
    pub file_size: Option<u64>,
}

impl Rlimits {
    /// The values in the text.
    pub fn new(text: &str) -> Rlimits {
        let soft = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        Rlimits {
            descriptors: soft("Max open files "),
            tasks: soft("Max processes "),
            file_size: soft("Max file size "),
        }
    }
}

/// How many descriptors are open; `links` is where they lead, one a line. `None` where they may not be seen.
pub fn open_descriptors(links: &str) -> Option<u64> {
    let open = links.lines().filter(|line| !line.trim().is_empty()).count();
    // Everybody has some: none means that they are not shown.
    (open > 0).then_some(open as u64)
}
