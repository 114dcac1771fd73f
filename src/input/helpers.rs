//! Parts of a packed file whose ends are known before they are decoded (members of bgzip, frames of zstd): other
//! workers decode them ahead of their turn, while those before are scanned.
//!
//! Nothing is decided here that the decoder of the whole file would decide otherwise: a part is given out only if all
//! of it was decoded and its checksums hold. From the first that is not so on, that decoder gets the bytes, which
//! stay in the [`Input`] until their text was given out. What is wrong with them is its to say.
//!
//! The reader never waits for the pool to have time: a part that nobody has begun it decodes itself. Were it to wait
//! as rayon does, it would begin other files meanwhile, one inside of the other.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::buffer::Buffer;
use super::open::Input;

/// Parts that wait or are decoded, of one file.
const MOST_PIECES: usize = 32;
/// Small units are put together until a piece has that much text, or that many bytes.
const PIECE_TEXT: usize = 256 << 10;
const PIECE_PACKED: usize = 64 << 10;
/// What all pieces of a run may hold for each of the first threads, packed bytes and text together: a frame of the 8 MiB
/// that programs make which pack in parallel.
const HELD_PER_THREAD: usize = 10 << 20;
/// So many of them.
const HOLDING_THREADS: usize = 4;

/// What all files of a run share.
pub(super) struct Helpers {
    most_held: usize,
    held: AtomicUsize,
    /// Tasks that no worker has taken yet.
    waiting: AtomicUsize,
    /// Room for text, to be used again: new room is slow, for it is zeroed.
    spare: Mutex<Vec<Buffer>>,
}

impl Helpers {
    /// For so many threads; one alone has no helpers.
    pub(super) fn new(threads: usize) -> Option<Arc<Self>> {
        let most_held = HELD_PER_THREAD * threads.min(HOLDING_THREADS);
        let (held, waiting) = (AtomicUsize::new(0), AtomicUsize::new(0));
        (threads > 1).then(|| Arc::new(Self { most_held, held, waiting, spare: Mutex::default() }))
    }

    fn keep(&self, mut buffer: Buffer) {
        buffer.restart(0);
        let mut spare = lock(&self.spare);
        let kept: usize = spare.iter().map(Buffer::size).sum();
        // There are no more of them than were in use at once. What is freed instead an allocator may keep, for each thread.
        if buffer.size() > 0 && kept + buffer.size() <= self.most_held {
            spare.push(buffer);
        }
    }

    fn share(self: &Arc<Self>, bytes: usize) -> Option<Share> {
        let share = Share { helpers: Arc::clone(self), bytes };
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        // Dropped, it gives back what it took.
        (before.saturating_add(bytes) <= self.most_held).then_some(share)
    }

    /// Has a piece decoded by whoever has time, unless many wait for that already.
    fn offer<U: Unit>(self: &Arc<Self>, piece: &Arc<Piece<U>>) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= 2 * MOST_PIECES {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        // It may be given out, or the file given up, before the task begins.
        let (helpers, piece) = (Arc::clone(self), Arc::downgrade(piece));
        rayon::spawn(move || {
            helpers.waiting.fetch_sub(1, Ordering::Relaxed);
            if let Some(piece) = piece.upgrade() {
                piece.try_unpack();
            }
        });
    }
}

/// A part of what a run may hold, until it is dropped.
struct Share {
    helpers: Arc<Helpers>,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.helpers.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// How large a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Its bytes in the file.
    pub(super) packed: usize,
    /// The most bytes of text that come of it; more is refused.
    pub(super) text: usize,
}

/// The smallest part that can be decoded by itself; the type is its decoder, used again for the next.
pub(super) trait Unit: Default + Send + 'static {
    /// The unit that begins `at` bytes ahead; `None` if it is none, not whole, or larger than is decoded at once.
    fn extent(input: &mut Input<'_>, at: usize) -> Option<Extent>;
    /// Decodes a unit to the beginning of `text`, which is one byte longer than the most that may come of it. `None` if
    /// it is not whole and right, or `packed` holds something else, too.
    fn unpack(&mut self, packed: &[u8], text: &mut [u8]) -> Option<usize>;
}

enum State {
    Packed(Vec<u8>),
    /// `None` if it could not be decoded, or was given out.
    Text(Option<Buffer>),
}

/// Some units in a row.
struct Piece<U> {
    extents: Vec<Extent>,
    state: Mutex<State>,
    /// Decoders to be used again, those of the file.
    spare: Arc<Mutex<Vec<U>>>,
    share: Share,
}

impl<U: Unit> Piece<U> {
    fn packed(&self) -> usize {
        self.extents.iter().map(|extent| extent.packed).sum()
    }

    /// Room for its text, and for a byte that shows that it has more than it says.
    fn room(&self) -> usize {
        self.extents.iter().map(|extent| extent.text).sum::<usize>() + 1
    }

