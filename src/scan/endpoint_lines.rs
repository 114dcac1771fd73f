//! Lines that only an endpoint and a status tell: the access log beside an application's own lines.

use hashbrown::{HashMap, HashSet};

use crate::extract::ENDPOINT_RULE;
use crate::model::{EventKind, EventSet, Notice, Symbol, TokenEvent, Trouble};
use crate::timeline::is_attempt;

/// What access lines say about a part of a request.
#[derive(Clone, Copy, Default)]
enum Said {
    #[default]
    Nothing,
    Once(Symbol),
    Differently,
}

impl Said {
    fn add(&mut self, symbol: Symbol) {
        *self = match self {
            Self::Nothing => Self::Once(symbol),
            Self::Once(known) if *known == symbol => Self::Once(symbol),
            _ => Self::Differently,
        };
    }

    fn unique(self) -> Option<Symbol> {
        if let Self::Once(symbol) = self { Some(symbol) } else { None }
    }
}

/// What is known of the attempts that lines of more than an endpoint and a status tell.
#[derive(Default)]
struct Worded {
    /// Clients that have one, and those of them that have one that went well.
    clients: HashSet<Symbol>,
    well: HashSet<Symbol>,
    /// Whether one that went well names no client.
    nameless_well: bool,
    /// The requests of those that failed.
    failed: HashSet<Symbol>,
    /// Sources in which lines of an endpoint tell failures: there a good status is no answer that only looks good.
    telling: HashSet<u32>,
}

impl Worded {
    fn of(events: &[TokenEvent], endpoint: Symbol) -> Self {
        let mut worded = Self::default();
        for event in events.iter().filter(|event| is_attempt(event)) {
            let failed = event.kind == EventKind::RefreshFailed;
            if event.rule == endpoint {
                worded.telling.extend(failed.then_some(event.position.source));
                continue;
            }
            worded.clients.extend(event.client);
            if failed {
                worded.failed.extend(event.request_id);
            } else {
                worded.well.extend(event.client);
                worded.nameless_well |= event.client.is_none();
            }
        }
        worded
    }

    /// Whether a line of an endpoint is the only one that tells of an attempt that went well: its client's own lines,
    /// or all lines, tell failures alone.
    fn lack(&self, event: &TokenEvent) -> bool {
        let of_failure = event.request_id.is_some_and(|request| self.failed.contains(&request));
        let told = match event.client {
            Some(client) if self.clients.contains(&client) => self.nameless_well || self.well.contains(&client),
            _ => self.nameless_well || !self.well.is_empty(),
        };
        let is_success = event.kind == EventKind::RefreshSucceeded;
        is_success && !told && !of_failure && self.telling.contains(&event.position.source)
    }
}

/// Lines that only an endpoint and a status tell repeat what an application's own lines say: where
/// there are such lines, counting both would count each attempt twice. What they alone know of a request (its
/// client, user and address) goes to the application's lines of that request, and that an endpoint was asked over plain HTTP
/// stays. So do the attempts that went well of an application that only says what failed.
pub(super) fn set_aside(events: &mut EventSet) -> Option<Notice> {
    let endpoint = events.symbols.find(ENDPOINT_RULE)?;
    if !events.events.iter().any(|event| is_attempt(event) && event.rule != endpoint) {
        return None;
    }
    let worded = Worded::of(&events.events, endpoint);
    let repeats = |event: &TokenEvent| event.rule == endpoint && is_attempt(event) && !worded.lack(event);
    let mut aside: Vec<TokenEvent> = events.events.extract_if(.., |event| repeats(event)).collect();
    complete(&mut events.events, &aside);
    let count = aside.len() as u64;
    aside.retain(|event| event.insecure);
    events.events.extend(aside.into_iter().map(|event| TokenEvent { kind: EventKind::EndpointSeen, ..event }));
    let message = "lines that only show a token endpoint and a status were set aside: other lines tell the attempts themselves; scan them alone to use them";
    (count > 0).then(|| Notice { count, ..Notice::new("endpoint-lines-set-aside", None, message, Trouble::Note) })
}

