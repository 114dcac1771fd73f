//! All patterns run over a text at once.

use regex_syntax::hir::Look;

use super::{Bytes, Discerner, Place, State};

/// From here on a text may have been cut anywhere: what is searched of it are its first 400 bytes.
const CUT: usize = 400;

impl Discerner {
    /// The slots, as bits, whose bytes some pattern tells apart.
    pub fn told(&self, text: &[Place]) -> u64 {
        let mut run = Run { states: &self.states, text, alive: Marks::of(self), next: Marks::of(self), told: 0 };
        for (at, place) in text.iter().enumerate() {
            let second = text.get(at + 1).map_or(Bytes::MAX, |next| next.bytes);
            for entry in self.entries(place.bytes).iter().filter(|entry| entry.second & second != 0) {
                if entry.look.is_none_or(|look| run.holds(look, at)) {
                    run.go(entry.bytes, entry.to, 0, at);
                }
            }
            for number in 0..run.alive.known.len() {
                let state = run.alive.known[number];
                if let State::Reads(bytes, to) = self.states[state] {
                    run.go(bytes, to, run.alive.told[state], at);
                }
            }
            run.alive.clear();
            std::mem::swap(&mut run.alive, &mut run.next);
        }
        run.told
    }
}

/// States with the slots that were told apart on the way to them.
struct Marks {
    told: Vec<u64>,
    is_known: Vec<bool>,
    known: Vec<usize>,
}

impl Marks {
    fn of(all: &Discerner) -> Self {
        Self { told: vec![0; all.states.len()], is_known: vec![false; all.states.len()], known: Vec::new() }
    }

    /// Whether that says more of a state than is known.
    fn add(&mut self, state: usize, mark: u64) -> bool {
        let new = !self.is_known[state];
        if new {
            self.is_known[state] = true;
            self.known.push(state);
            self.told[state] = mark;
        }
        let more = self.told[state] | mark != self.told[state];
        self.told[state] |= mark;
        new || more
    }

    fn clear(&mut self) {
        self.known.drain(..).for_each(|state| self.is_known[state] = false);
    }
}

struct Run<'d> {
    states: &'d [State],
    text: &'d [Place],
    alive: Marks,
    next: Marks,
    told: u64,
}

impl Run<'_> {
    /// Reads the place at `at` with a state that goes on with these bytes.
    fn go(&mut self, bytes: Bytes, to: usize, mark: u64, at: usize) {
        let place = self.text[at];
        if place.bytes & bytes != 0 {
            let parted = place.bytes & !bytes != 0;
            self.enter(to, if parted { mark | place.mark() } else { mark }, at + 1);
        }
    }

    fn enter(&mut self, state: usize, mark: u64, at: usize) {
        match &self.states[state] {
            State::Matches => self.told |= mark,
            State::Looks(look, to) if self.holds(*look, at) => self.enter(*to, mark, at),
            State::Looks(..) => {}
            State::Reads(..) => {
                self.next.add(state, mark);
            }
            State::Splits(branches) => {
                if self.next.add(state, mark) {
                    for to in branches {
                        self.enter(*to, mark, at);
                    }
                }
            }
        }
    }

    /// Whether a look may hold before a place. Parts of the text are searched, too: they begin and end beside words.
    fn holds(&self, look: Look, at: usize) -> bool {
        let (before, behind) = (at.checked_sub(1).map(|at| self.text[at]), self.text.get(at));
        let word = |place: Option<&Place>| place.is_some_and(|place| place.is_word());
        let boundary = word(before.as_ref()) != word(behind);
        match look {
            _ if at >= CUT => true,
            Look::WordAscii | Look::WordUnicode => boundary,
            Look::WordAsciiNegate | Look::WordUnicodeNegate => !boundary,
            _ => !(word(before.as_ref()) && word(behind)),
        }
    }
}
