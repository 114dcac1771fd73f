//! Lines that only an endpoint and a status tell: the access log beside an application's own lines.

use hashbrown::HashMap;

use crate::extract::ENDPOINT_RULE;
use crate::model::{EventKind, EventSet, Notice, Symbol, TokenEvent, Trouble};

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

/// Lines that only an endpoint and a status tell repeat what an application's own lines say: where
/// there are such lines, counting both would count each attempt twice. What they alone know of a request (its
/// client, user and address) goes to the application's lines of that request, and that an endpoint was asked over plain HTTP
/// stays.
pub(super) fn set_aside(events: &mut EventSet) -> Option<Notice> {
    let endpoint = events.symbols.find(ENDPOINT_RULE)?;
    let attempt = |event: &TokenEvent| matches!(event.kind, EventKind::RefreshSucceeded | EventKind::RefreshFailed);
    if !events.events.iter().any(|event| attempt(event) && event.rule != endpoint) {
        return None;
    }
    let mut aside: Vec<TokenEvent> =
        events.events.extract_if(.., |event| event.rule == endpoint && attempt(event)).collect();
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
        let rule = set.symbols.intern(rule);
        let mut event = TokenEvent::new(EventKind::RefreshFailed, rule, Position::default());
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
}
