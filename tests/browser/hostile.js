// A log written to act on whoever looks at a report of it.
import { writeFileSync } from "node:fs";

const evil = [
  `<script>window.pwned=1;document.title='pwned'</script>`,
  `"><img src=x onerror="window.pwned=1">`,
  `' onmouseover='window.pwned=1' x='`,
  `</style></script></svg></title><iframe srcdoc="<script>parent.pwned=1</script>">`,
  `javascript:window.pwned=1`,
  `[click](javascript:alert(1)) ![x](http://192.0.2.1/x.png)`,
  `\u001b[31mred\u001b[0m \u202egnirts desrever\u202c \u200bzero`,
  `=HYPERLINK("http://192.0.2.1","x")`,
  `a","b"\n"c`,
  "```mermaid\ngraph TD; A-->B\n```",
  `{{ constructor.constructor('window.pwned=1')() }}`,
  `&lt;b&gt; &#x3c;script&#x3e;`,
  "x".repeat(1 << 20),
];

/** Races and revocations whose every name is hostile. */
export function writeHostileLog(file) {
  const lines = [];
  const at = (millis) => new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + millis).toISOString();
  const record = (millis, name, fields) => lines.push(JSON.stringify({
    time: at(millis), level: "info", client_id: name, user_id: name, hostname: name, pid: name, thread: name,
    grant_type: "refresh_token", ...fields,
  }));
  evil.forEach((name, number) => {
    const start = number * 600_000;
    record(start, name, { msg: "token refreshed", status: 200, expires_in: 3600 });
    record(start + 40, name, { msg: "token refresh failed", status: 400, error: "invalid_grant", error_description: name });
    record(start + 90, name, { msg: "token refresh failed", status: 400, error: name.slice(0, 200), error_description: name });
    record(start + 300_000, name, { msg: "token refreshed", status: 200, expires_in: 3600 });
  });
  writeFileSync(file, `${lines.join("\n")}\n`);
}
