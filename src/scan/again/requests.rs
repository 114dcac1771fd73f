//! Whose an attempt is that names nobody: what other lines of its request say, in the same source.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashSet;

use super::{Completion, Looked, Part, counted};
use crate::extract::{Extractor, Identity, Name, is_count};
use crate::format::Record;
use crate::input::Source;
use crate::model::{EventKind, EventSet, NamedBy, Notice, Symbol, TokenEvent, Trouble};

/// So many requests are looked for in one run: the ends of their ids are searched for in every line.
const IDS: usize = 1 << 16;
/// So many signs at the end of an id are searched for: they tell one id from another, and an automaton of whole ids would
/// be three times as large.
const END: usize = 12;
/// An id of so many signs is no accident where it stands without a key.
const LONG: usize = 16;

/// The requests of each source whose owner is not known.
pub(super) type Asked = BTreeMap<usize, BTreeSet<String>>;

/// What lines say of one name of a request: the one under the best key, and whether others agree.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    rank: i32,
    name: String,
    differently: bool,
    /// The first line that says so, by its byte, and the key there.
    by: (u64, String),
}

impl Told {
    /// The best key decides; several names under it are none. The order of lines leaves no trace.
    fn join(known: &mut Option<Self>, other: Self) {
        match known {
            Some(told) if told.rank < other.rank => {}
            Some(told) if told.rank == other.rank => {
                told.differently |= other.differently || told.name != other.name;
                told.by = std::mem::take(&mut told.by).min(other.by);
            }
            _ => *known = Some(other),
        }
    }

    fn unique(told: Option<&Self>) -> Option<&Self> {
        told.filter(|told| !told.differently)
    }
}

/// The names of one request: its client and its subject.
type Names = [Option<Told>; 2];

/// The source of a request, its id, and before that, where its id is a count, the byte of the attempt.
type Request = (usize, Option<u64>, String);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<Request, Names>);

/// Which requests of a source are asked for.
pub(super) struct Wanted<'a> {
    pub(super) source: usize,
    pub(super) ids: Option<&'a BTreeSet<String>>,
    pub(super) counted: &'a counted::Anchors,
}

impl Answers {
    pub(super) fn absorb(&mut self, other: Self) {
        for (request, names) in other.0 {
            let known = self.0.entry(request).or_default();
            for (known, told) in known.iter_mut().zip(names) {
                if let Some(told) = told {
                    Told::join(known, told);
                }
            }
        }
    }

    /// Notes what a record says of the requests that are asked for.
    pub(super) fn note(
        &mut self,
        wanted: &Wanted<'_>,
        record: &Record<'_>,
        (text, byte): (&[u8], u64),
        (extractor, mask): (&Extractor, &dyn Fn(&str) -> String),
    ) {
        let identity = extractor.identity(record);
        let Identity { client, subject, .. } = identity;
        if client.is_none() && subject.is_none() {
            return;
        }
        let Wanted { source, ids, counted } = *wanted;
        let own = identity.requests.iter().copied().chain(words(text));
        let long = own.filter_map(|id| ids?.get(id)).map(|id| (source, None, id.clone()));
        let counted = counted.of((source, byte), record, &identity, mask).into_iter();
        let requests: BTreeSet<Request> =
            long.chain(counted.map(|(byte, id)| (source, Some(byte), id.to_owned()))).collect();
        for request in requests {
            let known = self.0.entry(request).or_default();
            for (known, told) in known.iter_mut().zip([client, subject]) {
                if let Some(Name { rank, key, value }) = told {
                    let by = (byte, key.to_owned());
                    Told::join(known, Told { rank, name: mask(value), differently: false, by });
                }
            }
        }
    }
}

/// What of an id is searched for: its end, from a place on that is no middle of a number.
pub(super) fn searched(id: &str) -> &[u8] {
    let bytes = id.as_bytes();
    let inside = |at: &usize| bytes[*at].is_ascii_digit() && bytes[at - 1].is_ascii_digit();
    let from = (1..=bytes.len().saturating_sub(END)).rev().find(|at| !inside(at));
    &bytes[from.unwrap_or(0)..]
}

