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
/// The state of a connection that both sides keep.
const ESTABLISHED: &str = "01";

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

/// How many connections there are to a port, counted where they arrive.
pub fn connections(text: &str, port: u16) -> usize {
    let arrives = |line: &&str| {
        let mut words = line.split_whitespace();
        let local = words.nth(1).and_then(|local| local.rsplit_once(':'));
        let state = words.nth(1);
        local.and_then(|(_, local)| u16::from_str_radix(local, 16).ok()) == Some(port)
            && state == Some(ESTABLISHED)
    };
    text.lines().filter(arrives).count()
}

/// The sockets among a process's descriptors; `None` where the descriptors could not be seen.
pub fn owned_inodes(links: &str) -> Option<Vec<u64>> {
    if links.trim().is_empty() {
        return None;
    }
    let inode = |line: &str| line.trim().strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok();
    Some(links.lines().filter_map(inode).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_where_they_arrive() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:240D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1
   1: 0100007F:240D 0100007F:9A4C 01 00000000:00000000 00:00000000 00000000  1000        0 112 1
   2: 0100007F:9A4C 0100007F:240D 01 00000000:00000000 00:00000000 00000000  1000        0 113 1
   3: 0100007F:240D 0100007F:9A4E 08 00000000:00000000 00:00000000 00000000  1000        0 114 1
   4: 0100007F:240E 0100007F:9A50 01 00000000:00000000 00:00000000 00000000  1000        0 115 1
   0: 00000000000000000000000001000000:240D 00000000000000000000000001000000:9A52 01 0:0 0:0 0 0 0 116 1
";
        assert_eq!(connections(text, 9229), 2);
        assert_eq!(connections(text, 9230), 1);
        assert_eq!(connections(text, 9231), 0);
        assert_eq!(connections("", 0), 0);
    }
}
