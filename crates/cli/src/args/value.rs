//! The small languages inside arguments: ids, shares, times, addresses.

use std::time::Duration;

use heapglass_collect::watch::{self, Condition};

/// A native context, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContextChoice {
    Id(u64),
    Shared,
    None,
}

/// Ids above `min` and up to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdRange {
    pub(crate) min: u64,
    pub(crate) max: u64,
}

/// Where an inspector listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InspectorAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path of a `ws://` address.
    pub(crate) path: Option<String>,
}

/// An object's id: `@123` or `123`.
pub(crate) fn object_id(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('@').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| digits.parse().ok())
        .flatten()
        .ok_or_else(|| "an object's id looks like @123".to_owned())
}

/// A share in per cent.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse::<f64>().ok();
    number
        .filter(|share| (0.0..=100.0).contains(share))
        .ok_or_else(|| "not a number from 0 to 100".to_owned())
}

/// Ids above the first number and up to the second.
pub(crate) fn id_range(text: &str) -> Result<IdRange, String> {
    let wrong = || "a range of ids looks like 1000..2000, 1000.. or ..2000".to_owned();
    let (min, max) = text.split_once("..").ok_or_else(wrong)?;
    let bound = |text: &str, open: u64| {
        if text.is_empty() { Ok(open) } else { object_id(text).map_err(|_| wrong()) }
    };
    let range = IdRange { min: bound(min, 0)?, max: bound(max, u64::MAX)? };
    if range.min > range.max {
        Err("the first id is above the second".to_owned())
    } else {
        Ok(range)
    }
}

/// A native context.
pub(crate) fn native_context(text: &str) -> Result<ContextChoice, String> {
    match text {
        "shared" => Ok(ContextChoice::Shared),
        "none" => Ok(ContextChoice::None),
        id => object_id(id)
            .map(ContextChoice::Id)
            .map_err(|_| "an @id, `shared` or `none`".to_owned()),
    }
}

/// A length of time: `90s`, `10m`, `1h`, `1.5h`, or seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    watch::duration(text).ok_or_else(|| "a time looks like 30s, 10m or 1h".to_owned())
}

/// What is waited for.
pub(crate) fn condition(text: &str) -> Result<Condition, String> {
    text.parse()
}

/// `HOST:PORT`, `PORT` or `ws://HOST:PORT/PATH`.
pub(crate) fn inspector_address(text: &str) -> Result<InspectorAddress, String> {
    if text.starts_with("wss://") || text.starts_with("https://") {
        return Err("an inspector speaks ws://, without encryption".to_owned());
    }
    let rest = ["ws://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let rest = rest.unwrap_or(text);
    let (address, path) = match rest.split_once('/') {
        Some((address, path)) => (address, Some(path)),
        None => (rest, None),
    };
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host.trim_matches(['[', ']']), port),
        None => ("", address),
    };
    let wrong = || "an inspector's address looks like 127.0.0.1:9229 or ws://127.0.0.1:9229/…";
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
    let host = if host.is_empty() { "127.0.0.1" } else { host }.to_owned();
    let path = path.filter(|path| !path.is_empty() && text.starts_with("ws")).map(str::to_owned);
    Ok(InspectorAddress { host, port, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_an_optional_at() {
        assert_eq!(object_id("@123"), Ok(123));
        assert_eq!(object_id("123"), Ok(123));
        for wrong in ["", "@", "x1", "-1", "+1", "@@1", "99999999999999999999"] {
            assert!(object_id(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges_may_be_open() {
        assert_eq!(id_range("1..2"), Ok(IdRange { min: 1, max: 2 }));
        assert_eq!(id_range("..@7"), Ok(IdRange { min: 0, max: 7 }));
        assert_eq!(id_range("7.."), Ok(IdRange { min: 7, max: u64::MAX }));
        assert!(id_range("2..1").is_err() && id_range("7").is_err() && id_range("a..b").is_err());
    }

    #[test]
    fn inspectors_have_addresses() {
        let address = |text: &str| {
            inspector_address(text).map(|a| (a.host, a.port, a.path.unwrap_or_default()))
        };
        let local = || "127.0.0.1".to_owned();
        assert_eq!(address("9229"), Ok((local(), 9229, String::new())));
        assert_eq!(address("host:1"), Ok(("host".to_owned(), 1, String::new())));
        assert_eq!(address("[::1]:1"), Ok(("::1".to_owned(), 1, String::new())));
        assert_eq!(address("ws://127.0.0.1:9/a-b"), Ok((local(), 9, "a-b".to_owned())));
        assert_eq!(address("http://127.0.0.1:9/json"), Ok((local(), 9, String::new())));
        for wrong in ["", "host", "host:0", "host:x", "wss://host:1/a", "1:99999"] {
            assert!(inspector_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_per_cent() {
        assert_eq!(percent("0.5"), Ok(0.5));
        assert_eq!(percent("12 %"), Ok(12.0));
        assert!(percent("101").is_err() && percent("NaN").is_err() && percent("-1").is_err());
    }
}
