//! zstd: all frames of a file, skippable ones too.

use std::io::{self, BufRead, Read};

use structured_zstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use structured_zstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::frames::Frame;
use super::helpers::Relay;
use super::members::skip;
use super::open::{Damage, Input};

/// An empty raw block marked as the last of its frame, and room for a checksum. Fed to a decoder
/// whose input broke off, it makes the decoder hand out the window that it holds back.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// The decoded frames of a file, one after another.
pub(super) struct ZstdFrames<'a> {
    input: Input<'a>,
    decoder: FrameDecoder,
    /// Whether the decoder is inside a frame.
    inside: bool,
    /// Whether any frame was read.
    any: bool,
    /// Frames that are decoded by other workers.
    relay: Relay<Frame>,
    /// Why to stop, once what was decoded before is given.
    pending: Option<Damage>,
}

impl<'a> ZstdFrames<'a> {
    pub(super) fn new(mut input: Input<'a>) -> Self {
        let relay = Relay::new(input.helpers.take());
        Self { input, decoder: FrameDecoder::new(), inside: false, any: false, relay, pending: None }
    }

    /// Enters the next frame; `false` at the end of the input.
    fn next_frame(&mut self) -> io::Result<bool> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        match self.decoder.reset(&mut self.input) {
            Ok(()) => self.inside = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                skip(&mut self.input, u64::from(length))?;
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_))) if self.any => {
                return Err(Damage::Trailing.into());
            }
            Err(error) => return Err(self.damage(&error).into()),
        }
        self.any = true;
        Ok(true)
    }

    fn next_block(&mut self) {
        self.input.hit_end = false;
        let decoded = self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
        if let Err(error) = decoded {
            self.pending = Some(self.damage(&error));
            let drained = self.decoder.decode_blocks(LAST_BLOCK.as_slice(), BlockDecodingStrategy::UptoBlocks(1));
            self.inside = drained.is_ok();
        }
    }

    fn damage(&self, error: &FrameDecoderError) -> Damage {
        if self.input.hit_end { Damage::Truncated } else { Damage::Corrupt(error.to_string()) }
    }

    /// Leaves a frame that is given out whole.
    fn end_frame(&mut self) {
        self.inside = false;
        let stated = self.decoder.get_checksum_from_data();
        if self.pending.is_none() && stated.is_some() && stated != self.decoder.get_calculated_checksum() {
            self.pending = Some(Damage::Corrupt("checksum mismatch".into()));
        }
    }
}

impl Read for ZstdFrames<'_> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                if let Some(damage) = self.pending.take() {
                    return Err(damage.into());
                }
                let relayed = self.relay.read(output)?;
                if relayed > 0 {
                    return Ok(relayed);
                }
                if let Some(written) = self.relay.advance(&mut self.input, output) {
                    self.any = true;
                    if written > 0 {
                        return Ok(written);
                    }
                    continue;
                }
                if !self.next_frame()? {
                    return Ok(0);
                }
            } else if self.decoder.can_collect() > 0 {
                return self.decoder.read(output);
            } else if self.decoder.is_finished() {
                self.end_frame();
            } else {
                self.next_block();
            }
        }
    }
}
