//! Invented rules with the features of the files that companies keep.

use std::borrow::Cow;

use super::syntax::{compile, translated};
use super::{ForeignRules, Match, Search, is_gitleaks, load_gitleaks};
use crate::rules::{Detect, RuleSource};

fn source(path: &str, text: &str) -> RuleSource {
    RuleSource { path: path.into(), text: Cow::Owned(text.into()) }
}

fn loaded(texts: &[&str]) -> ForeignRules {
    let sources: Vec<RuleSource> =
        texts.iter().zip(1..).map(|(text, number)| source(&format!("f{number}.toml"), text)).collect();
    load_gitleaks(&sources).unwrap()
}

fn told(rules: &ForeignRules) -> Vec<String> {
    rules.notices.iter().map(|notice| format!("{}: {}", notice.path.as_deref().unwrap(), notice.message)).collect()
}

fn search(rules: &ForeignRules, id: &str) -> Search {
    match &rules.rules.iter().find(|rule| rule.id == id).unwrap().detect {
        Detect::Search(search) => search.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

const RULE: &str = "[[rules]]\nid = \"acme-key\"\nregex = '''\\b(acme_[a-z0-9]{20})\\b'''\nkeywords = [\"ACME_\"]\n";

#[test]
fn their_files_are_told_from_ours() {
    assert!(is_gitleaks(&source("x.toml", RULE)));
    assert!(is_gitleaks(&source("x.toml", "[extend]\nuseDefault = true\n")));
    assert!(!is_gitleaks(&source("x/leaks/x.toml", "[[rule]]\nid = \"x\"\n")));
    assert!(!is_gitleaks(&source("x.toml", "[[rules]\n")));
}

#[test]
fn a_file_extends_changes_and_disables_rules_of_another() {
    let base = format!(
        "{RULE}[[rules]]\nid = \"old-key\"\nregex = 'old_[a-z]{{9}}'\n[[rules]]\nid = \"part\"\nregex = 'part_[0-9]+'\nskipReport = true\n"
    );
    let change = "[extend]\npath = \"f1.toml\"\ndisabledRules = [\"old-key\"]\n\
                  [[rules]]\nid = \"acme-key\"\ndescription = \"Acme key.\"\nentropy = 3.5\nsecretGroup = 1\nkeywords = [\"acme\"]\n";
    let rules = loaded(&[&base, change]);
    let ids: Vec<&str> = rules.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["acme-key"]);
    assert_eq!(rules.rules[0].title, "Acme key");
    let search = search(&rules, "acme-key");
    assert_eq!((search.group, search.entropy, search.keywords), (1, 3.5, vec!["acme".to_owned(), "acme_".to_owned()]));
    assert_eq!(told(&rules), ["f2.toml: `extend` from f1.toml: name that file with --rules, too"]);
}

#[test]
fn what_is_not_honoured_is_named() {
    let rules =
        loaded(&["title = \"x\"\nminVersion = \"v8.25.0\"\nprefilter = '''true'''\n[extend]\nuseDefault = true\n\
        [[rules]]\nid = \"by-name\"\npath = '''\\.p12$'''\n\
        [[rules]]\nid = \"in-files\"\nregex = 'abcd[0-9]+'\npath = '''\\.py$'''\n\
        [[rules]]\nid = \"pair\"\nregex = 'abcd[0-9]+'\n[[rules.required]]\nid = \"in-files\"\n\
        [[rules]]\nid = \"any\"\nregex = '[a-z0-9]{40}'\n\
        [[rules]]\nid = \"checked\"\nregex = 'abcd[0-9]+'\nvalidate = '''x'''\ntags = ['y']\n"]);
    assert_eq!(rules.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["checked"]);
    let told = told(&rules);
    for part in [
        "the file: `prefilter` is not honoured",
        "`useDefault`: the rules of gitleaks are not built in",
        "rule `by-name` is left out: it has no regex",
        "rule `in-files` is left out: it is for files of certain names",
        "rule `pair` is left out: it asks for another rule's match",
        "rule `any` is left out: it has no keyword",
        "rule `checked`: `validate` is not honoured",
    ] {
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:?}");
    }
    assert_eq!(told.len(), 7, "{told:?}");
}

