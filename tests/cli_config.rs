//! Settings as a user meets them: files, variables and the command line, and which of them wins.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A user with a home and a project with a folder below it; the program runs in that folder.
struct Desk {
    root: TempDir,
}

impl Desk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("home/.config/tokscan")).unwrap();
        fs::create_dir_all(root.path().join("project/logs")).unwrap();
        Self { root }
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.root.path().join(inner)
    }

    fn project(&self, text: &str) -> &Self {
        fs::write(self.path("project/tokscan.toml"), text).unwrap();
        self
    }

    fn user(&self, text: &str) -> &Self {
        fs::write(self.path("home/.config/tokscan/tokscan.toml"), text).unwrap();
        self
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        command.args(arguments).current_dir(self.path("project/logs"));
        command.env_clear().env("HOME", self.path("home")).envs(variables.iter().copied());
        command.output().unwrap()
    }

    /// The line of `config show` that holds a key.
    fn shown(&self, key: &str, variables: &[(&str, &str)]) -> String {
        let output = self.run(&["config", "show"], variables);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let line = out(&output).lines().find(|line| line.trim_start_matches("# ").starts_with(key)).unwrap().to_owned();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Asserts that the project's file is refused with this message.
    fn refused(&self, text: &str, message: &str) {
        let output = self.project(text).run(&["config", "show"], &[]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(err(&output).contains(message), "{text:?} does not give {message:?} but\n{}", err(&output));
        assert!(out(&output).is_empty());
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// One sample, by its absolute path.
fn sample() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/two-services-one-token").display().to_string()
}

#[test]
fn the_nearer_place_wins() {
    let desk = Desk::new();
    assert_eq!(desk.shown("window", &[]), "window = \"200ms\" # default");
    desk.user("window = \"1s\"\nevidence = 3\n");
    assert!(desk.shown("window", &[]).starts_with("window = \"1s\" # /"));
    desk.project("\nwindow = \"2s\"\n");
    assert_eq!(desk.shown("window", &[]), "window = \"2s\" # ../tokscan.toml:2");
    assert!(desk.shown("evidence", &[]).starts_with("evidence = 3 # /"), "what only the user's file sets still holds");
    assert_eq!(desk.shown("window", &[("TOKSCAN_WINDOW", "3s")]), "window = \"3s\" # TOKSCAN_WINDOW");
    assert_eq!(desk.shown("window", &[("TOKSCAN_WINDOW", "")]), "window = \"2s\" # ../tokscan.toml:2");
    let wanted = desk.path("home").join("elsewhere");
    fs::create_dir_all(wanted.join("tokscan")).unwrap();
    fs::write(wanted.join("tokscan/tokscan.toml"), "evidence = 9\n").unwrap();
    assert!(desk.shown("evidence", &[("XDG_CONFIG_HOME", wanted.to_str().unwrap())]).starts_with("evidence = 9"));
}

#[test]
fn what_is_set_holds_and_what_is_typed_holds_more() {
    let desk = Desk::new();
    desk.project("format = \"json\"\nwindow = \"1ms\"\n");
    let race = "time=2026-03-02T12:00:00.000Z msg=\"token refreshed\" client_id=app user=u1 host=a\n\
                time=2026-03-02T12:00:00.080Z msg=\"token refresh failed\" error=invalid_grant client_id=app user=u1 host=b\n\
                time=2026-03-02T12:58:30.000Z msg=\"token refreshed\" client_id=app user=u1 host=b\n";
    fs::write(desk.path("project/logs/app.log"), race).unwrap();
    let races = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = desk.run(&[arguments, &["app.log"]].concat(), variables);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["summary"]["findings"]["refresh-race"].as_u64().unwrap_or(0)
    };
    assert_eq!(races(&[], &[]), 0, "the window of the file is narrower than the race");
    assert_eq!(races(&["--window", "200ms"], &[]), 1);
    assert_eq!(races(&["scan"], &[("TOKSCAN_WINDOW", "200ms")]), 1);
    assert_eq!(races(&["--window", "1ms", "scan"], &[("TOKSCAN_WINDOW", "200ms")]), 0);
    assert_eq!(races(&["--no-config", "-f", "json"], &[]), 1);
    // `json` is a format of a report; `events` goes on with its own.
    let events = desk.run(&["events", "app.log"], &[]);
    assert!(out(&events).starts_with("{\"time\""), "{}", err(&events));
}

#[test]
fn a_command_has_a_table_of_its_own() {
    let desk = Desk::new();
    desk.project("fail-on = \"never\"\n[scan]\nfail-on = [\"refresh-race\"]\n");
    assert_eq!(desk.run(&[&sample()], &[]).status.code(), Some(1));
    assert_eq!(desk.run(&["scan", &sample()], &[]).status.code(), Some(1));
    assert_eq!(desk.run(&["scan", "--fail-on", "never", &sample()], &[]).status.code(), Some(0));
    assert_eq!(desk.shown("[scan]", &[]), "[scan]");
    desk.refused("[leaks]\nwindow = \"1s\"\n", "../tokscan.toml:2: `tokscan leaks` has no option --window");
}

#[test]
fn mistakes_are_told_by_line_with_what_was_meant() {
    let desk = Desk::new();
    for (text, message) in [
        ("\nwindw = \"1s\"\n", "../tokscan.toml:2: unknown key 'windw'; did you mean 'window'?"),
        ("min_confidence = \"likely\"\n", "1: unknown key 'min_confidence'; did you mean 'min-confidence'?"),
        ("qqq = 1\n", "unknown key 'qqq'; `tokscan config init -` shows all keys"),
        ("output = \"x.json\"\n", "unknown key 'output'"),
        ("[lekas]\n", "unknown key 'lekas'; did you mean 'leaks'?"),
        ("[leaks]\nfailon = \"any\"\n", "2: unknown key 'failon'; did you mean 'fail-on'?"),
        ("threads = \"many\"\n", "1: threads is a whole number, as in `threads = 4`"),
        ("threads = -1\n", "threads is a whole number"),
        ("progress = \"no\"\n", "progress is true or false"),
        ("rule = [1]\n", "rule is a list of texts"),
        ("window = \n", "../tokscan.toml:1: "),
        ("rules = [\"gone\"]\n", "'gone' cannot be read"),
        (
            "[thresholds.retry-strom]\nattempts = 3\n",
            "2: no rule 'retry-strom' with thresholds; did you mean 'retry-storm'?",
        ),
        (
            "[thresholds.retry-storm]\natempts = 3\n",
            "retry-storm has no threshold 'atempts'; it has attempts, per_minute",
        ),
        ("[thresholds.retry-storm]\nattempts = -3\n", "the threshold attempts is a number from 0 up"),
        ("[thresholds]\nattempts = 3\n", "a threshold stands below its rule"),
    ] {
        desk.refused(text, message);
    }
    // All of them at once.
    let output = desk.project("a1 = 1\nb2 = 2\n").run(&["config", "show"], &[]);
    assert_eq!(err(&output).lines().count(), 2);
}

#[test]
fn a_bad_value_names_the_place_that_it_was_set_at() {
    let desk = Desk::new();
    for (text, message) in [
        ("window = \"soon\"\n", "../tokscan.toml:1: invalid value 'soon' for --window: write 200ms"),
        ("\nmin-confidence = \"sure\"\n", "../tokscan.toml:2: invalid value 'sure' for '--min-confidence"),
        ("format = \"yaml\"\n", "../tokscan.toml:1: invalid value 'yaml' for '--format"),
        (
            "fail-on = [\"high\", \"hihg\"]\n",
            "../tokscan.toml:1: invalid value 'hihg' for --fail-on: did you mean 'high'?",
        ),
        ("rule = \"refesh-race\"\n", "../tokscan.toml:1: invalid value 'refesh-race' for --rule"),
    ] {
        let output = desk.project(text).run(&[&sample()], &[]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(err(&output).contains(message), "{text:?} does not give {message:?} but\n{}", err(&output));
    }
    let output = desk.run(&["--no-config", &sample()], &[("TOKSCAN_TZ", "Mars")]);
    assert!(err(&output).contains("TOKSCAN_TZ: invalid value 'Mars' for --tz"), "{}", err(&output));
    let output = desk.run(&["--no-config", "config", "show"], &[("TOKSCAN_FAIL_ONN", "any")]);
    assert!(err(&output).contains("TOKSCAN_FAIL_ONN is not known and is left out; did you mean TOKSCAN_FAIL_ON?"));
}

#[test]
fn a_projects_file_does_not_blind_a_gate_in_silence() {
    let desk = Desk::new();
    let leaky = desk.path("project/logs/app.jsonl");
    let token = format!("{}{}", "0.AXoA", "qZ7f2Lk9VwYx3Rt5Bn8Mc1Jd4Hs6Pg0e");
    fs::write(&leaky, format!("{{\"time\":\"2026-03-01T10:00:00Z\",\"refresh_token\":\"{token}\"}}\n")).unwrap();
    assert_eq!(desk.run(&["leaks", "app.jsonl"], &[]).status.code(), Some(1));

    desk.project("fail-on = \"never\"\nrule = \"jwt\"\n");
    let output = desk.run(&["leaks", "app.jsonl"], &[]);
    let said = "this project file decides what is found or fails the run (rule, fail-on)";
    let page = out(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(said), "{page}");
    let json = desk.run(&["leaks", "-q", "-f", "json", "app.jsonl"], &[]);
    assert!(out(&json).contains("project-config"), "a quiet report says so, too");
    assert_eq!(desk.run(&["leaks", "--no-config", "app.jsonl"], &[]).status.code(), Some(1));

    // A file that was named was chosen, and a user's own is the user's.
    let named = desk.run(&["leaks", "--config", "../tokscan.toml", "-f", "json", "app.jsonl"], &[]);
    assert!(!out(&named).contains("project-config") && named.status.code() == Some(0));
}

#[test]
fn a_projects_baseline_lies_in_the_project_and_is_named() {
    let desk = Desk::new();
    fs::write(desk.path("project/logs/a.log"), "refresh_token=1//0gZyXwVuTsRqPoNmLkJiHgFeDcBa9876543210\n").unwrap();
    assert_eq!(desk.run(&["leaks", "-q", "a.log"], &[]).status.code(), Some(1));
    let known = desk.run(&["leaks", "-q", "a.log", "--write-baseline", "../known.json"], &[]);
    assert_eq!(known.status.code(), Some(0), "{}", err(&known));
    let run = desk.project("[leaks]\nbaseline = \"known.json\"\n").run(&["leaks", "a.log"], &[]);
    assert_eq!(run.status.code(), Some(0), "{}{}", out(&run), err(&run));
    assert!(out(&run).contains("baseline"), "{}", out(&run));
    fs::write(desk.path("known.json"), "").unwrap();
    desk.refused("baseline = \"../known.json\"", "lies outside of the project");
    desk.refused("baseline = [\"known.json\"]", "baseline is a path");
}

#[test]
fn a_projects_file_names_no_rules_outside_of_the_project() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("outside/leaks")).unwrap();
    fs::create_dir_all(desk.path("project/rules/leaks")).unwrap();
    desk.refused("rules = [\"../outside\"]\n", "lies outside of the project");
    let absolute = format!("rules = [{:?}]\n", desk.path("outside").display().to_string());
    desk.refused(&absolute, "lies outside of the project");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(desk.path("outside"), desk.path("project/link")).unwrap();
        desk.refused("rules = [\"link\"]\n", "lies outside of the project");
    }
    desk.project("rules = [\"rules\"]\n");
    assert!(desk.shown("rules", &[]).contains("../rules"));
    desk.project("").user(&absolute);
    assert!(desk.shown("rules", &[]).contains("outside"), "the user's own file may name any folder");
}