/// The long words of a text that may be ids, also those of which a `traceparent` is made.
fn words(text: &[u8]) -> impl Iterator<Item = &str> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let whole = text.split(move |byte| !is_word(byte));
    let all = whole.flat_map(|word| std::iter::once(word).chain(word.split(|byte| *byte == b'-')));
    all.filter(|word| word.len() >= LONG).filter_map(|word| std::str::from_utf8(word).ok())
}

/// The requests of attempts that name nobody, or a client but none of its users, of sources in which one of them failed: where nothing failed, there is
/// nothing to explain. Another source counts only if it can be read again.
pub(super) fn asked(events: &EventSet, sources: &[Source]) -> (Asked, counted::Anchors, Vec<Notice>) {
    let shared = shared_clients(events);
    let is_open = |event: &&TokenEvent| is_attempt(event) && lacks_names(event, &shared);
    if !events.events.iter().any(|event| is_open(&event)) {
        return (Asked::new(), counted::Anchors::default(), Vec::new());
    }
    let known: HashSet<Symbol> = events.events.iter().filter(|event| !is_open(event)).filter_map(id).collect();
    let counts = |id: &Symbol| is_count(events.symbols.get(*id));
    let open = || {
        let nameless = events.events.iter().filter(is_open);
        nameless.filter_map(|event| Some((event, id(event).filter(|id| counts(id) || !known.contains(id))?)))
    };
    let failed: BTreeSet<u32> = open()
        .filter(|(event, _)| event.kind == EventKind::RefreshFailed)
        .map(|(event, _)| event.position.source)
        .collect();
    let (mut asked, mut counted) = (Asked::new(), counted::Anchors::default());
    let mut streams: BTreeMap<u32, u64> = BTreeMap::new();
    for (event, id) in open().filter(|(event, _)| failed.contains(&event.position.source)) {
        let source = event.position.source as usize;
        if !super::can_be_read_again(&sources[source]) {
            *streams.entry(event.position.source).or_default() += 1;
            continue;
        }
        if counts(&id) {
            counted.add(event, id, events);
        } else {
            asked.entry(source).or_default().insert(events.symbols.get(id).to_owned());
        }
    }
    let message = "attempts name nobody, and a stream cannot be read again for the other lines of their requests; save it to a file and scan that";
    let notices = streams.into_iter().map(|(source, count)| {
        let path = Some(events.sources[source as usize].as_str());
        Notice { count, ..Notice::new("identity-not-looked-for", path, message, Trouble::Note) }
    });
    (asked, counted, notices.collect())
}

/// Leaves out the sources that would be too much; what is said of them.
pub(super) fn bounded(asked: &mut Asked, events: &EventSet) -> Vec<Notice> {
    let (mut sum, mut notices) = (0, Vec::new());
    asked.retain(|source, ids| {
        let fits = sum + ids.len() <= IDS;
        if fits {
            sum += ids.len();
        } else {
            let message = "attempts name nobody, and there are too many of them to look for the other lines of their requests; scan a part of the log";
            let notice = Notice::new("identity-not-looked-for", Some(&events.sources[*source]), message, Trouble::Note);
            notices.push(Notice { count: ids.len() as u64, ..notice });
        }
        fits
    });
    notices
}

/// Gives the attempts their names.
pub(super) fn apply(looked: &Looked, events: &mut EventSet, witness: &mut dyn FnMut(Completion)) -> Vec<Notice> {
    let Answers(answers) = &looked.answers;
    let (mut notices, shared) = (Vec::new(), shared_clients(events));
    let sources: BTreeSet<usize> = looked.asked.keys().copied().chain(looked.counted.sources()).collect();
    for source in sources {
        let trusted = [0, 1].map(|role| is_same_naming(answers, source, role, events));
        let mut count = 0;
        let EventSet { events: all, symbols, .. } = events;
        let own = |event: &&mut TokenEvent| event.position.source as usize == source && is_attempt(event);
        for event in all.iter_mut().filter(own).filter(|event| lacks_names(event, &shared)) {
            let request = event.request_id.map(|request| {
                let id = symbols.get(request);
                (source, is_count(id).then_some(event.position.byte_start()), id.to_owned())
            });
            let Some(names) = request.and_then(|request| answers.get(&request)) else { continue };
            let told = [0, 1].map(|role| Told::unique(names[role].as_ref()).filter(|_| trusted[role]));
            let [client, subject] = told.map(|told| told.map(|told| symbols.intern(&told.name)));
            // Another client's line of the same id is another request's.
            if event.client.is_some() && client.is_some() && event.client != client {
                continue;
            }
            let before = (event.client, event.subject);
            (event.client, event.subject) = (event.client.or(client), event.subject.or(subject));
            if (event.client, event.subject) != before {
                event.named_by = NamedBy::Request;
                count += 1;
                for (part, told) in [(Part::Client, told[0]), (Part::Subject, told[1])] {
                    let open = if part == Part::Client { before.0 } else { before.1 }.is_none();
                    let by = told.filter(|_| open).map(|told| told.by.clone());
                    if let Some((byte, key)) = by {
                        witness(Completion { event: event.position, part, by: vec![byte], key });
                    }
                }
            }
        }
        if count > 0 {
            let message = "token events do not say whose they are; their client or user was taken from another line with the same request id";
            let path = Some(events.sources[source].as_str());
            notices.push(Notice { count, ..Notice::new("identity-by-request", path, message, Trouble::Note) });
        }
    }
    notices
}

