//! gzip, bzip2 and xz: streams that may stand one after another in a file.
//!
//! The decoders are driven by hand instead of through their `Read` adapters, because those drop
//! what they decoded in the call that meets the damage, and these bytes are the newest of a log
//! that was cut off.

use std::io::{self, BufRead, Read};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress};
use lzma_rust2::{Action, XzStream};

use super::bgzf::Bgzf;
use super::helpers::Relay;
use super::open::{Damage, Input};

/// What one call of a decoder did.
pub(super) struct Step {
    consumed: usize,
    produced: usize,
    /// Whether the member ended, or why it cannot go on.
    ended: Result<bool, String>,
}

/// A decoder of one member.
pub(super) trait Codec {
    /// First byte of every member.
    const FIRST: u8;
    /// Whether zero bytes may stand between members and after the last.
    const PADDED: bool = false;
    /// Whether there may be members that say how long they are.
    const MEASURED: bool = false;
    /// Begins a member.
    fn start(&mut self, input: &mut Input<'_>) -> io::Result<()>;
    /// Decodes; `input` may be empty.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
    /// Ends a member.
    fn finish(&mut self, _input: &mut Input<'_>) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum State {
    First,
    Inside,
    Between,
}

/// All members of a file, one after another.
pub(super) struct Members<'a, C> {
    input: Input<'a>,
    codec: C,
    state: State,
    /// Members that are decoded by other workers.
    relay: Relay<Bgzf>,
    /// Why to stop, once what was decoded before is given.
    pending: Option<Damage>,
}

impl<'a, C: Codec> Members<'a, C> {
    pub(super) fn new(mut input: Input<'a>, codec: C) -> Self {
        let relay = Relay::new(input.helpers.take().filter(|_| C::MEASURED));
        Self { input, codec, state: State::First, relay, pending: None }
    }

    /// Whether another member follows.
    fn next_member(&mut self) -> io::Result<bool> {
        loop {
            match self.input.fill_buf()?.first() {
                None => return Ok(false),
                Some(0) if C::PADDED => self.input.consume(1),
                Some(byte) if *byte == C::FIRST => return Ok(true),
                Some(_) => return Err(Damage::Trailing.into()),
            }
        }
    }

    fn step(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let (available, failed) = match self.input.fill_buf() {
            Ok(available) => (available, None),
            // The decoder may hold back what it had no room for.
            Err(error) => ([].as_slice(), Some(error)),
        };
        let at_end = available.is_empty();
        let step = self.codec.step(available, output);
        self.input.consume(step.consumed);
        if let Some(error) = failed {
            if step.produced == 0 {
                return Err(error);
            }
            self.input.error = Some(error);
        }
        match step.ended {
            Ok(true) => self.state = State::Between,
            Ok(false) if step.consumed + step.produced > 0 => {}
            Ok(false) if at_end => self.pending = Some(Damage::Truncated),
            Ok(false) => self.pending = Some(Damage::Corrupt("the decoder does not go on".into())),
            Err(why) => self.pending = Some(Damage::Corrupt(why)),
        }
        Ok(step.produced)
    }
}

impl<C: Codec> Read for Members<'_, C> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if output.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(damage) = self.pending.take() {
                return Err(damage.into());
            }
            let relayed = self.relay.read(output)?;
            if relayed > 0 {
                return Ok(relayed);
            }
            match self.state {
                State::First => {
                    if let Some(written) = self.relay.advance(&mut self.input, output) {
                        self.state = State::Between;
                        if written > 0 {
                            return Ok(written);
                        }
                        continue;
                    }
                    self.codec.start(&mut self.input)?;
                }
                State::Inside => {
                    let produced = self.step(output)?;
                    if produced > 0 {
                        return Ok(produced);
                    }
                    continue;
                }
                State::Between => {
                    self.codec.finish(&mut self.input)?;
                    match self.relay.advance(&mut self.input, output) {
                        Some(0) => continue,
                        Some(written) => return Ok(written),
                        None => {}
                    }
                    if !self.next_member()? {
                        self.state = State::Between;
                        return Ok(0);
                    }
                    self.codec.start(&mut self.input)?;
                }
            }
            self.state = State::Inside;
        }
    }
}

/// gzip, RFC 1952.
pub(super) struct Gzip {
    inflate: Decompress,
    crc: Hasher,
    /// Bytes of the member so far, as its trailer counts them.
    length: u32,
    /// Whether a trailer is still to be read.
    open: bool,
}

