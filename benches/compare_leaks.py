#!/usr/bin/env python3
"""tokscan and other leak scanners on one labelled corpus, as a table of recall, false alarms and seconds.

`make compare-leaks` calls it. The corpus is drawn from the one that `cargo test --test leak_corpus` checks: every shape
of secret in every carrier under every encoding, one secret a line, and ordinary lines of twenty log formats. Each
scanner that is installed runs over both files as its manual says, without asking servers about what it finds. A
planted line counts as found if the scanner reports anything on it, so a neighbouring word or half of the value is
good enough; an ordinary line with a report is a false alarm. Nothing but Python's standard library is needed.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "benches" / "corpus" / "leaks"


def main():
    options = arguments()
    for program in (options.bin / "tokscan", options.bin / "examples" / "make_leak_corpus"):
        if not program.exists():
            sys.exit(f"{program} is missing: cargo build --release --bin tokscan --example make_leak_corpus")
    subprocess.run([options.bin / "examples" / "make_leak_corpus", str(options.seed), str(options.every),
                    str(options.ordinary), CORPUS], check=True, stdout=subprocess.DEVNULL)
    truth = json.loads((CORPUS / "truth.json").read_text())
    rows, missing = [], []
    for scanner in SCANNERS:
        row = measured(scanner, options, truth)
        if row:
            rows.append(row)
        elif scanner.name not in missing:
            missing.append(scanner.name)
    print(rendered(rows, truth, options))
    if missing:
        print(f"Not installed, so not run: {', '.join(missing)}.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target" / "release", help="where the binaries are")
    parser.add_argument("--peers", type=pathlib.Path, default=ROOT / "target" / "peers", help="where peers may be, beside PATH")
    parser.add_argument("--every", type=int, default=10, help="one of so many planted lines is drawn")
    parser.add_argument("--ordinary", type=int, default=10_000, help="ordinary lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=1800, help="seconds after which a scanner is ended")
    parser.add_argument("--by", choices=["shape", "carrier", "encoding"], help="also recall by one of these")
    return parser.parse_args()


Scanner = collections.namedtuple("Scanner", "name program command findings version")


def of_json(path, line):
    """Findings in a JSON list or in JSON lines: the names under which each has its path and line."""

    def findings(said):
        text = said.strip()
        rows = [] if text.startswith("[") else text.split("\n")
        items = [json.loads(row) for row in rows if row.startswith("{")] if rows else json.loads(text or "[]")
        places = [(look_up(item, path), look_up(item, line)) for item in items]
        return [place for place in places if None not in place]

    return findings


def look_up(item, names):
    for name in names.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item


def of_detect_secrets(said):
    return [(path, each["line_number"]) for path, found in json.loads(said)["results"].items() for each in found]


def of_ripsecrets(said):
    rows = re.findall(r"^(.*?(?:planted|ordinary)\.log):(\d+):", said, re.MULTILINE)
    return [(path, int(line)) for path, line in rows]


def of_tokscan(said):
    return [(leak["path"], leak["line"]) for leak in json.loads(said)["leaks"]]


TRUFFLEHOG = r"""
import json, pathlib, sys
from litellm_trufflehog import Scanner
with Scanner(profile="all") as scanner:
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            if scanner.scan(line).findings:
                print(json.dumps({"path": str(path), "line": number}))
