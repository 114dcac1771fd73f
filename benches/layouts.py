#!/usr/bin/env python3
"""How long a line takes in the layouts of many programs: tokscan alone, or two builds of it in turn.

The corpora of `make bench` are of one layout each, whose lines soon are known by their templates. Here each layout is a
log by itself, `--events` of its lines are token events, and `--weak` of the others hold a word that a token event
could hold, too (`cache refreshed`, `session opened`, `/oauth/authorize`, a 401): what such a line costs is what a
candidate costs that is none. Nothing but Python's standard library is needed.

    python3 benches/layouts.py                            # target/release/tokscan
    python3 benches/layouts.py --bin OLD --bin NEW        # the smallest of --rounds runs each, and their ratio
"""

import argparse
import datetime
import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
START = datetime.datetime(2026, 3, 2, 8, 0, 0, tzinfo=datetime.timezone.utc)

# What ordinary lines say; the weak ones hold a word or a number that makes them candidates.
PLAIN = [
    "order {n} placed by customer {n} in {ms} ms",
    "GET /api/v2/orders/{n} 200 in {ms} ms",
    "connection pool stats: active={n} idle={n} waiting={n}",
    "slow query: SELECT * FROM invoices WHERE id = {n} took {ms} ms",
    "published message {uuid} to topic invoices.created partition {n}",
    "worker {n} finished job {uuid} after {ms} ms",
    "upload of report-{n}.pdf ({n} bytes) stored at s3://bucket/{hex}",
    "health check passed: db={ms}ms queue={ms}ms",
]
WEAK = [
    "cache refreshed: {n} entries in {ms} ms",
    "materialized view sales_{n} refresh finished after {ms} ms",
    "session opened for user {name} by uid {n}",
    "redirecting to /oauth/authorize for state {hex}",
    "GET /search?q=refresh+rate&page={n} 200 in {ms} ms",
    "GET /api/v1/profile 401 in {ms} ms",
    "parser read {n} tokens in {ms} ms",
    "websocket session {uuid} closed after {n} messages",
    "csrf token mismatch on /checkout/{n}",
    "page /account/sessions rendered in {ms} ms",
]
BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "okhttp/4.12.0",
]
NAMES = "alice bob carla dan erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil trent victor".split()


class Line:
    """One thing that happened, before a layout gives it its form."""

    def __init__(self, dice, time, events, weak):
        self.dice, self.time = dice, time
        share = dice.random()
        self.event = share < events
        if self.event:
            self.token_event()
        else:
            says = dice.choice(WEAK if dice.random() < weak else PLAIN)
            self.message, self.fields, self.level = self.filled(says), {}, "info"
            if dice.random() < 0.5:
                self.fields = {"request_id": self.uuid(), "duration_ms": dice.randrange(1, 4000)}
            if " 401 " in self.message:
                self.fields, self.level = self.fields | {"status": 401}, "warn"

    def token_event(self):
        dice = self.dice
        client, user = f"app-{dice.randrange(12)}", f"u-{dice.randrange(100000)}"
        self.fields = {"client_id": client, "user_id": user, "duration_ms": dice.randrange(20, 900)}
        if dice.random() < 0.9:
            self.message, self.level = "token refresh succeeded", "info"
        else:
            self.message, self.level = "token refresh failed", "error"
            self.fields["error"] = "invalid_grant"

    def filled(self, text):
        while "{" in text:
            for name, make in (("n", self.number), ("ms", self.number), ("uuid", self.uuid), ("hex", self.hex)):
                text = text.replace("{" + name + "}", make(), 1)
            text = text.replace("{name}", self.dice.choice(NAMES), 1)
        return text

    def number(self):
        return str(self.dice.randrange(1, 10 ** self.dice.randrange(1, 7)))

    def hex(self):
        return f"{self.dice.getrandbits(128):032x}"

    def uuid(self):
        digits = self.hex()
        return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])

    def thread(self, threads=16):
        return self.dice.randrange(threads)

    def iso(self, form="%Y-%m-%dT%H:%M:%S"):
        return self.time.strftime(form)

    def milliseconds(self):
        return f"{self.time.microsecond // 1000:03}"

    def pairs(self, form="{}={}", between=" "):
        return between.join(form.format(key, value) for key, value in self.fields.items())

    def text(self):
        """The message with its fields behind it."""
        return f"{self.message} {self.pairs()}".rstrip()


