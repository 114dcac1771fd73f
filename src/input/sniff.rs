//! What bytes are, by how they begin: compression, byte order marks, binary files.

/// Compression that is undone on the way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    /// The name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }
}

/// How many bytes [`compression`] wants to see.
pub(super) const COMPRESSION_BYTES: usize = 10;

/// How many bytes [`binary`] looks at.
pub(super) const BINARY_BYTES: usize = 8 << 10;

/// Zero bytes in a row from which on they are a hole (a torn write, a sparse file left by a log
/// rotation that truncates in place) and say nothing about what the file is.
const HOLE: usize = 16;

/// The compression of a stream that begins with `head`, whatever its name.
pub(super) fn compression(head: &[u8]) -> Option<Compression> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Compression::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
        // A text may well begin with "BZh9"; the number of a block or of the end follows in bzip2.
        [b'B', b'Z', b'h', b'1'..=b'9', block @ ..]
            if block.starts_with(b"1AY&SY") || block.starts_with(&[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]) =>
        {
            Some(Compression::Bzip2)
        }
        _ => None,
    }
}

/// Byte order of UTF-16 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Utf16Order {
    Little,
    Big,
}

/// How many bytes [`utf16`] looks at.
pub(super) const UTF16_BYTES: usize = 64;

/// Fewer bytes than that tell nothing without a byte order mark.
const UTF16_LEAST: usize = 16;

/// Whether a decoded stream that begins with `head` is UTF-16, and how long its byte order mark is. Without
/// one it is known by its beginning: a log begins with ASCII, of which every other byte is then zero.
pub(super) fn utf16(head: &[u8]) -> Option<(Utf16Order, usize)> {
    let ascii = |first: usize| {
        let head = &head[..head.len().min(UTF16_BYTES) / 2 * 2];
        let letter = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        head.len() >= UTF16_LEAST
            && head.iter().skip(first).step_by(2).all(letter)
            && head.iter().skip(1 - first).step_by(2).all(|byte| *byte == 0)
    };
    match head {
        [0xff, 0xfe, ..] => Some((Utf16Order::Little, 2)),
        [0xfe, 0xff, ..] => Some((Utf16Order::Big, 2)),
        _ if ascii(0) => Some((Utf16Order::Little, 0)),
        _ if ascii(1) => Some((Utf16Order::Big, 0)),
        _ => None,
    }
}

/// What no log begins with: the bytes, what they are, and what to do with it.
const KINDS: [(&[u8], &str, &str); 26] = [
    (b"\x7fELF", "an ELF program", ""),
    (b"\x89PNG", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF87a", "a GIF image", ""),
    (b"GIF89a", "a GIF image", ""),
    (b"PK\x03\x04", "a ZIP archive", "unpack it and name what is inside"),
    (b"PK\x05\x06", "an empty ZIP archive", ""),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and name what is inside"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it and name what is inside"),
    (b"!<arch>\n", "an ar archive", ""),
    (b"\xed\xab\xee\xdb", "an RPM package", ""),
    (b"%PDF-", "a PDF document", ""),
    (b"SQLite format 3\0", "an SQLite database", "export the table that holds the log"),
    (b"\xca\xfe\xba\xbe", "a Java class or a Mach-O program", ""),
    (b"\xcf\xfa\xed\xfe", "a Mach-O program", ""),
    (b"MZ\x90\0", "a Windows program", ""),
    (b"\0asm", "a WebAssembly module", ""),
    (b"PAR1", "a Parquet file", "export it as JSON lines"),
    (b"Obj\x01", "an Avro file", "export it as JSON lines"),
    (b"LPKSHHRH", "a systemd journal", "export it: journalctl --file FILE -o json"),
    (b"ElfFile\0", "a Windows event log", "export it as XML or JSON"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture", ""),
    (b"\x0a\x0d\x0d\x0a", "a packet capture", ""),
    (b"\x1f\x8b\x08", "compressed twice (gzip inside)", "unpack it once"),
    (b"\x28\xb5\x2f\xfd", "compressed twice (zstd inside)", "unpack it once"),
    (b"\x04\x22\x4d\x18", "compressed with LZ4", "unpack it"),
];

/// What a decoded stream that begins with `head` is, if it is no text, and what to do about it.
/// Bytes of another character set are text, and so is a log with a few zero bytes or with holes of
/// them; control characters among much that is no UTF-8 are what compressed and random data look like.
pub(super) fn binary(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if let Some(kind) = KINDS.iter().find(|kind| head.starts_with(kind.0)) {
        return Some((kind.1, kind.2));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", "unpack it and name what is inside"));
    }
    let head = &head[..head.len().min(BINARY_BYTES)];
    // Asked without a branch for each byte: of ten thousand small files it is a tenth of the work otherwise.
    if head.iter().fold(true, |plain, byte| plain & (byte.is_ascii() & !is_control(*byte))) {
        return None;
    }
    let (mut seen, mut control) = (0, 0);
    for run in head.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        if run[0] == 0 && run.len() >= HOLE {
            continue;
        }
        seen += run.len();
        control += run.iter().filter(|byte| is_control(**byte)).count();
    }
    let foreign: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let noise = control * 20 > seen && (control + foreign) * 10 > seen * 3;
    (noise || control * 10 > seen * 3).then_some(("binary data", ""))
}

