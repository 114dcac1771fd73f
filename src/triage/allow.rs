//! Allow rules: what may stay readable in a log, who said why, and until when.
//!
//! ```toml
//! [[allow]]
//! rule = "oauth-access-token"      # the name of a rule, or a kind such as access_token
//! path = "logs/fixtures/**"        # as reports show it; without a slash: the file's name anywhere
//! field = "access_token"           # the key or header, as reports show it
//! digest = "9f8b3c2a7d6e5f4a"      # of the value, as reports show it
//! reason = "tokens of the mock server"
//! expires = 2027-01-31             # from that day on it allows nothing
//! ```
//!
//! At least one of the first four is given, and all that are given must hold; the reason is mandatory. A rule
//! covers places, not values: one value that is readable in two files is still a leak in the file that no rule names.

use chrono::NaiveDate;
use glob::{MatchOptions, Pattern};
use serde::Deserialize;
use toml::Spanned;

use super::GateError;
use crate::model::{LeakKind, LeakSighting, Notice, Trouble};

/// One `[[allow]]` table, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Allow {
    rule: Option<String>,
    path: Option<Pattern>,
    field: Option<String>,
    digest: Option<String>,
    reason: String,
    expires: Option<NaiveDate>,
    /// Where it stands: `tokscan.toml:12`.
    place: String,
}

/// The file, as far as this module reads it: other tables belong to others.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    allow: Vec<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rule: Option<String>,
    path: Option<Spanned<String>>,
    field: Option<String>,
    digest: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    expires: Option<Spanned<toml::value::Datetime>>,
}

/// Reads the `[[allow]]` tables of a configuration file; all mistakes are told at once, by path and line.
pub fn read_allow(path: &str, text: &str) -> Result<Vec<Allow>, Vec<GateError>> {
    let at = |offset: usize, message: String| GateError { path: path.to_owned(), line: line_of(text, offset), message };
    let file: File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        vec![at(start, error.message().to_owned())]
    })?;
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for table in file.allow {
        let start = table.span().start;
        match checked(table.into_inner(), format!("{path}:{}", line_of(text, start))) {
            Ok(rule) => rules.push(rule),
            Err((offset, message)) => errors.push(at(offset.unwrap_or(start), message)),
        }
    }
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

fn checked(table: Table, place: String) -> Result<Allow, (Option<usize>, String)> {
    let Some(reason) = table.reason.filter(|reason| !reason.get_ref().trim().is_empty()) else {
        return Err((None, "an allow rule needs a `reason`: who may read this, and why".into()));
    };
    if table.rule.is_none() && table.path.is_none() && table.field.is_none() && table.digest.is_none() {
        return Err((
            None,
            "an allow rule needs one of `rule`, `path`, `field` and `digest`: this one allows all".into(),
        ));
    }
    let path = table.path.map(|path| {
        let pattern = path.get_ref().strip_prefix("./").unwrap_or(path.get_ref());
        Pattern::new(pattern).map_err(|error| (Some(path.span().start), format!("`path` is no pattern: {}", error.msg)))
    });
    let digest = table.digest.map(|digest| {
        let text = digest.get_ref().to_ascii_lowercase();
        let whole = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let wrong = "`digest` is the 16 hexadecimal digits that a report shows, never the value itself";
        if whole { Ok(text) } else { Err((Some(digest.span().start), wrong.to_owned())) }
    });
    let expires = table.expires.map(|date| {
        let day = date.get_ref().date.filter(|_| date.get_ref().time.is_none());
        let day = day.and_then(|day| NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into()));
        day.ok_or_else(|| (Some(date.span().start), "`expires` is a date: 2027-01-31".to_owned()))
    });
    Ok(Allow {
        rule: table.rule,
        path: path.transpose()?,
        field: table.field,
        digest: digest.transpose()?,
        reason: reason.into_inner().trim().to_owned(),
        expires: expires.transpose()?,
        place,
    })
}

/// 1-based line of an offset.
fn line_of(text: &str, offset: usize) -> usize {
    memchr::memchr_iter(b'\n', &text.as_bytes()[..offset.min(text.len())]).count() + 1
}

impl Allow {
    /// The rule or kind it names, and where it stands: a name that nothing has is a mistake.
    pub fn named(&self) -> Option<(&str, &str)> {
        let rule = self.rule.as_deref().filter(|rule| LeakKind::from_name(rule).is_none())?;
        Some((rule, &self.place))
    }

    /// Whether it lets a leak at one place pass on a day.
    pub(super) fn allows(&self, sighting: &LeakSighting, path: &str, today: NaiveDate) -> bool {
        !self.is_over(today) && self.covers(sighting, path)
    }

    /// Where it stands, and its reason.
    pub(super) fn says(&self) -> String {
        format!("{}: {}", self.place, self.reason)
    }

    fn is_over(&self, today: NaiveDate) -> bool {
        self.expires.is_some_and(|day| day <= today)
    }

    fn covers(&self, sighting: &LeakSighting, path: &str) -> bool {
        self.rule.as_ref().is_none_or(|rule| *rule == sighting.rule || rule == sighting.kind.name())
            && self
                .field
                .as_ref()
                .is_none_or(|field| sighting.field.as_ref().is_some_and(|found| found.eq_ignore_ascii_case(field)))
            && self.path.as_ref().is_none_or(|pattern| is_at(pattern, path))
            && self.digest.as_ref().is_none_or(|digest| *digest == sighting.digest.to_string())
    }
}