    fn unpack(&self, packed: &[u8], text: &mut [u8]) -> Option<usize> {
        let mut decoder = lock(&self.spare).pop().unwrap_or_default();
        // A decoder written by others; after its panic it is not used again, and the other one gets the bytes.
        let unpacked = catch_unwind(AssertUnwindSafe(|| {
            let (mut rest, mut filled) = (packed, 0);
            let whole = self.extents.iter().all(|extent| {
                let (unit, after) = rest.split_at(extent.packed);
                rest = after;
                let count = decoder.unpack(unit, &mut text[filled..=filled + extent.text]);
                filled += count.unwrap_or(0);
                count.is_some()
            });
            (whole.then_some(filled), decoder)
        }));
        let (count, decoder) = unpacked.ok()?;
        let mut spare = lock(&self.spare);
        if spare.len() < HOLDING_THREADS {
            spare.push(decoder);
        }
        count
    }

    fn unpack_in_place(&self, state: &mut State) {
        let State::Packed(packed) = state else { return };
        let mut buffer = lock(&self.share.helpers.spare).pop().unwrap_or_default();
        let count = self.unpack(packed, buffer.room(self.room()));
        *state = State::Text(count.map(|count| {
            buffer.filled = count;
            buffer
        }));
    }

    /// Decodes it unless somebody does or did; whether nobody is at it now.
    fn try_unpack(&self) -> bool {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        self.unpack_in_place(&mut state);
        true
    }

    /// Decodes it to where its text is wanted, if there is room and nobody has begun it; its text is then given out.
    fn unpack_to(&self, output: &mut [u8]) -> Option<usize> {
        let mut state = self.state.try_lock().ok()?;
        let text = output.get_mut(..self.room())?;
        let State::Packed(packed) = &mut *state else { return None };
        let count = self.unpack(packed, text);
        *state = State::Text(None);
        count
    }

    /// The text, decoded here and now if need be.
    fn take(&self) -> Option<Buffer> {
        let mut state = lock(&self.state);
        self.unpack_in_place(&mut state);
        match &mut *state {
            State::Text(text) => text.take(),
            State::Packed(_) => None,
        }
    }
}

/// Locks; nothing that panics is left half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The units of a file that are decoded ahead, and their text in order.
pub(super) struct Relay<U> {
    /// `None` if all is left to the decoder of the whole file.
    helpers: Option<Arc<Helpers>>,
    queue: VecDeque<Arc<Piece<U>>>,
    /// Their packed bytes, which are the next of the input.
    queued: usize,
    spare: Arc<Mutex<Vec<U>>>,
    text: Buffer,
    given: usize,
    /// What the text at hand takes.
    share: Option<Share>,
}

impl<U: Unit> Relay<U> {
    pub(super) fn new(helpers: Option<Arc<Helpers>>) -> Self {
        let (queue, spare) = (VecDeque::new(), Arc::default());
        Self { helpers, queue, queued: 0, spare, text: Buffer::default(), given: 0, share: None }
    }

    /// Passes units, which begin where the input stands: how much of their text was written to `output`; the rest is
    /// to be read. `None` if there are none that can be decoded by themselves.
    pub(super) fn advance(&mut self, input: &mut Input<'_>, output: &mut [u8]) -> Option<usize> {
        let helpers = self.helpers.clone()?;
        helpers.keep(std::mem::take(&mut self.text));
        (self.given, self.share) = (0, None);
        self.fill(&helpers, input);
        let first = self.queue.pop_front()?;
        let packed = first.packed();
        self.queued -= packed;
        let written = first.unpack_to(output);
        if written.is_none() {
            // Where somebody is at the first, the next are to be done meanwhile.
            let mut others = self.queue.iter();
            while !first.try_unpack() {
                let Some(other) = others.next() else { break };
                other.try_unpack();
            }
            let Some(text) = first.take() else {
                self.queue.clear();
                self.helpers = None;
                return None;
            };
            self.text = text;
            self.share = Arc::into_inner(first).map(|piece| piece.share);
        }
        input.consume(packed);
        Some(written.unwrap_or(0))
    }

    fn fill(&mut self, helpers: &Arc<Helpers>, input: &mut Input<'_>) {
        while self.queue.len() < MOST_PIECES {
            let Some(piece) = self.gather(helpers, input) else { break };
            self.queued += piece.packed();
            let piece = Arc::new(piece);
            helpers.offer(&piece);
            self.queue.push_back(piece);
        }
    }

    /// The next piece, if there is one and room for it.
    fn gather(&self, helpers: &Arc<Helpers>, input: &mut Input<'_>) -> Option<Piece<U>> {
        let mut extents = Vec::new();
        let (mut packed, mut text) = (0, 0);
        while packed < PIECE_PACKED && text < PIECE_TEXT {
            let Some(extent) = U::extent(input, self.queued + packed) else { break };
            packed += extent.packed;
            text += extent.text;
            extents.push(extent);
        }
        if extents.is_empty() {
            return None;
        }
        let share = helpers.share(packed + text)?;
        let bytes = input.ahead(self.queued, packed)?.to_vec();
        Some(Piece { extents, state: Mutex::new(State::Packed(bytes)), spare: Arc::clone(&self.spare), share })
    }
}

impl<U> Read for Relay<U> {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let rest = &self.text.filled()[self.given..];
        let count = output.len().min(rest.len());
        output[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}