impl Default for Gzip {
    fn default() -> Self {
        Self { inflate: Decompress::new(false), crc: Hasher::new(), length: 0, open: false }
    }
}

impl Codec for Gzip {
    const FIRST: u8 = 0x1f;
    const MEASURED: bool = true;

    fn start(&mut self, input: &mut Input<'_>) -> io::Result<()> {
        const HEADER_CRC: u8 = 2;
        const EXTRA: u8 = 4;
        const NAME: u8 = 8;
        const COMMENT: u8 = 16;
        let mut head = [0; 10];
        exact(input, &mut head)?;
        if head[..3] != [0x1f, 0x8b, 8] {
            return Err(Damage::Trailing.into());
        }
        let flags = head[3];
        if flags & EXTRA != 0 {
            let mut length = [0; 2];
            exact(input, &mut length)?;
            skip(input, u64::from(u16::from_le_bytes(length)))?;
        }
        for flag in [NAME, COMMENT] {
            if flags & flag != 0 {
                input.skip_until(0)?;
            }
        }
        if flags & HEADER_CRC != 0 {
            skip(input, 2)?;
        }
        self.inflate.reset(false);
        self.crc.reset();
        self.length = 0;
        self.open = true;
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, output, FlushDecompress::None);
        let produced = (self.inflate.total_out() - before.1) as usize;
        self.crc.update(&output[..produced]);
        self.length = self.length.wrapping_add(produced as u32);
        let ended = status.map(|status| status == flate2::Status::StreamEnd).map_err(|error| error.to_string());
        Step { consumed: (self.inflate.total_in() - before.0) as usize, produced, ended }
    }

    fn finish(&mut self, input: &mut Input<'_>) -> io::Result<()> {
        if !std::mem::take(&mut self.open) {
            return Ok(());
        }
        let mut trailer = [0; 8];
        exact(input, &mut trailer)?;
        let [a, b, c, d, length @ ..] = trailer;
        if u32::from_le_bytes([a, b, c, d]) != self.crc.clone().finalize() || u32::from_le_bytes(length) != self.length
        {
            return Err(Damage::Corrupt("checksum mismatch".into()).into());
        }
        Ok(())
    }
}

/// bzip2.
#[derive(Default)]
pub(super) struct Bzip2(Option<bzip2::Decompress>);

impl Codec for Bzip2 {
    const FIRST: u8 = b'B';

    fn start(&mut self, _input: &mut Input<'_>) -> io::Result<()> {
        self.0 = Some(bzip2::Decompress::new(false));
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let decoder = self.0.get_or_insert_with(|| bzip2::Decompress::new(false));
        let before = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(input, output);
        let ended = status.map(|status| status == bzip2::Status::StreamEnd).map_err(|error| error.to_string());
        let consumed = (decoder.total_in() - before.0) as usize;
        Step { consumed, produced: (decoder.total_out() - before.1) as usize, ended }
    }
}

/// xz.
#[derive(Default)]
pub(super) struct Xz(Option<XzStream>);

impl Xz {
    /// In KiB: what `xz -9` needs sixteen times over, and no more than a machine has.
    const MEMORY: u32 = 1 << 20;
    /// Small steps: those that meet the damage are lost.
    const STEP: usize = 4 << 10;
}

impl Codec for Xz {
    const FIRST: u8 = 0xfd;
    const PADDED: bool = true;

    fn start(&mut self, _input: &mut Input<'_>) -> io::Result<()> {
        self.0 = Some(XzStream::new_mem_limit(false, Self::MEMORY));
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let decoder = self.0.get_or_insert_with(|| XzStream::new_mem_limit(false, Self::MEMORY));
        let room = output.len().min(Self::STEP);
        match decoder.process(input, &mut output[..room], Action::Run) {
            Ok(done) => Step {
                consumed: done.bytes_consumed,
                produced: done.bytes_produced,
                ended: Ok(done.status == lzma_rust2::Status::StreamEnd),
            },
            Err(error) => Step { consumed: 0, produced: 0, ended: Err(error.to_string()) },
        }
    }
}

fn exact(input: &mut Input<'_>, buffer: &mut [u8]) -> io::Result<()> {
    input.read_exact(buffer).map_err(early)
}

pub(super) fn skip(input: &mut Input<'_>, count: u64) -> io::Result<()> {
    let skipped = io::copy(&mut input.take(count), &mut io::sink())?;
    if skipped < count { Err(Damage::Truncated.into()) } else { Ok(()) }
}

fn early(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { Damage::Truncated.into() } else { error }
}
