#!/usr/bin/env python3
"""How tokscan's time and memory grow: with bytes, with threads, and with the number of files the bytes lie in.

`make scaling` calls it. It makes the corpora that are missing (with the default sizes 22 GB of disk), compares what
tokscan says of them with what was planted, and writes medians to benches/records/. `--sizes 1,4` does without 16 GiB.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import compare

GIB = 1 << 30


def main():
    options = arguments()
    tokscan, make_corpus = options.bin / "tokscan", options.bin / "examples" / "make_corpus"
    compare.CORPUS.mkdir(parents=True, exist_ok=True)
    tables = [of_sizes(tokscan, make_corpus, options), of_files(tokscan, make_corpus, options)]
    record = write_record(options, tables)
    print(record.read_text())
    print(f"written to {record.relative_to(compare.ROOT)}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=compare.ROOT / "target" / "release", help="where the binaries are")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each command")
    parser.add_argument("--sizes", default="1,4,16", help="GiB of the growing corpus")
    return parser.parse_args()


def of_sizes(tokscan, make_corpus, options):
    """One file of ordinary traffic with 1 % events, which grows."""
    lines = ["## Bytes and threads", "", "One file, ordinary traffic with 1 % token events.", "",
             "| GiB | token events | threads | CPU s | wall s | CPU s per GiB | peak MiB |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for size in map(int, options.sizes.split(",")):
        path, truth = compare.corpus("rare", size * GIB, make_corpus)
        compare.warm(path)
        compare.check(command(tokscan, [path]), truth)
        for threads in (1, 2):
            cpu, wall, peak = medians(command(tokscan, [path], threads), options.rounds)
            lines.append(f"| {size} | {truth['token_events']:,} | {threads} | {cpu:.2f} | {wall:.2f} | {cpu / size:.2f} | {peak:.0f} |")
    return "\n".join(lines) + "\n"


def of_files(tokscan, make_corpus, options):
    """The same lines in a hundred files, in one, in one line, and in files of a kilobyte."""
    lines = ["## Files", "", "The same records as they may lie; the ratio is to the same bytes in a hundred files.", "",
             "| records | laid out as | MB | CPU s | wall s | ratio of CPU | peak MiB |", "| --- | --- | --- | --- | --- | --- | --- |"]
    path, _ = compare.corpus("traffic", 60_000_000, make_corpus)
    small, _ = compare.corpus("traffic", 10_000_000, make_corpus)
    with tempfile.TemporaryDirectory(dir=compare.CORPUS) as place:
        place = pathlib.Path(place)
        layouts = [
            (path, {"100 files": parted(path, place / "hundred", 100), "1 file": [path], "1 line, a JSON array": [in_one_line(path, place)]}),
            (small, {"100 files": parted(small, place / "few", 100), "10,000 files": parted(small, place / "many", 10_000)}),
        ]
        for records, of_records in layouts:
            answers = {name: answer(tokscan, paths) for name, paths in of_records.items()}
            if len({json.dumps(said, sort_keys=True) for said in answers.values()}) != 1:
                sys.exit(f"the answer depends on the layout: {answers}")
            base = None
            for name, paths in of_records.items():
                cpu, wall, peak = medians(command(tokscan, paths), options.rounds)
                base = base or cpu
                lines.append(f"| {records.name} | {name} | {records.stat().st_size / 1e6:.0f} | {cpu:.2f} | {wall:.2f} | {cpu / base:.2f} | {peak:.0f} |")
    return "\n".join(lines) + "\n"


def parted(path, folder, count):
    """The lines of a file in as many files of about equally many lines."""
    folder.mkdir()
    with path.open("rb") as file:
        total = sum(1 for _ in file)
        file.seek(0)
        for number in range(count):
            lines = (number + 1) * total // count - number * total // count
            with (folder / f"{number:05}.jsonl").open("wb") as part:
                part.writelines(next(file) for _ in range(lines))
    return [folder]


def in_one_line(path, place):
    # Line by line: a child's peak counts what its parent held when it began.
    array = place / "array.json"
    with path.open("rb") as file, array.open("wb") as out:
        out.write(b"[" + next(file).rstrip(b"\n"))
        for line in file:
            out.write(b"," + line.rstrip(b"\n"))
        out.write(b"]\n")
    return array


def command(tokscan, paths, threads=0):
    return [tokscan, "--no-progress", "-j", str(threads), *paths, "-o", "{out}.json"]


def answer(tokscan, paths):
    with tempfile.TemporaryDirectory() as place:
        report = pathlib.Path(place, "out.json")
        subprocess.run([str(part).replace("{out}.json", str(report)) for part in command(tokscan, paths)],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        summary = compare.summary_of(report)
    return {name: summary[name] for name in ("token_events", "refresh_ok", "refresh_failed", "findings")}


def medians(run, rounds):
    return [statistics.median(column) for column in zip(*(compare.measure(run) for _ in range(rounds)))]


def write_record(options, tables):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=compare.ROOT, capture_output=True, text=True).stdout.strip()
    today = datetime.date.today().isoformat()
    head = (f"# {today}: how time and memory grow\n\n- {compare.machine()}\n- Commit {commit}, seed {compare.SEED}, medians of "
            f"{options.rounds} runs, warm page cache where the file fits.\n- `python3 benches/scaling.py {compare.asked()}`\n\n")
    record = compare.ROOT / "benches" / "records" / f"{today}-{commit}-scaling.md"
    record.write_text(head + "\n".join(tables))
    return record


if __name__ == "__main__":
    main()
