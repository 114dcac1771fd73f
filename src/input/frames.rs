//! zstd frames whose ends are found by their headers and those of their blocks, RFC 8878.

use structured_zstd::decoding::{ContentChecksum, FrameDecoder};

use super::helpers::{Extent, Unit};
use super::open::Input;

/// The most bytes of a frame that is decoded at once.
const MOST_PACKED: usize = 4 << 20;
/// The most text of it.
const MOST_TEXT: usize = 16 << 20;
/// The most text of a block.
const BLOCK_TEXT: usize = 128 << 10;

/// A decoder of frames.
#[derive(Default)]
pub(super) struct Frame(FrameDecoder);

/// What the header of a frame says.
struct Header {
    bytes: usize,
    /// Bytes of text; a frame need not say, and may lie.
    text: Option<usize>,
    checksum: bool,
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Length of the skippable frame that begins so.
fn skippable(head: &[u8]) -> Option<usize> {
    match head {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, length @ ..] => Some(8 + usize::try_from(number(length.get(..4)?)).ok()?),
        _ => None,
    }
}

impl Header {
    /// `None` for frames that need a dictionary or much memory, too.
    fn read(input: &mut Input<'_>, at: usize) -> Option<Self> {
        const SINGLE: u8 = 0x20;
        const RESERVED: u8 = 8;
        const CHECKSUM: u8 = 4;
        const DICTIONARY: u8 = 3;
        let [0x28, 0xb5, 0x2f, 0xfd, flags, ..] = *input.ahead(at, 5)? else { return None };
        if flags & (RESERVED | DICTIONARY) != 0 {
            return None;
        }
        let single = flags & SINGLE != 0;
        let window_end = 5 + usize::from(!single);
        let size = match flags >> 6 {
            0 => usize::from(single),
            flag => 1 << flag,
        };
        let bytes = window_end + size;
        let header = input.ahead(at, bytes)?;
        let stated = number(&header[window_end..bytes]) + if size == 2 { 256 } else { 0 };
        let stated = usize::try_from(stated).ok()?;
        let window = if single {
            stated
        } else {
            let (exponent, mantissa) = (header[5] >> 3, usize::from(header[5] & 7));
            let base = 1_usize.checked_shl(10 + u32::from(exponent))?;
            base.checked_add(base / 8 * mantissa)?
        };
        let text = (size > 0).then_some(stated);
        (window <= MOST_TEXT).then_some(Self { bytes, text, checksum: flags & CHECKSUM != 0 })
    }
}

impl Unit for Frame {
    fn extent(input: &mut Input<'_>, at: usize) -> Option<Extent> {
        if let Some(packed) = skippable(input.ahead(at, 8)?) {
            return (packed <= MOST_PACKED && input.ahead(at, packed).is_some()).then_some(Extent { packed, text: 0 });
        }
        let header = Header::read(input, at)?;
        let (mut packed, mut text) = (header.bytes, 0);
        loop {
            let [low, middle, high, ..] = *input.ahead(at + packed, 3)? else { return None };
            let block = u32::from_le_bytes([low, middle, high, 0]);
            let size = (block >> 3) as usize;
            let (stored, most) = match block >> 1 & 3 {
                0 => (size, size),
                1 => (1, size),
                2 => (size, BLOCK_TEXT),
                _ => return None,
            };
            packed += 3 + stored;
            text += most;
            if packed > MOST_PACKED || size > BLOCK_TEXT {
                return None;
            }
            if block & 1 != 0 {
                break;
            }
        }
        packed += if header.checksum { 4 } else { 0 };
        input.ahead(at, packed)?;
        let text = header.text.map_or(text, |stated| stated.min(text));
        (text <= MOST_TEXT).then_some(Extent { packed, text })
    }

    fn unpack(&mut self, packed: &[u8], text: &mut [u8]) -> Option<usize> {
        if skippable(packed).is_some() {
            return Some(0);
        }
        // Decoded where it is wanted: a window of its own would be as large as the text.
        self.0.set_content_checksum(ContentChecksum::Verify);
        self.0.decode_all(packed, text).ok().filter(|filled| *filled < text.len())
    }
}
