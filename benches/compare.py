#!/usr/bin/env python3
"""Whole runs of tokscan beside those of other tools on the same files, as a table of ratios.

`make bench` calls it. It makes the seeded corpora that are missing, compares what tokscan says with what was
planted (a fast wrong answer ends the run), then runs tokscan and each installed peer in turn, so that all meet the same
noise, and writes medians with their spread to benches/records/. Nothing but Python's standard library is needed.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "benches" / "corpus"
SEED = "7"

# Twenty bare literals, as a person would write them who looks for tokens with a searcher.
LITERALS = """access_token refresh_token id_token client_secret invalid_grant token_refresh authorization Bearer
ghp_ gho_ glpat- ya29. xoxb- xoxp- AKIA eyJ oauth2/token grant_type token_reused session_expired""".split()

# What DuckDB is asked: failures of a client and subject within 200 ms of a good refresh, before or after it.
RACES = """
WITH e AS (SELECT epoch_ms(CAST(ts AS TIMESTAMP)) AS t, client_id, user_id, outcome
           FROM read_json('{path}', format='newline_delimited', columns={{ts: 'VARCHAR', event: 'VARCHAR',
                client_id: 'VARCHAR', user_id: 'VARCHAR', outcome: 'VARCHAR'}}) WHERE event = 'token_refresh'),
     w AS (SELECT client_id, user_id, outcome,
                  count(*) FILTER (WHERE outcome = 'failure') OVER near AS losers
           FROM e WINDOW near AS (PARTITION BY client_id, user_id ORDER BY t
                                  RANGE BETWEEN 200 PRECEDING AND 200 FOLLOWING))
SELECT count(*) FROM w WHERE outcome = 'success' AND losers > 0
"""


def main():
    options = arguments()
    tokscan, make_corpus = options.bin / "tokscan", options.bin / "examples" / "make_corpus"
    for program in (tokscan, make_corpus):
        if not program.exists():
            sys.exit(f"{program} is missing: cargo build --release --bin tokscan --example make_corpus")
    CORPUS.mkdir(parents=True, exist_ok=True)
    tables = [table(name, tokscan, make_corpus, options) for name in options.only or CORPORA]
    record = write_record(options, tables)
    print(record.read_text())
    print(f"written to {record.relative_to(ROOT)}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "target" / "release", help="where the binaries are")
    parser.add_argument("--rounds", type=int, default=5, help="paired runs of each command")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the corpora, 1.0 is 1 GiB (200 MB for dense)")
    parser.add_argument("--slow", action="store_true", help="also peers that need minutes for a gigabyte")
    parser.add_argument("--only", action="append", choices=sorted(CORPORA), help="only this corpus; repeatable")
    return parser.parse_args()


# name: (kind, megabytes, how it is packed)
CORPORA = {
    "A-rare": ("rare", 1074, None),
    "B-traffic": ("traffic", 1074, None),
    "C-dense": ("dense", 200, None),
    "D-traffic-gz": ("traffic", 1074, "gz"),
    "D-traffic-zst": ("traffic", 1074, "zst"),
    "D-traffic-bgz": ("traffic", 1074, "bgz"),
    "long": ("long", 1074, None),
}


def table(name, tokscan, make_corpus, options):
    kind, megabytes, packing = CORPORA[name]
    plain, truth = corpus(kind, int(megabytes * options.scale * 1_000_000), make_corpus)
    path = packed(plain, packing) if packing else plain
    if path is None:
        return f"## {name}\n\nnot run: no program that packs .{packing} is installed\n"
    warm(path)
    commands = {"tokscan": [tokscan, "--no-progress", path, "-o", "{out}.json"]}
    commands["tokscan -j1"] = [tokscan, "--no-progress", "-j", "1", path, "-o", "{out}.json"]
    commands.update(peers(kind, packing, path, options.slow))
    check(commands["tokscan"], truth)
    answer = races_of(commands.get("duckdb, races"))
    runs = {label: [] for label in commands}
    for _ in range(options.rounds):
        for label, command in commands.items():
            runs[label].append(measure(command))
    return rendered(name, path, truth, runs) + answer


def warm(path):
    """Into the page cache, and not into this process: a child's peak counts what its parent held when it began."""
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass


def races_of(command):
    """What the query says, for the reader to compare."""
    if command is None:
        return ""
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return f"\nThe query of DuckDB counts {''.join(filter(str.isdigit, said)) or 'no'} races.\n"


def corpus(kind, size, make_corpus):
    path, facts = CORPUS / f"{kind}-{size}.jsonl", CORPUS / f"{kind}-{size}.truth.json"
    if not (path.exists() and facts.exists()):
        made = subprocess.run([make_corpus, kind, str(size), SEED, path], capture_output=True, text=True, check=True)
        facts.write_text(made.stdout)
    return path, json.loads(facts.read_text())


def packed(plain, packing):
    path = plain.with_name(f"{plain.name}.{packing}")
    programs = {"gz": ["gzip", "-6", "-c"], "zst": ["zstd", "-3", "-c", "-q"], "bgz": ["bgzip", "-c"]}
    program = programs[packing]
    if not path.exists():
        if shutil.which(program[0]) is None:
            return None
        with path.open("wb") as out:
            subprocess.run([*program, plain], stdout=out, check=True)
    return path


