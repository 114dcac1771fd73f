//! What a person at a terminal meets, through a pseudo-terminal: colours, links, the pager and the progress bar.
//! `script` of util-linux makes the terminal.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tokscan");

/// What a command line shows on a terminal of this size.
fn shown(columns: u32, rows: u32, line: &str, variables: &[(&str, &str)]) -> String {
    let line = format!("stty cols {columns} rows {rows}; {line}");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "PAGER", "LESS", "FORCE_HYPERLINK", "VTE_VERSION", "TERM_PROGRAM"] {
        command.env_remove(name);
    }
    let output = command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").envs(variables.iter().copied()).output();
    String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
}

fn sample(arguments: &str) -> String {
    format!("{PROGRAM} --no-config {arguments} samples/two-services-one-token")
}

#[test]
fn a_page_is_as_wide_as_the_terminal_and_coloured() {
    let page = shown(72, 500, &sample(""), &[]);
    assert!(page.contains("\x1b[33m"), "{page:?}");
    let plain = shown(72, 500, &sample(""), &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\x1b'), "{plain:?}");
    assert!(plain.lines().all(|line| line.trim_end().chars().count() <= 72), "{plain}");
}

#[test]
fn links_are_written_to_terminals_that_follow_them() {
    let link = "\x1b]8;;file://";
    assert!(!shown(100, 500, &sample(""), &[]).contains(link));
    assert!(shown(100, 500, &sample(""), &[("FORCE_HYPERLINK", "1")]).contains(link));
    assert!(shown(100, 500, &sample(""), &[("VTE_VERSION", "7000")]).contains(link));
    assert!(shown(100, 500, &sample("--hyperlink-format vscode"), &[]).contains("\x1b]8;;vscode://file/"));
    for without in ["--color never", "--hyperlink-format none"] {
        assert!(!shown(100, 500, &sample(without), &[("FORCE_HYPERLINK", "1")]).contains("\x1b]8"), "{without}");
    }
    assert!(!shown(100, 500, &sample(""), &[("FORCE_HYPERLINK", "1"), ("NO_COLOR", "1")]).contains("\x1b]8"));
    assert!(!shown(100, 500, &format!("{} | cat", sample("")), &[("FORCE_HYPERLINK", "1")]).contains("\x1b]8"));
    assert!(shown(100, 500, &sample("--hyperlink-format 'fiel'"), &[]).contains("for --hyperlink-format: write auto"));
}

#[test]
fn what_is_longer_than_the_screen_is_paged() {
    let pager = [("PAGER", "sed 's/^/paged: /'")];
    assert!(shown(80, 20, &sample(""), &pager).contains("paged: "));
    assert!(!shown(80, 500, &sample(""), &pager).contains("paged: "), "it fits");
    assert!(!shown(80, 20, &sample("--no-pager"), &pager).contains("paged: "));
    assert!(!shown(80, 20, &sample("--format json"), &pager).contains("paged: "), "for programs");
    assert!(!shown(80, 20, &format!("{} | cat", sample("")), &pager).contains("paged: "));
    assert!(
        !shown(80, 20, &sample(""), &[("PAGER", "sed 's/^/paged: /'"), ("TOKSCAN_PAGER", "false")]).contains("paged")
    );
    assert!(shown(80, 20, &format!("{PROGRAM} --no-config rules list"), &pager).contains("paged: "));
    assert!(shown(80, 10, &format!("{PROGRAM} --no-config explain refresh-race"), &pager).contains("paged: "));
    // The exit code is that of the run; a pager that is not there, or quits, is no trouble.
    let code = |line: &str, pager: &str| shown(80, 20, &format!("{line}; echo code=$?"), &[("PAGER", pager)]);
    assert!(code(&sample("--fail-on refresh-race"), "cat >/dev/null").contains("code=1"));
    assert!(code(&sample(""), "true").contains("code=0"));
    assert!(code(&sample(""), "no-such-pager-anywhere").contains("code=0"));
}

#[test]
fn a_long_run_shows_how_far_it_is() {
    let folder = TempDir::new().unwrap();
    let fifo = folder.path().join("log");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let line = format!("stty cols 80 rows 24; {PROGRAM} --no-config --summary - < {}", fifo.display());
    let mut command = Command::new("script");
    command.args(["-qefc", &line, "/dev/null"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").spawn().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let seen = std::sync::Arc::clone(&seen);
        move || {
            let (mut all, mut part) = (String::new(), [0_u8; 4096]);
            while let Ok(read) = screen.read(&mut part) {
                if read == 0 {
                    break;
                }
                all.push_str(&String::from_utf8_lossy(&part[..read]));
                seen.fetch_or(all.contains("iB/s"), std::sync::atomic::Ordering::Relaxed);
            }
            all
        }
    });
    // As slow as it must be: until the bar is there, whatever the machine's speed.
    let mut log = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    let noise = "2026-01-02T03:04:05Z INFO GET /health 200\n".repeat(20_000);
    while !seen.load(std::sync::atomic::Ordering::Relaxed) {
        log.write_all(noise.as_bytes()).unwrap();
    }
    drop(log);
    assert!(child.wait().unwrap().success());
    let all = watcher.join().unwrap();
    let after = all.rsplit("iB/s").next().unwrap();
    assert!(after.contains("\x1b[2K") || after.contains('\r'), "the bar is taken away: {after:?}");
    assert!(after.contains("No token events were recognised"), "{after}");
}