/// Kinds of [`binary`] that hold logs as likely as not: a gate must not take them for read.
const UNREAD: [&str; 10] = [
    "a ZIP archive",
    "a 7z archive",
    "a RAR archive",
    "an ar archive",
    "a tar archive",
    "a systemd journal",
    "a Windows event log",
    "compressed twice (gzip inside)",
    "compressed twice (zstd inside)",
    "compressed with LZ4",
];

/// Whether what was skipped for being of this kind may well be logs.
pub(super) fn may_hold_logs(kind: &str) -> bool {
    UNREAD.contains(&kind)
}

fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | 0x7f) & !matches!(byte, b'\t' | b'\r' | b'\n' | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::{Compression, Utf16Order, binary, compression, utf16};

    #[test]
    fn damaged_logs_are_text_and_programs_are_not() {
        assert_eq!(binary(b""), None);
        assert_eq!(binary(b"a torn\0\0\0 write \xff\xfe\xc3 and bad bytes"), None);
        assert_eq!(binary(&[b"2026-01-02 x\n".as_slice(), &[0; 4096], b"next\n"].concat()), None);
        assert_eq!(binary(&[0; 8192]), None, "a sparse head says nothing");
        assert_eq!(binary(b"\x1b[31mred\x1b[0m\r\n"), None);
        assert!(binary(b"\x7fELF\x02\x01").is_some());
        assert!(binary(b"PK\x03\x04rest").is_some());
        let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(binary(&noise).is_some());
        assert_eq!(binary(&[0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, b' '].repeat(100)), None, "Windows-1251");
        assert!(binary(&[1, 2, 3, 0, 5, 6, 7, 8, b'a', b'b']).is_some());
    }

    #[test]
    fn utf16_is_known_with_and_without_its_mark() {
        let text = "2026-01-02 error".encode_utf16();
        let little: Vec<u8> = text.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.flat_map(u16::to_be_bytes).collect();
        assert_eq!(utf16(&little), Some((Utf16Order::Little, 0)));
        assert_eq!(utf16(&big), Some((Utf16Order::Big, 0)));
        assert_eq!(utf16(b"\xff\xfe2\0"), Some((Utf16Order::Little, 2)));
        assert_eq!(utf16(&little[..8]), None);
        assert_eq!(utf16(b"2026-01-02 a log\0\0\0\0\0\0\0\0"), None);
    }

    #[test]
    fn text_that_begins_like_bzip2_is_text() {
        assert_eq!(compression(b"BZh9 is what this log begins with"), None);
        assert_eq!(compression(b"BZh91AY&SY"), Some(Compression::Bzip2));
        assert_eq!(compression(b""), None);
    }
}