"""

# {bin}, {corpus} and {out} are filled in; what a scanner writes to {out}, or else prints, is read.
SCANNERS = [
    Scanner("tokscan", "{bin}/tokscan",
            ["leaks", "--no-config", "--no-progress", "-f", "json", "{corpus}"], of_tokscan, ["--version"]),
    Scanner("gitleaks", "gitleaks", ["dir", "--no-banner", "-f", "json", "-r", "{out}", "{corpus}"],
            of_json("File", "StartLine"), ["--version"]),
    # Of version 2.
    Scanner("betterleaks", "betterleaks", ["auto", "{corpus}", "--no-banner", "--jsonl"],
            of_json("finding.location.path", "finding.location.start_line"), ["--version"]),
    Scanner("kingfisher", "kingfisher",
            ["scan", "-n", "--no-update-check", "--max-file-size", "0", "--no-dedup", "-f", "jsonl", "{corpus}"],
            of_json("finding.path", "finding.line"), ["--version"]),
    Scanner("trufflehog", "trufflehog", ["filesystem", "--json", "--no-verification", "--no-update", "{corpus}"],
            of_json("SourceMetadata.Data.Filesystem.file", "SourceMetadata.Data.Filesystem.line"), ["--version"]),
    # Its detectors as a library, for where the program cannot be had; line by line.
    Scanner("trufflehog's detectors", "python", ["-c", TRUFFLEHOG, "{corpus}"], of_json("path", "line"),
            ["-c", "import litellm_trufflehog as it; print(it.native_version()['trufflehog'])"]),
    Scanner("ripsecrets", "ripsecrets", ["{corpus}"], of_ripsecrets, ["--version"]),
    Scanner("detect-secrets", "detect-secrets", ["scan", "--all-files", "-n", "{corpus}"], of_detect_secrets, ["--version"]),
]


def measured(scanner, options, truth):
    """One row of the table: recall, false alarms and seconds of a run; nothing where it is not installed."""
    program = scanner.program.replace("{bin}", str(options.bin))
    found = shutil.which(program, path=f"{options.peers / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        return None
    version = subprocess.run([found, *scanner.version], capture_output=True, text=True)
    if version.returncode != 0:
        return None
    version = re.search(r"\d+(\.\d+)+[\w.-]*", version.stdout + version.stderr)
    with tempfile.TemporaryDirectory() as place:
        logs, out = str(CORPUS / "logs"), pathlib.Path(place, "out.json")
        command = [found, *(part.replace("{corpus}", logs).replace("{out}", str(out)) for part in scanner.command)]
        said, processor, wall = run(command, out, options.limit)
    found = {(pathlib.PurePath(path).name, line) for path, line in scanner.findings(said)}
    if not found:
        sys.exit(f"{scanner.name} reported nothing: its version is not the one that this script knows how to call")
    planted = [("planted.log", at + 1) in found for at in range(len(truth["planted"]))]
    alarms = sum(1 for at in range(truth["ordinary"]) if ("ordinary.log", at + 1) in found)
    name = f"{scanner.name} {version.group()}" if version else scanner.name
    return {"name": name, "planted": planted, "alarms": alarms, "processor": processor, "wall": wall}


def run(command, out, limit):
    """What a scanner said, and its processor and wall seconds. Any exit code will do: finding something is one."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        start = datetime.datetime.now()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL)
        timer = threading.Timer(limit, child.kill)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = (datetime.datetime.now() - start).total_seconds()
        if child.returncode < 0:
            sys.exit(f"{command[0]} was ended after {wall:.0f} s: --limit allows it more")
        said.seek(0)
        text = out.read_text(errors="replace") if out.exists() else said.read()
    return text, usage.ru_utime + usage.ru_stime, wall


def rendered(rows, truth, options):
    size = sum(path.stat().st_size for path in (CORPUS / "logs").iterdir()) / 1e6
    lines = [f"{len(truth['planted']):,} planted lines, {truth['ordinary']:,} ordinary lines, {size:.1f} MB:", "",
             "| scanner | planted lines found | ordinary lines reported | processor s | wall s |",
             "| --- | --- | --- | --- | --- |"]
    for row in rows:
        recall = sum(row["planted"]) / len(row["planted"])
        lines.append(f"| {row['name']} | {100 * recall:.1f} % | {row['alarms']:,} | {row['processor']:.2f} | {row['wall']:.2f} |")
    if options.by:
        lines += ["", *recall_by(options.by, rows, truth)]
    return "\n".join(lines) + "\n"


def recall_by(what, rows, truth):
    names = sorted({planted[what] for planted in truth["planted"]})
    lines = [f"| {what} | " + " | ".join(row["name"] for row in rows) + " |", "| --- |" + " --- |" * len(rows)]
    for name in names:
        at = [number for number, planted in enumerate(truth["planted"]) if planted[what] == name]
        shares = [f"{100 * sum(row['planted'][number] for number in at) / len(at):.0f} %" for row in rows]
        lines.append(f"| {name} | " + " | ".join(shares) + " |")
    return lines


if __name__ == "__main__":
    main()
