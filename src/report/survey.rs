//! The answer of `tokscan formats`, for people and for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::escape;
use crate::model::{SourceSurvey, Survey};

/// Writes a survey as one JSON object.
pub fn render_survey_json(survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, survey)?;
    out.write_all(b"\n")
}

/// Writes a survey for people.
pub fn render_survey(survey: &Survey, out: &mut dyn Write) -> io::Result<()> {
    for (number, source) in survey.sources.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        one(source, out)?;
    }
    let unmatched: u64 = survey.sources.iter().map(|source| source.unmatched).sum();
    if unmatched > 0 {
        writeln!(
            out,
            "\nTo read what matched no rule: begin a file events/mine.toml with id = \"mine\" and title = \"Our logs\", add the suggested"
        )?;
        writeln!(
            out,
            "rule and an [[examples.match]] with such a line and its kind, prove it with `tokscan rules check events/mine.toml`, and"
        )?;
        writeln!(out, "scan with --rules events/mine.toml.")?;
        writeln!(out, "A key that no role was read from is named with --field: --field client=app.name.")?;
    }
    Ok(())
}

fn one(source: &SourceSurvey, out: &mut dyn Write) -> io::Result<()> {
    let shown = escape::terminal;
    writeln!(out, "{}", shown(&source.path))?;
    writeln!(out, "  lines      {}; {} records, {} token events", source.lines, source.records, source.token_events)?;
    counted(out, "formats", &source.formats)?;
    counted(out, "providers", &source.providers)?;
    counted(out, "rules", &source.rules)?;
    for (number, (role, keys)) in source.fields.iter().enumerate() {
        let head = if number == 0 { "fields" } else { "" };
        writeln!(out, "  {head:<9}  {role} from {}", counts(keys))?;
    }
    if source.unmatched > 0 {
        writeln!(out, "  unmatched  {} that look like token events", source.unmatched)?;
    }
    for example in &source.examples {
        writeln!(out, "    line {}: {}", example.line, shown(&example.reason))?;
        writeln!(out, "      {}", shown(&example.excerpt))?;
        for line in example.suggestion.lines() {
            writeln!(out, "      | {}", shown(line))?;
        }
    }
    Ok(())
}

fn counted(out: &mut dyn Write, head: &str, counted: &BTreeMap<String, u64>) -> io::Result<()> {
    if counted.is_empty() { Ok(()) } else { writeln!(out, "  {head:<9}  {}", counts(counted)) }
}

/// `a ×3, b ×1`, the most frequent first.
fn counts(counted: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<(&String, &u64)> = counted.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let shown: Vec<String> =
        sorted.into_iter().map(|(name, count)| format!("{} ×{count}", escape::terminal(name))).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::render_survey;
    use crate::model::{SourceSurvey, Survey, Unmatched};

    #[test]
    fn a_page_names_what_was_read_and_what_was_not() {
        let mut source = SourceSurvey {
            path: "a\u{1b}.log".into(),
            lines: 9,
            records: 3,
            token_events: 2,
            unmatched: 1,
            ..SourceSurvey::default()
        };
        source.formats = [("json".to_owned(), 3), ("text".to_owned(), 6)].into();
        source.fields.insert("client".into(), [("clientid".to_owned(), 2)].into());
        source.examples.push(Unmatched {
            line: 4,
            reason: "it names".into(),
            excerpt: "x".into(),
            suggestion: "[[event]]\nid = \"my-event\"".into(),
        });
        let mut out = Vec::new();
        render_survey(&Survey { sources: vec![source] }, &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        for part in [
            "9; 3 records, 2 token events",
            "text ×6, json ×3",
            "client from clientid ×2",
            "line 4: it names",
            "| id = \"my-event\"",
            "--field client=app.name",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        assert!(!page.contains('\u{1b}'));
    }
}