#[test]
fn a_file_is_named_or_left_out() {
    let desk = Desk::new();
    desk.project("window = \"1s\"\n");
    fs::write(desk.path("named.toml"), "evidence = 2\n").unwrap();
    let named = desk.path("named.toml").display().to_string();
    let output = desk.run(&["config", "show", "--config", &named], &[]);
    assert!(out(&output).contains("# named file") && out(&output).contains("window = \"200ms\""));
    assert!(desk.shown("evidence", &[("TOKSCAN_CONFIG", &named)]).starts_with("evidence = 2"));
    let output = desk.run(&["--no-config", "config", "show"], &[]);
    assert!(out(&output).contains("# project file  ../tokscan.toml (not read)"), "{}", out(&output));
    for missing in [&["--config", "gone.toml", "x"][..], &["leaks", "--config", "gone.toml", "x"]] {
        let output = desk.run(missing, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("gone.toml:1: cannot be read"), "{}", err(&output));
    }
    fs::create_dir_all(desk.path("folder")).unwrap();
    let folder = desk.path("folder").display().to_string();
    assert!(err(&desk.run(&["--config", &folder, "x"], &[])).contains("it is no regular file"));
    fs::write(desk.path("long.toml"), "#".repeat(2 << 20)).unwrap();
    let long = desk.path("long.toml").display().to_string();
    assert!(err(&desk.run(&["--config", &long, "x"], &[])).contains("longer than 1 MiB"));
}

