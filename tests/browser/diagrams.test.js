// Has Mermaid draw every diagram of the Markdown reports, as GitHub and GitLab do.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts, launch, report, root } from "./browser.js";
import { writeHostileLog } from "./hostile.js";

const mermaid = join(dirname(createRequire(import.meta.url).resolve("mermaid")), "mermaid.min.js");
const samples = readdirSync(join(root, "samples")).filter((name) => statSync(join(root, "samples", name)).isDirectory());

let browser;
let page;
let drawings = 0;

before(async () => {
  browser = await launch();
  page = await browser.newPage();
  await page.setContent("<!doctype html><title>diagrams</title>");
  await page.addScriptTag({ path: mermaid });
  // What GitHub sets: nothing in a diagram can be a script or a link that runs one.
  await page.evaluate(() => window.mermaid.initialize({ startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true }));
});
after(() => browser?.close());

function diagrams(name, paths) {
  const text = readFileSync(report(name, paths, [], "md"), "utf8");
  return [...text.matchAll(/^```mermaid\n(.*?)^```$/gms)].map((found) => found[1]);
}

/** The words of a drawn diagram; it throws where Mermaid finds a mistake. */
function drawn(text) {
  drawings += 1;
  return page.evaluate(async ([id, source]) => {
    const { svg } = await window.mermaid.render(id, source);
    const holder = document.createElement("div");
    holder.innerHTML = svg;
    return [...holder.querySelectorAll("text")].map((element) => element.textContent.trim());
  }, [`drawing-${drawings}`, text]);
}

describe("diagrams of Markdown reports", () => {
  for (const name of samples) {
    test(`${name} is drawn whole`, async () => {
      for (const diagram of diagrams(name, [`samples/${name}`])) {
        const words = await drawn(diagram);
        if (diagram.startsWith("gantt")) {
          const lines = diagram.split("\n");
          const tasks = lines.filter((line) => / :(done|crit), /.test(line)).map((line) => line.split(" :")[0].trim());
          const sections = lines.filter((line) => line.startsWith("  section ")).map((line) => line.slice(10).trim());
          assert.ok(tasks.length >= 2, diagram);
          for (const word of [...tasks, ...sections]) assert.ok(words.includes(word), `${word} is not drawn of\n${diagram}`);
        } else {
          assert.ok(diagram.startsWith("xychart-beta"), diagram);
          assert.ok(words.includes("refreshes"), `${words}`);
        }
      }
    });
  }

  test("a log that was written to break diagrams is drawn and runs nothing", async () => {
    const log = join(artifacts, "diagrams.jsonl");
    writeHostileLog(log);
    const found = diagrams("diagrams", [log]);
    assert.ok(found.filter((diagram) => diagram.startsWith("gantt")).length > 5, `${found.length} diagrams`);
    for (const diagram of found) await drawn(diagram);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  });

  test("a mistake in a diagram would be found", async () => {
    await assert.rejects(drawn("xychart-beta\n  x-axis [\"a\", \n  bar [1]\n"));
  });
});