/// Whether a pattern names a path, the archive that holds it, or (without a slash) the file's own name.
fn is_at(pattern: &Pattern, path: &str) -> bool {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let path = path.strip_prefix("./").unwrap_or(path);
    let archive = path.split_once('!').map_or(path, |(archive, _)| archive);
    let name = (!pattern.as_str().contains('/')).then(|| archive.rsplit(['/', '\\']).next().unwrap_or(archive));
    [Some(path), Some(archive), name].into_iter().flatten().any(|text| pattern.matches_with(text, options))
}

/// Takes away the sightings that a rule covers today, and says so. `paths` are the names of the sources.
pub(super) fn allow(
    rules: &[Allow],
    today: NaiveDate,
    sightings: &mut Vec<LeakSighting>,
    paths: &[String],
) -> Vec<Notice> {
    let mut counts = vec![0; rules.len()];
    sightings.retain(|sighting| {
        let path = paths[sighting.position.source as usize].as_str();
        let covering = rules.iter().position(|rule| rule.allows(sighting, path, today));
        covering.is_none_or(|rule| {
            counts[rule] += 1;
            false
        })
    });
    let said = |(rule, count): (&Allow, u64)| {
        let message = format!("readable, and allowed by {}", rule.says());
        (count > 0).then(|| Notice { count, ..Notice::new("allowed", None, message, Trouble::Note) })
    };
    rules.iter().zip(counts).filter_map(said).collect()
}

/// Which rules allow nothing any more.
pub(super) fn over(rules: &[Allow], today: NaiveDate) -> Vec<Notice> {
    let said = |rule: &Allow| {
        let (Allow { place, reason, .. }, day) = (rule, rule.expires.filter(|_| rule.is_over(today))?);
        let message = format!(
            "{place} allowed this until {day} ({reason}), and no longer does: mend the leak, or renew the rule"
        );
        Some(Notice::new("allow-expired", None, message, Trouble::Note))
    };
    rules.iter().filter_map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sighting;
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn left(text: &str, today: &str) -> (Vec<String>, Vec<String>) {
        let rules = read_allow("tokscan.toml", text).unwrap();
        let paths = ["logs/a.log", "logs/mock/b.log", "c.zip!x/d.log"].map(str::to_owned);
        let mut seen: Vec<_> = (0..3).map(|source| sighting(source, "invented-value-1")).collect();
        let mut notices = allow(&rules, day(today), &mut seen, &paths);
        notices.extend(over(&rules, day(today)));
        let left = seen.iter().map(|sighting| paths[sighting.position.source as usize].clone()).collect();
        (left, notices.iter().map(|notice| format!("{} {}: {}", notice.code, notice.count, notice.message)).collect())
    }

    #[test]
    fn a_rule_covers_places_that_it_names_in_full() {
        let of = |keys: &str| left(&format!("[[allow]]\nreason = \"x\"\n{keys}"), "2026-12-01").0;
        assert!(of("rule = \"oauth-access-token\"").is_empty());
        assert!(of("rule = \"access_token\"\nfield = \"Access_Token\"").is_empty());
        assert_eq!(of("path = \"logs/mock/**\""), ["logs/a.log", "c.zip!x/d.log"]);
        assert_eq!(of("path = \"logs/*.log\""), ["logs/mock/b.log", "c.zip!x/d.log"]);
        assert_eq!(of("path = \"b.log\""), ["logs/a.log", "c.zip!x/d.log"]);
        assert_eq!(of("path = \"*.zip\""), ["logs/a.log", "logs/mock/b.log"]);
        assert_eq!(of("path = \"./logs/**\"\nfield = \"refresh_token\"").len(), 3);
        assert_eq!(of("digest = \"0000000000000000\"").len(), 3);
        let digest = crate::model::TokenDigest::of(b"invented-value-1");
        assert!(of(&format!("digest = \"{digest}\"")).is_empty());
    }

    #[test]
    fn an_expired_rule_is_said_and_allows_nothing() {
        let rule = "[[allow]]\npath = \"**\"\nreason = \"ticket 7\"\nexpires = 2027-01-31";
        let (kept, said) = left(rule, "2027-01-30");
        assert_eq!(
            (kept.len(), said.as_slice()),
            (0, ["allowed 3: readable, and allowed by tokscan.toml:1: ticket 7".into()].as_slice())
        );
        let (kept, said) = left(rule, "2027-01-31");
        assert_eq!(kept.len(), 3);
        assert!(
            said[0].starts_with("allow-expired 1: tokscan.toml:1 allowed this until 2027-01-31 (ticket 7)"),
            "{said:?}"
        );
    }

    #[test]
    fn mistakes_are_told_by_line() {
        for (text, wanted) in [
            ("[scan]\nx = 1\n[[allow]]\nrule = \"a\"", "tokscan.toml:3: an allow rule needs a `reason`"),
            ("[[allow]]\nreason = \"r\"", "tokscan.toml:1: an allow rule needs one of"),
            ("[[allow]]\nreason = \"r\"\npaht = \"x\"", "tokscan.toml:3: unknown field `paht`"),
            ("[[allow]]\nreason = \"r\"\npath = \"[\"", "tokscan.toml:3: `path` is no pattern"),
            ("[[allow]]\nreason = \"r\"\ndigest = \"abc\"", "tokscan.toml:3: `digest` is the 16"),
            ("[[allow]]\nreason = \"r\"\nrule = \"a\"\nexpires = 10:00:00", "tokscan.toml:4: `expires` is a date"),
            ("[[allow]\n", "tokscan.toml:1:"),
        ] {
            let errors = read_allow("tokscan.toml", text).unwrap_err();
            assert!(errors[0].to_string().starts_with(wanted), "{text:?}: {}", errors[0]);
        }
    }
}
