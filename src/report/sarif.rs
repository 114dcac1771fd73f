//! SARIF 2.1.0 (OASIS), as GitHub code scanning and other dashboards take it.
//!
//! One run with one result per finding and per leak. Regions name lines, not columns: a column in SARIF counts
//! characters, and a report knows bytes; the exact place is in the byte range and in the properties.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Value, json};

use super::escape::{sarif as text, uri};
use super::place::{Run, file};
use crate::model::{Confidence, Evidence, Finding, Leak, Notice, Report, RuleText, Severity, Trouble};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Locations of one result; GitHub shows no more.
const LOCATIONS: usize = 100;

/// Writes the report as a SARIF log, with a newline at the end. Paths become URIs relative to the run's root.
pub fn render_sarif(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let rules = rules(report);
    let index: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(place, rule)| (rule.id.as_str(), place)).collect();
    let packed: BTreeSet<&str> =
        report.inputs.iter().filter(|input| input.compression.is_some()).map(|input| input.path.as_str()).collect();
    let compressed = |path: &str| packed.contains(path) || path.contains('!');
    let findings = report.findings.iter().map(|finding| of_finding(finding, index[finding.rule.as_str()], run));
    let leaks = report.leaks.iter().map(|leak| of_leak(leak, index[leak.rule.as_str()], compressed(&leak.path), run));
    let notices = report.notices.iter().map(|notice| of_notice(notice, run));
    let driver = json!({
        "name": report.tool.name,
        "semanticVersion": report.tool.version,
        "rules": rules.iter().map(|rule| of_rule(rule, report)).collect::<Vec<_>>(),
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": "tokscan/" },
            "invocations": [{
                "executionSuccessful": report.notices.iter().all(|notice| notice.trouble == Trouble::Note),
                "toolExecutionNotifications": notices.collect::<Vec<_>>(),
            }],
            "results": findings.chain(leaks).collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

/// The texts of all rules that results name; a saved report has none, so the names must do.
fn rules(report: &Report) -> Vec<RuleText> {
    let findings = report.findings.iter().map(|finding| &finding.rule);
    let named: BTreeSet<&String> = findings.chain(report.leaks.iter().map(|leak| &leak.rule)).collect();
    let text = |id: &String| {
        let known = report.rules.iter().find(|rule| rule.id == *id).cloned();
        known.unwrap_or_else(|| RuleText { id: id.clone(), title: id.replace('-', " "), ..RuleText::default() })
    };
    named.into_iter().map(text).collect()
}

fn of_rule(rule: &RuleText, report: &Report) -> Value {
    let leaks: Vec<&Leak> = report.leaks.iter().filter(|leak| leak.rule == rule.id).collect();
    let findings = report.findings.iter().filter(|finding| finding.rule == rule.id);
    let worst = leaks.iter().map(|leak| leak.severity).chain(findings.map(|finding| finding.severity)).min();
    let worst = worst.unwrap_or(Severity::Info);
    let title = if rule.title.is_empty() { &rule.id } else { &rule.title };
    let paragraphs = if rule.help.is_empty() { vec![title.clone()] } else { rule.help.clone() };
    let references = rule.references.iter().map(|reference| format!("- {reference}"));
    let help = paragraphs.iter().cloned().chain([references.collect::<Vec<_>>().join("\n")]);
    let help = help.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    let mut properties = json!({ "tags": ["oauth", "logs"] });
    if let Some(surest) = leaks.iter().map(|leak| leak.confidence).max() {
        properties = json!({
            "tags": ["oauth", "logs", "security", "external/cwe/cwe-532"],
            "precision": precision(surest),
            "security-severity": score(worst),
        });
    }
    let mut descriptor = json!({
        "id": rule.id,
        "name": camel_case(&rule.id),
        "shortDescription": { "text": text(title) },
        "fullDescription": { "text": text(&paragraphs[0]) },
        "help": { "text": text(&help), "markdown": help },
        "defaultConfiguration": { "level": level(worst) },
        "properties": properties,
    });
    if let Some(url) = rule.references.iter().find(|reference| reference.starts_with("https://")) {
        descriptor["helpUri"] = url.as_str().into();
    }
    descriptor
}

fn of_finding(finding: &Finding, rule: usize, run: &Run) -> Value {
    let place = |evidence: &Evidence| location(&evidence.path, evidence.line, None, run);
    let related = finding.evidence.iter().skip(1).take(LOCATIONS).zip(1..).map(|(evidence, id)| {
        let mut related = place(evidence);
        related["id"] = id.into();
        related["message"] = json!({ "text": text(&format!("{:?}: {}", evidence.role, evidence.event)) });
        related
    });
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": text(&format!("{}. {}", finding.title, finding.explanation)) },
        "locations": finding.evidence.iter().take(1).map(place).collect::<Vec<_>>(),
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "tokscanFinding/v1": finding.id },
        "properties": {
            "severity": finding.severity.name(),
            "confidence": finding.confidence.name(),
            "provider": finding.provider,
            "client": finding.client,
            "subject": finding.subject,
            "failures": finding.failures,
            "aftermath_failures": finding.aftermath_failures,
        },
    })
}

fn of_leak(leak: &Leak, rule: usize, compressed: bool, run: &Run) -> Value {
    let bytes = (!compressed).then_some((leak.byte_start, leak.byte_end));
    json!({
        "ruleId": leak.rule,
        "ruleIndex": rule,
        "level": level(leak.severity),
        "message": { "text": text(&super::place::leak_sentence(leak)) },
        "locations": [location(&leak.path, leak.line, bytes, run)],
        // The same value is the same alert, wherever a rotated log has it now.
        "partialFingerprints": { "tokscanLeak/v1": leak.id, "primaryLocationLineHash": format!("{}:1", leak.id) },
        "properties": {
            "severity": leak.severity.name(),
            "confidence": leak.confidence.name(),
            "kind": leak.kind.name(),
            "status": leak.status,
            "occurrences": leak.occurrences,
            "masked": leak.masked,
            "byteColumns": [leak.column, leak.end_column],
        },
    })
}

fn of_notice(notice: &Notice, run: &Run) -> Value {
    let level = if notice.trouble == Trouble::Incomplete { "error" } else { "note" };
    let mut value = json!({
        "level": level,
        "message": { "text": text(&notice.message) },
        "descriptor": { "id": notice.code },
        "properties": { "count": notice.count },
    });
    if let Some(path) = &notice.path {
        value["locations"] = json!([{ "physicalLocation": { "artifactLocation": { "uri": uri(&file(path, run)) } } }]);
    }
    value
}

fn location(path: &str, line: u64, bytes: Option<(u64, u64)>, run: &Run) -> Value {
    let mut region = json!({ "startLine": line.max(1) });
    if let Some((start, end)) = bytes {
        region["byteOffset"] = start.into();
        region["byteLength"] = end.saturating_sub(start).into();
    }
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&file(path, run)) }, "region": region } })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub's `security-severity`: a CVSS-like score.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Proven => "very-high",
        Confidence::Likely => "high",
        Confidence::Possible => "medium",
    }
}

/// `refresh-race` as `RefreshRace`, the form that SARIF asks of names.
fn camel_case(id: &str) -> String {
    let words = id.split(['-', '_', '/', '.', ' ']).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        })
        .collect()
}