def compact(members):
    return json.dumps(members, separators=(",", ":"))


def pino(line):
    level = {"info": 30, "warn": 40, "error": 50}[line.level]
    time = int(line.time.timestamp() * 1000)
    return compact({"level": level, "time": time, "pid": 4711, "hostname": "web-3", **line.fields, "msg": line.message})


def zap(line):
    caller = f"auth/client.go:{line.thread(400)}"
    time = line.time.timestamp()
    return compact({"level": line.level, "ts": time, "caller": caller, "msg": line.message, **line.fields})


def ecs(line):
    members = {"@timestamp": line.iso() + f".{line.milliseconds()}Z", "log.level": line.level.upper()}
    members |= {"message": line.message, "ecs.version": "1.6.0", "service.name": "checkout"}
    members |= {"process.thread.name": f"http-nio-8080-exec-{line.thread()}", "log.logger": "com.example.Web"}
    return compact(members | line.fields)


def serilog(line):
    return compact({"@t": line.iso() + ".1234567Z", "@mt": line.message, "@l": line.level.title(), **line.fields})


def gcp(line):
    body = {"message": line.message, **line.fields}
    members = {"insertId": line.hex()[:16], "jsonPayload": body, "timestamp": line.iso() + ".123456Z"}
    members |= {"severity": line.level.upper(), "resource": {"type": "k8s_container", "labels": {"pod": "web-1"}}}
    return compact(members)


def gelf(line):
    members = {"version": "1.1", "host": "web-3", "short_message": line.message, "timestamp": line.time.timestamp()}
    return compact(members | {f"_{key}": value for key, value in line.fields.items()} | {"level": 6})


def docker(line):
    return compact({"log": zap(line) + "\n", "stream": "stdout", "time": line.iso() + ".123456789Z"})


def cloudwatch(line):
    return f"{line.iso()}.{line.milliseconds()}Z\t{line.uuid()}\t{line.level.upper()}\t{line.text()}"


def cri(line):
    return f"{line.iso()}.123456789Z stdout F {zap(line)}"


def syslog_json(line):
    return f"Mar {line.time.day:2} {line.iso('%H:%M:%S')} web-3 checkout[4711]: {pino(line)}"


def syslog(line):
    return f"<134>1 {line.iso()}.{line.milliseconds()}Z web-3 checkout 4711 - - {line.text()}"


def python(line):
    level = {"warn": "WARNING"}.get(line.level, line.level.upper())
    return f"{line.iso('%Y-%m-%d %H:%M:%S')},{line.milliseconds()} {level} app.web [{line.thread()}] {line.text()}"


def spring(line):
    level, thread = line.level.upper(), f"nio-8080-exec-{line.thread()}"
    head = f"{line.iso()}.{line.milliseconds()}Z {level:>5} 4711 --- [{thread}] c.e.web.OrderController"
    return f"{head:<100} : {line.text()}"


def klog(line):
    letter, stamp = line.level[0].upper(), line.iso("%m%d %H:%M:%S")
    return f"{letter}{stamp}.{line.time.microsecond:06}   4711 client.go:{line.thread(400)}] {line.text()}"


def logfmt(line):
    head = f"ts={line.iso()}.{line.milliseconds()}Z level={line.level} caller=web.go:{line.thread(400)}"
    return f'{head} msg="{line.message}" {line.pairs()}'.rstrip()


def rails(line):
    stamp = f"{line.iso()}.{line.time.microsecond:06} #4711"
    return f"{line.level[0].upper()}, [{stamp}] {line.level.upper():>5} -- : [{line.uuid()}] {line.text()}"


def laravel(line):
    context = compact(line.fields) if line.fields else "[]"
    return f"[{line.iso('%Y-%m-%d %H:%M:%S')}] production.{line.level.upper()}: {line.message} {context}"


def csv(line):
    values = [str(line.fields.get(key, "")) for key in ("client_id", "user_id", "error", "status", "duration_ms")]
    return ",".join([f"{line.iso()}.{line.milliseconds()}Z", line.level, f'"{line.message}"', *values])


