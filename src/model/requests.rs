//! What need not be kept of requests once nobody asks for the events themselves.

use super::{EventSet, SymbolSet};

impl EventSet {
    /// Forgets the text of each request that one event alone tells of. It joins nothing, and such texts are a third of what
    /// a log of nothing but events takes beside its events. Their symbols stay different from each other.
    pub fn forget_lone_requests(&mut self) {
        let mut kept = SymbolSet::repeated(self.events.iter().filter_map(|event| event.request_id));
        for event in &self.events {
            let mut event = *event;
            event.request_id = None;
            kept.insert(event.rule);
            for symbol in event.symbols_mut().into_iter().flatten() {
                kept.insert(*symbol);
            }
        }
        self.symbols.forget_others(&kept);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{EventKind, EventSet, Position, TokenEvent};

    #[test]
    fn what_several_events_tell_of_or_is_something_else_as_well_is_kept() {
        let mut set = EventSet::default();
        let rule = set.symbols.intern("rule");
        for (request, client) in [("r-1", "app"), ("r-2", "r-3"), ("r-2", "app"), ("r-3", "app"), ("r-4", "app")] {
            let mut event = TokenEvent::new(EventKind::RefreshSucceeded, rule, Position::default());
            event.request_id = Some(set.symbols.intern(request));
            event.client = Some(set.symbols.intern(client));
            set.events.push(event);
        }
        let symbols: Vec<_> = set.events.iter().filter_map(|event| event.request_id).collect();
        set.forget_lone_requests();
        let texts: Vec<&str> = symbols.iter().map(|symbol| set.symbols.get(*symbol)).collect();
        assert_eq!(texts, ["", "r-2", "r-2", "r-3", ""]);
        assert_eq!(set.events.iter().filter_map(|event| event.request_id).collect::<Vec<_>>(), symbols);
        assert!(set.symbols.find("r-1").is_none() && set.symbols.find("r-2") == Some(symbols[1]));
        let clients: Vec<_> = set.events.iter().map(|event| set.symbols.text(event.client)).collect();
        assert_eq!(clients, [Some("app"), Some("r-3"), Some("app"), Some("app"), Some("app")]);
    }
}