fn complete(events: &mut [TokenEvent], aside: &[TokenEvent]) {
    let mut requests: HashMap<Symbol, [Said; 3]> = HashMap::new();
    for event in aside {
        let Some(request) = event.request_id else { continue };
        let known = requests.entry(request).or_default();
        for (known, said) in known.iter_mut().zip([event.client, event.subject, event.address]) {
            if let Some(said) = said {
                known.add(said);
            }
        }
    }
    for event in events {
        let Some(said) = event.request_id.and_then(|request| requests.get(&request)) else { continue };
        let [client, subject, address] = said.map(Said::unique);
        // A request of another client with the same number is another request.
        if event.client.is_some() && client.is_some() && event.client != client {
            continue;
        }
        event.client = event.client.or(client);
        event.subject = event.subject.or(subject);
        event.address = event.address.or(address);
    }
}

#[cfg(test)]
mod tests {
    use super::{ENDPOINT_RULE, EventKind, EventSet, TokenEvent, set_aside};
    use crate::model::Position;

    fn event(set: &mut EventSet, rule: &str, request: &str, client: Option<&str>) {
        attempt(set, rule, (request, EventKind::RefreshFailed), client);
    }

    fn attempt(set: &mut EventSet, rule: &str, (request, kind): (&str, EventKind), client: Option<&str>) {
        let rule = set.symbols.intern(rule);
        let mut event = TokenEvent::new(kind, rule, Position::default());
        event.request_id = Some(set.symbols.intern(request));
        event.client = client.map(|client| set.symbols.intern(client));
        set.events.push(event);
    }

    fn clients(set: &EventSet) -> Vec<Option<&str>> {
        set.events.iter().map(|event| set.symbols.text(event.client)).collect()
    }

    #[test]
    fn an_access_line_names_the_client_of_its_request() {
        let mut set = EventSet::default();
        event(&mut set, "wording", "r-1", None);
        event(&mut set, "wording", "r-2", None);
        event(&mut set, "wording", "r-3", Some("own"));
        for (request, client) in [("r-1", "crm"), ("r-2", "crm"), ("r-2", "erp"), ("r-3", "crm")] {
            event(&mut set, ENDPOINT_RULE, request, Some(client));
        }
        let notice = set_aside(&mut set).unwrap();
        assert_eq!((notice.count, clients(&set)), (4, vec![Some("crm"), None, Some("own")]));
    }

    #[test]
    fn access_lines_alone_are_the_only_witness() {
        let mut set = EventSet::default();
        event(&mut set, ENDPOINT_RULE, "r-1", Some("crm"));
        assert!(set_aside(&mut set).is_none() && clients(&set) == [Some("crm")]);
    }

    /// The requests of what is left of an application that tells its failures in words, beside access lines.
    fn left(worded: &[(&str, EventKind, Option<&str>)], access: &[(&str, EventKind, Option<&str>)]) -> Vec<String> {
        let mut set = EventSet::default();
        for (rule, lines) in [("wording", worded), (ENDPOINT_RULE, access)] {
            for &(request, kind, client) in lines {
                attempt(&mut set, rule, (request, kind), client);
            }
        }
        set_aside(&mut set);
        let requests = set.events.iter().filter_map(|event| set.symbols.text(event.request_id));
        requests.map(str::to_owned).collect()
    }

    #[test]
    fn only_the_access_lines_tell_that_it_went_well() {
        use EventKind::{RefreshFailed as Failed, RefreshSucceeded as Well};
        let access = [("a-1", Well, None), ("a-2", Failed, None)];
        assert_eq!(left(&[("w-2", Failed, Some("crm"))], &access), ["w-2", "a-1"]);
        assert_eq!(left(&[("w-2", Failed, None), ("w-3", Well, None)], &access), ["w-2", "w-3"]);
        // Of each client by itself, as far as the names are the same.
        let (crm, erp, other) = (Some("crm"), Some("erp"), Some("0oa7"));
        let worded = [("w-1", Failed, crm), ("w-2", Well, erp)];
        let access = [("a-1", Well, crm), ("a-2", Well, erp), ("a-3", Well, other), ("a-4", Failed, crm)];
        assert_eq!(left(&worded, &access), ["w-1", "w-2", "a-1"]);
    }

    #[test]
    fn a_good_status_may_be_that_of_a_failure() {
        use EventKind::{RefreshFailed as Failed, RefreshSucceeded as Well};
        // A server that answers 200 with an error in the body: no access line tells a failure.
        assert_eq!(left(&[("w-1", Failed, None)], &[("a-1", Well, None)]), ["w-1"]);
        let access = [("r-1", Well, None), ("r-2", Failed, None)];
        assert_eq!(left(&[("r-1", Failed, None)], &access), ["r-1"]);
    }
}
