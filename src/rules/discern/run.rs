//! All patterns run over a text at once.

use regex_syntax::hir::Look;

use super::{Bytes, Discerner, Entry, Place, State};

/// From here on a text may have been cut anywhere: what is searched of it are its first 400 bytes.
const CUT: usize = 400;

/// The state that every pattern ends in.
const MATCHES: usize = 0;

/// A state, and whether it was reached with some digits only.
type Reached = (usize, bool);

impl Discerner {
    /// Room for runs over texts.
    pub fn ways(&self) -> Ways {
        Ways { alive: Marks::of(self), next: Marks::of(self) }
    }

    /// The slots, as bits, that some pattern tells apart.
    pub fn told(&self, text: &[Place], ways: &mut Ways) -> u64 {
        // Behind the last slot nothing begins that it is in.
        let Some(last) = text.iter().rposition(|place| place.slot.is_some()) else { return 0 };
        ways.alive.clear();
        let possible = self.needs.met(text);
        let mut run = Run { states: &self.states, text, alive: &mut ways.alive, next: &mut ways.next, told: 0 };
        for (at, place) in text.iter().enumerate() {
            let next = text.get(at + 1).map_or(Bytes::MAX, |next| next.bytes);
            let second = if place.is_of_any_length() { next | place.bytes } else { next };
            let may_match = |entry: &Entry| entry.pattern.is_none_or(|pattern| possible[pattern]);
            let begin = if at <= last { self.entries(place.bytes) } else { &[] };
            let entries = begin.iter().filter(|entry| entry.second & second != 0);
            for entry in entries.filter(|entry| may_match(entry)) {
                if entry.look.is_none_or(|look| run.holds(look, at)) {
                    run.go(entry.bytes, entry.to, 0, at);
                } else if place.is_of_any_length() && entry.look.is_some_and(holds_within) {
                    run.go(entry.bytes, entry.to, place.mark(), at);
                }
            }
            if place.is_of_any_length() {
                run.go_on_through(at);
            } else {
                run.go_on(at);
            }
            run.alive.clear();
            std::mem::swap(run.alive, run.next);
            if at >= last && !run.alive.any_told() {
                break;
            }
        }
        run.told
    }
}

/// The ways through all patterns that are open at a place of a text, and behind it. Made once for many texts: it has a mark
/// for each state of every pattern.
pub struct Ways {
    alive: Marks,
    next: Marks,
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

    fn any_told(&self) -> bool {
        self.known.iter().any(|state| self.told[*state] != 0)
    }

    fn clear(&mut self) {
        self.known.drain(..).for_each(|state| self.is_known[state] = false);
    }
}

struct Run<'d> {
    states: &'d [State],
    text: &'d [Place],
    alive: &'d mut Marks,
    next: &'d mut Marks,
    told: u64,
}

impl Run<'_> {
    /// Reads the place at `at` with every state.
    fn go_on(&mut self, at: usize) {
        for number in 0..self.alive.known.len() {
            let state = self.alive.known[number];
            if let State::Reads(bytes, to) = self.states[state] {
                self.go(bytes, to, self.alive.told[state], at);
            }
        }
    }

    /// Reads the place at `at` with a state that goes on with these bytes.
    fn go(&mut self, bytes: Bytes, to: usize, mark: u64, at: usize) {
        let place = self.text[at];
        if place.bytes & bytes == 0 {
            return;
        }
        if place.is_of_any_length() {
            return self.go_through(&[], Some((bytes, to)), mark, at);
        }
        let parted = place.bytes & !bytes != 0;
        self.enter(to, if parted { mark | place.mark() } else { mark }, at + 1);
    }

    /// Reads a number of any length with every state: those between which a way may choose here are one.
    fn go_on_through(&mut self, at: usize) {
        let told = |state: usize| self.alive.told[state];
        let mut ways: Vec<(u64, Vec<Reached>)> = Vec::new();
        let (choices, others): (Vec<usize>, Vec<usize>) =
            self.alive.known.iter().partition(|state| matches!(self.states[**state], State::Splits(_)));
        for state in choices.into_iter().chain(others) {
            let mark = told(state);
            if !ways.iter().any(|(of, way)| *of == mark && way.contains(&(state, false))) {
                let mut way = Vec::new();
                self.reach((state, false), &|look| self.holds(look, at), &mut way);
                ways.push((mark, way));
            }
        }
        for (mark, way) in ways {
            self.go_through(&way, None, mark, at);
        }
    }

    /// Reads a number of any length: where a way goes on behind some lengths and not behind others, they are told apart.
    fn go_through(&mut self, from: &[Reached], first: Option<(Bytes, usize)>, mark: u64, at: usize) {
        let (mut within, last) = self.step(from, first, at);
        let mut behind = vec![last];
        for _ in 1..self.text[at].most {
            let (next, last) = self.step(&within, None, at);
            let stays = next == within && Some(&last) == behind.last();
            within = next;
            behind.push(last);
            if stays {
                break;
            }
        }
        let always = |state: usize| behind.iter().all(|reached| reached.iter().any(|(other, _)| *other == state));
        for (state, parted) in behind.iter().flatten().copied() {
            let told = parted || !always(state);
            let mark = if told { mark | self.text[at].mark() } else { mark };
            match state {
                MATCHES => self.told |= mark,
                _ => {
                    self.next.add(state, mark);
                }
            }
        }
    }

    /// Where one more digit leads to if another digit follows, and if it was the last one. A match stays one.
    fn step(&self, from: &[Reached], first: Option<(Bytes, usize)>, at: usize) -> (Vec<Reached>, Vec<Reached>) {
        let (mut within, mut behind) = (Vec::new(), Vec::new());
        let digits = self.text[at].bytes;
        let ways = from.iter().filter_map(|(state, parted)| match self.states[*state] {
            State::Reads(bytes, to) if bytes & digits != 0 => Some((bytes, to, *parted)),
            State::Matches => Some((digits, *state, *parted)),
            _ => None,
        });
        for (bytes, to, parted) in first.map(|(bytes, to)| (bytes, to, false)).into_iter().chain(ways) {
            let parted = parted || digits & !bytes != 0;
            self.reach((to, parted), &holds_within, &mut within);
            self.reach((to, parted), &|look| self.holds(look, at + 1), &mut behind);
        }
        within.sort_unstable();
        behind.sort_unstable();
        (within, behind)
    }

    /// The states that read, or match, to which a state leads without reading.
    fn reach(&self, (state, parted): Reached, holds: &dyn Fn(Look) -> bool, all: &mut Vec<Reached>) {
        match &self.states[state] {
            State::Looks(look, to) if holds(*look) => self.reach((*to, parted), holds, all),
            State::Looks(..) => {}
            _ if all.contains(&(state, parted)) => {}
            State::Reads(..) | State::Matches => all.push((state, parted)),
            State::Splits(branches) => {
                all.push((state, parted));
                for to in branches {
                    self.reach((*to, parted), holds, all);
                }
            }
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

/// Whether a look may hold between two digits.
fn holds_within(look: Look) -> bool {
    matches!(look, Look::WordAsciiNegate | Look::WordUnicodeNegate)
}