/// Whether the names of a role that lines gave are of the kind that token events themselves have: one of them is known,
/// or no event names any. A user id would else make two of one whom the events know by a tenant.
fn is_same_naming(answers: &BTreeMap<Request, Names>, source: usize, role: usize, events: &EventSet) -> bool {
    let named: HashSet<&str> = events
        .events
        .iter()
        .filter(|event| is_attempt(event))
        .filter_map(|event| events.symbols.text([event.client, event.subject][role]))
        .collect();
    let of_source = answers.range((source, None, String::new())..).take_while(|((other, ..), _)| *other == source);
    let mut told = of_source.filter_map(|(_, names)| Told::unique(names[role].as_ref()));
    named.is_empty() || told.any(|told| named.contains(told.name.as_str()))
}

fn is_attempt(event: &TokenEvent) -> bool {
    matches!(event.kind, EventKind::RefreshSucceeded | EventKind::RefreshFailed)
}

/// The clients that have several users: a failure of theirs that names none may be anybody's.
fn shared_clients(events: &EventSet) -> HashSet<Symbol> {
    let attempts = events.events.iter().filter(|event| is_attempt(event));
    attempts.filter(|event| event.subject.is_some()).filter_map(|event| event.client).collect()
}

fn lacks_names(event: &TokenEvent, shared: &HashSet<Symbol>) -> bool {
    event.subject.is_none() && event.client.is_none_or(|client| shared.contains(&client))
}

fn id(event: &TokenEvent) -> Option<Symbol> {
    event.request_id
}

#[cfg(test)]
mod tests {
    use super::{Told, searched, words};

    #[test]
    fn the_best_key_names_and_disagreement_is_silence_in_any_order() {
        let told = |rank, name: &str| Told { rank, name: name.into(), differently: false, by: Default::default() };
        let unique = |all: &[Told]| {
            let mut known = None;
            all.iter().cloned().for_each(|one| Told::join(&mut known, one));
            Told::unique(known.as_ref()).map(|told| told.name.clone())
        };
        let (user, tenant, other) = (told(0, "u1"), told(9, "t1"), told(0, "u2"));
        for all in [[user.clone(), tenant.clone()], [tenant.clone(), user.clone()]] {
            assert_eq!(unique(&all).as_deref(), Some("u1"));
        }
        for all in [[user.clone(), other.clone(), tenant.clone()], [tenant, other, user]] {
            assert_eq!(unique(&all), None);
        }
    }

    #[test]
    fn the_end_of_an_id_is_searched_for_and_no_middle_of_a_number() {
        let end = |id: &str| String::from_utf8_lossy(searched(id)).into_owned();
        assert_eq!(end("0f8fad5b-d9cb-469f-a165-70867728950e"), "70867728950e");
        assert_eq!(end("4bf92f3577b34da6a3ce929d0e0e4736"), "929d0e0e4736");
        assert_eq!((end("req-1"), end("12345678901234567890")), ("req-1".into(), "12345678901234567890".into()));
    }

    #[test]
    fn long_words_may_be_ids_and_so_may_the_parts_of_a_traceparent() {
        let text = b"\"a\" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 short-1";
        let found: Vec<&str> = words(text).collect();
        assert!(found.contains(&"4bf92f3577b34da6a3ce929d0e0e4736") && !found.contains(&"short-1"), "{found:?}");
    }
}