def nginx(line):
    if line.event:
        path, status = "/oauth2/token", 400 if "error" in line.fields else 200
        method, user = "POST", line.fields["user_id"]
    else:
        path, status = f"/{line.message.replace(' ', '-')}", line.fields.get("status", 200)
        method, user = "GET", "-"
    agent = f'"-" "{line.dice.choice(BROWSERS)}"'
    address = f"203.0.113.{line.thread(250)}"
    stamp = line.iso("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - {user} [{stamp}] "{method} {path} HTTP/1.1" {status} {line.number()} {agent}'


LAYOUTS = [
    pino, zap, ecs, serilog, gcp, gelf, docker, cloudwatch, cri, syslog_json, syslog, python, spring, klog, logfmt,
    rails, laravel, csv, nginx,
]  # fmt: skip
HEADINGS = {"csv": "timestamp,level,message,client_id,user_id,error,status,duration_ms\n"}


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as place:
        place = options.keep or pathlib.Path(place)
        place.mkdir(parents=True, exist_ok=True)
        print("| layout | " + " | ".join(f"{program.name}: us a line | MB per CPU s" for program in options.bin) + " |")
        print("| --- |" + " --- | --- |" * len(options.bin))
        ratios = [row(layout, place, options) for layout in LAYOUTS if options.only in (None, layout.__name__)]
    if len(options.bin) > 1:
        middle = sorted(ratios)[len(ratios) // 2]
        print(f"\nThe last one's processor time is {middle:.2f} of the first one's in the middle, {max(ratios):.2f} at worst.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, action="append", help="a build of tokscan; repeatable")
    parser.add_argument("--bytes", type=int, default=20_000_000, help="of each log")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each build")
    parser.add_argument("--events", type=float, default=0.05, help="share of token events")
    parser.add_argument("--weak", type=float, default=0.33, help="share of candidates among the other lines")
    parser.add_argument("--only", choices=[layout.__name__ for layout in LAYOUTS], help="one layout")
    parser.add_argument("--keep", type=pathlib.Path, help="write the logs here and leave them")
    options = parser.parse_args()
    options.bin = options.bin or [ROOT / "target" / "release" / "tokscan"]
    return options


def row(layout, place, options):
    """Prints a layout's row, and says how the last build's time compares to the first one's."""
    name = layout.__name__
    path = place / f"{name}.log"
    lines, events = written(layout, path, options)
    for program in options.bin:
        check(program, path, lines, events)
    least = [min(times) for times in zip(*(round_of(options.bin, path) for _ in range(options.rounds)))]
    size = path.stat().st_size / 1e6
    cells = " | ".join(f"{seconds / lines * 1e6:.2f} | {size / seconds:.0f}" for seconds in least)
    print(f"| {name} | {cells} |", flush=True)
    return least[-1] / least[0]


def written(layout, path, options):
    """Writes a log, and counts its lines and token events."""
    dice, time = random.Random(layout.__name__), START
    lines = events = size = 0
    with path.open("w") as out:
        size += out.write(HEADINGS.get(layout.__name__, ""))
        while size < options.bytes:
            time += datetime.timedelta(microseconds=dice.randrange(1, 60_000))
            line = Line(dice, time, options.events, options.weak)
            size += out.write(layout(line) + "\n")
            lines, events = lines + 1, events + line.event
    return lines + bool(HEADINGS.get(layout.__name__)), events


def check(program, path, lines, events):
    """A token event that is not found makes a run faster, and its speed worthless."""
    with tempfile.TemporaryFile() as report:
        run(program, path, report)
        report.seek(0)
        summary = json.load(report)["summary"]
    if summary["lines"] != lines or summary["token_events"] < events:
        sys.exit(f"{program}, {path.name}: {events} token events in {lines} lines, said {summary}")


def round_of(programs, path):
    return [run(program, path, subprocess.DEVNULL) for program in programs]


def run(program, path, report):
    """Processor seconds of a run on one thread."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "--no-progress", "-j", "1", "-f", "json", path]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=report, stderr=subprocess.DEVNULL)
    if ended.returncode not in (0, 1):
        sys.exit(f"{program} ended with {ended.returncode} on {path.name}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
