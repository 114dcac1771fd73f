//! The SHA-256 of an input as it lies on disk, so that a report can be checked against its logs.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Origin, Source};

/// The digest of every source, in hexadecimal; `None` for a stream, and for a file that cannot be read
/// or is not as long as it was when it was found: what was scanned of it is not known to a byte.
pub fn digests(sources: &[Source]) -> Vec<Option<String>> {
    sources.par_iter().map(digest).collect()
}

fn digest(source: &Source) -> Option<String> {
    let (Origin::File(path), Some(size)) = (&source.origin, source.size) else { return None };
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut hash = Sha256::new();
    // One byte more than there was would show that the file grew.
    let read = feed(&mut hash, file.take(size + 1)).ok()?;
    (read == size).then(|| {
        hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    })
}

fn feed(hash: &mut Sha256, mut input: impl Read) -> io::Result<u64> {
    let mut buffer = vec![0; 256 << 10];
    let mut read = 0;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(read),
            Ok(count) => {
                hash.update(&buffer[..count]);
                read += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Origin, Source};
    use super::digests;

    #[test]
    fn a_file_has_the_digest_that_sha256sum_prints_and_one_that_grew_has_none() {
        let place = tempfile::TempDir::new().unwrap();
        let path = place.path().join("a.log");
        fs::write(&path, "abc").unwrap();
        let source = |size| Source {
            path: "a.log".into(),
            origin: Origin::File(path.clone()),
            size: Some(size),
            modified: None,
            whole: None,
        };
        let stream = Source { path: "-".into(), origin: Origin::Stdin, size: None, modified: None, whole: None };
        let found = digests(&[source(3), source(2), source(4), stream]);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(found, [Some(abc.to_owned()), None, None, None]);
    }
}
