//! `/proc/PID/net/tcp`, `/proc/PID/net/tcp6` and the links in `/proc/PID/fd`.

/// A socket that waits for connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// Its port.
    pub port: u16,
    /// Its number in the kernel, by which a process's descriptors name it.
    pub inode: u64,
}

/// The state that waits for connections.
const LISTEN: &str = "0A";

/// The sockets that wait for connections.
pub fn listening(text: &str) -> Vec<Listening> {
    let socket = |line: &str| {
        let mut words = line.split_whitespace();
        let local = words.nth(1)?;
        let state = words.nth(1)?;
        let inode = words.nth(5)?.parse().ok()?;
        let port = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
        (state == LISTEN).then_some(Listening { port, inode })
    };
    text.lines().filter_map(socket).collect()
}

/// The sockets among a process's descriptors; `None` where the descriptors could not be seen.
pub fn owned_inodes(links: &str) -> Option<Vec<u64>> {
    if links.trim().is_empty() {
        return None;
    }
    let inode = |line: &str| line.trim().strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok();
    Some(links.lines().filter_map(inode).collect())
}