def peers(kind, packing, path, slow):
    found = {"wc -l": ["wc", "-l", path]} if not packing else {}
    if shutil.which("rg"):
        literals = CORPUS / "literals.txt"
        literals.write_text("\n".join(LITERALS) + "\n")
        packed_flag = ["-z"] if packing else []
        found["rg -c, 20 literals"] = ["rg", *packed_flag, "-c", "-F", "-f", literals, path]
        found["rg -c, 2 literals"] = ["rg", *packed_flag, "-c", "token_refresh|invalid_grant", path]
    if packing:
        return found
    if shutil.which("duckdb") and kind in ("traffic", "dense"):
        found["duckdb, races"] = ["duckdb", "-c", RACES.format(path=path)]
    elif kind in ("traffic", "dense") and has_module("duckdb"):
        query = f"import duckdb; print(duckdb.sql('''{RACES.format(path=path)}''').fetchall())"
        found["duckdb, races"] = [sys.executable, "-c", query]
    if slow and kind == "rare":
        if shutil.which("kingfisher"):
            found["kingfisher"] = ["kingfisher", "scan", "-n", "--max-file-size", "0", "--no-update-check", path]
        if shutil.which("gitleaks"):
            found["gitleaks"] = ["gitleaks", "dir", "--no-banner", path]
        if shutil.which("betterleaks"):
            found["betterleaks"] = ["betterleaks", "dir", "--no-banner", path]
    if slow and kind == "traffic" and shutil.which("jq"):
        found["jq, select"] = ["jq", "-c", 'select(.event=="token_refresh")', path]
    return found


def has_module(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode == 0


def check(command, truth):
    """What tokscan says of a corpus is what was planted in it."""
    with tempfile.TemporaryDirectory() as place:
        report = pathlib.Path(place, "out.json")
        run = [str(part).replace("{out}.json", str(report)) for part in command]
        subprocess.run(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        summary = summary_of(report)
    said = {
        "lines": summary["lines"],
        "token_events": summary["token_events"],
        "failures": summary["refresh_failed"],
        "races": summary["findings"].get("refresh-race", 0),
        "leaks": sum(summary["leaks"].values()),
    }
    planted = {name: truth[name] for name in said}
    if said != planted:
        sys.exit(f"the answer is wrong, so its speed does not count: planted {planted}, said {said}")


def summary_of(report):
    """Read by a process of its own: a child's peak counts what its parent ever held, and a report may be large."""
    program = "import json, sys; print(json.dumps(json.load(open(sys.argv[1]))['summary']))"
    return json.loads(subprocess.run([sys.executable, "-c", program, report], capture_output=True, check=True).stdout)


def measure(command):
    """CPU seconds, wall seconds and peak MiB of one run."""
    with tempfile.TemporaryDirectory() as place:
        run = [str(part).replace("{out}", os.path.join(place, "out")) for part in command]
        start = datetime.datetime.now()
        child = subprocess.Popen(run, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = (datetime.datetime.now() - start).total_seconds()
    if child.returncode not in (0, 1):  # searchers end with 1 where nothing is found, scanners where something is
        sys.exit(f"{run[0]} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def rendered(name, path, truth, runs):
    size = path.stat().st_size
    lines = [f"## {name}", "", f"{size:,} bytes on disk, {truth['bytes']:,} of text, {truth['token_events']:,} token events. "
             f"Found: all of them, {truth['races']:,} of {truth['races']:,} races, {truth['leaks']:,} of {truth['leaks']:,} leaks, nothing else.", "",
             "| command | CPU s (min – max) | wall s | MB of text per CPU s | peak MiB | tokscan's CPU / its | tokscan's wall / its |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    own = [statistics.median(column) for column in zip(*runs["tokscan"])]
    for label, measured in runs.items():
        cpu, wall, memory = zip(*measured)
        lines.append(
            f"| {label} | {statistics.median(cpu):.3f} ({min(cpu):.3f} – {max(cpu):.3f}) | {statistics.median(wall):.3f} "
            f"| {truth['bytes'] / 1e6 / statistics.median(cpu):,.0f} | {statistics.median(memory):.0f} "
            f"| {own[0] / statistics.median(cpu):.2f} | {own[1] / statistics.median(wall):.2f} |")
    return "\n".join(lines) + "\n"


def asked():
    """The arguments of this run, but for the place of the binaries: that is one of this machine."""
    words = sys.argv[1:]
    if "--bin" in words:
        place = words.index("--bin")
        del words[place:place + 2]
    return " ".join(words)


def machine():
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return (f"Machine: {processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; "
            f"load {os.getloadavg()[0]:.1f} at the end.")


def write_record(options, tables):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    today = datetime.date.today().isoformat()
    head = (f"# {today}: whole runs beside other tools\n\n- {machine()}\n- Commit {commit}, seed {SEED}, scale {options.scale}, "
            f"{options.rounds} rounds in which each command ran once in turn; medians.\n- `python3 benches/compare.py "
            f"{asked()}`. A ratio below 1 means that tokscan needed less.\n\n")
    record = ROOT / "benches" / "records" / f"{today}-{commit}.md"
    record.write_text(head + "\n".join(tables))
    return record


if __name__ == "__main__":
    main()