#[test]
fn allowlists_hold_by_secret_match_line_word_and_path() {
    let lists = "[[allowlists]]\npaths = ['''/vendor/''', '''\\.lock$''']\n\
        [[allowlists]]\ntargetRules = [\"acme-key\"]\nregexTarget = \"line\"\nregexes = ['''example line''']\n";
    let text = format!(
        "{RULE}[[rules.allowlists]]\nstopwords = [\"DUMMY\"]\n\
         [[rules.allowlists]]\ncondition = \"AND\"\nregexTarget = \"match\"\nregexes = ['''^acme_a''']\nstopwords = [\"zz\"]\n\
         [[rules.allowlists]]\ncondition = \"AND\"\ncommits = [\"abc\"]\nregexes = ['''.''']\n{lists}"
    );
    let search = search(&loaded(&[&text]), "acme-key");
    let allows = |secret: &str, line: &str| {
        let found = Match { secret: secret.as_bytes(), whole: secret.as_bytes(), line: line.as_bytes() };
        search.allow.iter().any(|list| list.allows(found))
    };
    assert!(!allows("acme_b1", "a line"));
    assert!(allows("acme_b1dummy", "a line"));
    assert!(allows("acme_b1", "an example line"));
    assert!(!allows("acme_a1", "a line") && !allows("acme_bzz", "a line") && allows("acme_azz", "a line"));
    let path = |path: &str| search.allow.iter().any(|list| list.allows_path(path));
    assert!(path("a/vendor/b.log") && path("x.lock") && !path("logs/a.log"));
}

#[test]
fn mistakes_are_told_with_their_file_and_line() {
    let wrong = |text: &str| load_gitleaks(&[source("f.toml", text)]).unwrap_err()[0].to_string();
    let said = wrong("title = \"x\"\n[[rules]]\nid = \"a\"\nregex = 'ab('\n");
    assert!(said.starts_with("f.toml:4: regex `ab(` cannot be compiled"), "{said}");
    let said = wrong(&RULE.replace("keywords", "secretGroup = 2\nkeywords"));
    assert!(said.contains("rule `acme-key`: its regex has no group 2"), "{said}");
    let said = wrong(&format!("{RULE}[[rules.allowlists]]\ncondition = \"XOR\"\n"));
    assert!(said.contains("`condition` `XOR`"), "{said}");
    assert!(wrong("rules = 1\n").contains("no rule file of gitleaks"));
}

#[test]
fn the_syntax_of_go_means_here_what_it_means_there() {
    for (go, here) in [
        (r"\Qa.b[\E+", r"a\.b\[+"),
        (r"[^]a]", r"[^\]a]"),
        (r"[[:alnum:][]", r"[[:alnum:]\[]"),
        (r"[a&&b~]", r"[a\&\&b\~]"),
        (r"\<x\>", "<x>"),
        (r"[\]x]", r"[\]x]"),
        (r"^\$(?:\d+|{\d+})$", r"^\$(?:\d+|\{\d+})$"),
        (r"\${a}{{b}}{,3}", r"\$\{a}\{\{b}}\{,3}"),
        (r"x{2}y{2,}[{]\p{Greek}\x{41}", r"x{2}y{2,}[{]\p{Greek}\x{41}"),
        (r"(?i)[\w.=-]{3}(?:'|\x60)", r"(?i)[\w.=-]{3}(?:'|\x60)"),
    ] {
        assert_eq!(translated(go), here);
        compile(go).unwrap();
    }
    assert!(compile(r"(?i)(?:acme)(?:[0-9a-z\-_\t .]{0,20})(?:[\s|']|[\s|\x22]){0,3}(?:=|>|:{1,3}=|\|\|:|<=|=>|:|\?=)(?:'|\x22|\s|=|\x60){0,5}([a-z0-9]{32})(?:['|\x22|\n|\r|\s|\x60|;]|$)")
        .unwrap()
        .is_match(b"acme_key = 'a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4'"));
}

#[test]
fn a_rule_without_keywords_has_those_of_its_expression() {
    let rules = loaded(&["[[rules]]\nid = \"x\"\nregex = '''(?i)Zorblax-(?:live|test)-[0-9a-f]{8}'''\n"]);
    assert_eq!(search(&rules, "x").keywords, ["zorblax-live-", "zorblax-test-"]);
}