#[test]
fn thresholds_change_verdicts() {
    let desk = Desk::new();
    let attempts: Vec<String> = (0..6)
        .map(|minute| {
            format!(
                "2026-03-02T12:{minute:02}:00.000Z WARN token refresh failed: invalid_grant client_id=app user=u1\n"
            )
        })
        .collect();
    fs::write(desk.path("project/logs/app.log"), attempts.concat()).unwrap();
    let storms = |desk: &Desk| out(&desk.run(&["app.log"], &[])).contains("retry-storm");
    assert!(storms(&desk));
    desk.project("[thresholds.retry-storm]\nattempts = 50\n");
    assert!(!storms(&desk));
    let page = out(&desk.run(&["app.log"], &[]));
    assert!(page.contains("tokscan.toml") && page.contains("thresholds"), "{page}");
    assert_eq!(desk.shown("attempts", &[]), "attempts = 50 # ../tokscan.toml:2");
}

#[test]
fn a_default_is_written_once_and_means_what_it_says() {
    let desk = Desk::new();
    let output = desk.run(&["config", "init"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let path = desk.path("project/logs/tokscan.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with("# ")), "it changes nothing");
    let again = desk.run(&["config", "init"], &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(err(&again).contains("is there already and is left as it is"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(out(&desk.run(&["config", "init", "-"], &[])), text);

    // With its settings switched on it is still a file without a mistake.
    fs::create_dir_all(desk.path("project/logs/rules/leaks")).unwrap();
    fs::write(desk.path("project/logs/tokscan-baseline.json"), "").unwrap();
    let is_toml =
        |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let live: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| is_toml(line)).collect();
    assert!(live.len() > 20);
    fs::write(&path, live.join("\n")).unwrap();
    let output = desk.run(&["config", "show"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));

    // A broken file does not keep a new one from being written.
    fs::write(&path, "broken").unwrap();
    assert_eq!(desk.run(&["config", "init", "new/tokscan.toml"], &[]).status.code(), Some(0));
    let user = desk.run(&["config", "init", "--user"], &[]);
    assert_eq!(user.status.code(), Some(0), "{}", err(&user));
    assert!(desk.path("home/.config/tokscan/tokscan.toml").is_file());
}
