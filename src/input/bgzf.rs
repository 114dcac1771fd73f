//! bgzip: gzip members that say in their header how long they are, each of at most 64 KiB of text.

use flate2::{Decompress, FlushDecompress, Status};

use super::helpers::{Extent, Unit};
use super::open::Input;

/// Bytes of a gzip header up to the length of its extra field, that length included.
const HEAD: usize = 12;
/// Checksum and length.
const TRAILER: usize = 8;
/// The most text of a member.
const MOST_TEXT: u32 = 64 << 10;

/// A decoder of members.
pub(super) struct Bgzf(Decompress);

impl Default for Bgzf {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

/// Bytes of the header, if it has an extra field and nothing else that is optional.
fn head_bytes(head: &[u8]) -> Option<usize> {
    match head {
        [0x1f, 0x8b, 8, 4, _, _, _, _, _, _, low, high, ..] => {
            Some(HEAD + usize::from(u16::from_le_bytes([*low, *high])))
        }
        _ => None,
    }
}

/// Bytes of the member, as the field `BC` of its header says.
fn member_bytes(mut extra: &[u8]) -> Option<usize> {
    while let [first, second, low, high, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (field, after) = rest.split_at_checked(length)?;
        if let (b'B', b'C', [low, high]) = (first, second, field) {
            return Some(usize::from(u16::from_le_bytes([*low, *high])) + 1);
        }
        extra = after;
    }
    None
}

impl Unit for Bgzf {
    fn extent(input: &mut Input<'_>, at: usize) -> Option<Extent> {
        let head = head_bytes(input.ahead(at, HEAD)?)?;
        let packed = member_bytes(&input.ahead(at, head)?[HEAD..])?;
        if packed < head + TRAILER {
            return None;
        }
        let (_, length) = input.ahead(at, packed)?.split_last_chunk()?;
        let text = u32::from_le_bytes(*length);
        (text <= MOST_TEXT).then_some(Extent { packed, text: text as usize })
    }

    fn unpack(&mut self, packed: &[u8], text: &mut [u8]) -> Option<usize> {
        let (rest, trailer) = packed.split_last_chunk::<TRAILER>()?;
        let deflated = rest.get(head_bytes(packed)?..)?;
        self.0.reset(false);
        let status = self.0.decompress(deflated, text, FlushDecompress::Finish);
        let stated = text.len() - 1;
        let [a, b, c, d, ..] = *trailer;
        let whole = matches!(status, Ok(Status::StreamEnd))
            && (self.0.total_in(), self.0.total_out()) == (deflated.len() as u64, stated as u64)
            && crc32fast::hash(&text[..stated]) == u32::from_le_bytes([a, b, c, d]);
        whole.then_some(stated)
    }
}
