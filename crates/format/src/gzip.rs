//! Small compressed things that lie in memory; snapshots are read through [`crate::source`].

use std::io::{self, Read};

/// Unpacks gzip, up to `limit` bytes; more is an error.
pub fn gunzip(packed: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(limit.saturating_add(1));
    reader.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than it may be"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::gunzip;

    #[test]
    fn gzip_is_unpacked_up_to_a_limit() {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(&[b'x'; 1000]).expect("written");
        let packed = writer.finish().expect("whole");
        assert_eq!(gunzip(&packed, 1000).expect("unpacked"), [b'x'; 1000]);
        assert!(gunzip(&packed, 999).is_err());
        assert!(gunzip(&packed[..packed.len() - 9], 1000).is_err());
        assert!(gunzip(b"plain", 1000).is_err());
    }
}
