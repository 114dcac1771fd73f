// Opens reports in headless Chromium and does what a person would: look, sort, filter, follow, switch, print.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts, launch, open, report, root } from "./browser.js";
import { writeHostileLog } from "./hostile.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const samples = readdirSync(join(root, "samples")).filter((name) => statSync(join(root, "samples", name)).isDirectory());
const widths = [360, 800, 1600];
const themes = ["light", "dark"];

let browser;
const files = {};

before(async () => {
  for (const name of samples) files[name] = report(name, [`samples/${name}`]);
  files.all = report("all", ["samples"]);
  const log = join(artifacts, "<img src=x onerror=window.pwned=1>.jsonl");
  writeHostileLog(log);
  files.hostile = report("hostile", [log]);
  const many = join(artifacts, "many.jsonl");
  writeManyRaces(many, 300);
  files.many = report("many", [many]);
  browser = await launch();
});
after(() => browser?.close());

/** Races of many users of several clients: more than one page of a table. */
function writeManyRaces(file, races) {
  const lines = [];
  for (let race = 0; race < races; race += 1) {
    const at = (millis) => new Date(Date.UTC(2026, 0, 2) + race * 61_000 + millis).toISOString();
    const common = { client_id: `client-${race % 7}`, user_id: `user-${race}`, grant_type: "refresh_token" };
    lines.push(JSON.stringify({ time: at(0), msg: "token refreshed", status: 200, ...common }));
    lines.push(JSON.stringify({ time: at(35), msg: "token refresh failed", status: 400, error: "invalid_grant", ...common }));
    lines.push(JSON.stringify({ time: at(3_600_000), msg: "token refreshed", status: 200, ...common }));
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
}

async function grave(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  return violations.filter((found) => ["serious", "critical"].includes(found.impact))
    .map((found) => `${found.id}: ${found.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

async function withPage(name, options, look) {
  const view = await open(browser, files[name], options);
  try {
    await look(view.page);
    assert.deepEqual(view.said, []);
  } finally {
    await view.close();
  }
}

describe("every report", () => {
  for (const name of [...samples, "all", "hostile", "many"]) {
    test(`${name}: fits every width in both themes, asks for nothing, complains of nothing`, async () => {
      for (const width of widths) {
        for (const theme of themes) {
          await withPage(name, { width, theme }, async (page) => {
            await page.screenshot({ path: join(artifacts, `${name}-${width}-${theme}.png`), fullPage: name !== "many" });
            const wide = await page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(wide <= width, `${wide} pixels wide at ${width}`);
            assert.equal(await page.locator("h1").count(), 1);
          });
        }
      }
    });
    test(`${name}: axe finds nothing serious`, async () => {
      for (const [width, theme] of [[1600, "light"], [360, "dark"]]) {
        await withPage(name, { width, theme }, async (page) => assert.deepEqual(await grave(page), []));
      }
    });
  }
});

describe("text of a log", () => {
  test("never runs, loads or draws", async () => {
    await withPage("hostile", {}, async (page) => {
      await page.waitForTimeout(200);
      assert.equal(await page.evaluate(() => window.pwned), undefined);
      assert.doesNotMatch(await page.title(), /^pwned/);
      assert.equal(await page.locator("img, iframe, object, embed, form, base").count(), 0);
      assert.equal(await page.locator("script").count(), 1);
      assert.match(await page.locator("main").innerText(), /<script>window\.pwned=1/);
    });
  });
  test("is cut: a megabyte in a name makes no large page", () => {
    assert.ok(statSync(files.hostile).size < 1_500_000, `${statSync(files.hostile).size} bytes`);
  });
});

describe("a table", () => {
  test("sorts by a column, with the mouse and with the keyboard", async () => {
    await withPage("all", {}, async (page) => {
      const head = page.locator("#causes thead th", { hasText: "Failures" });
      const numbers = async () => (await page.locator("#causes tbody tr td:nth-child(5)").allInnerTexts()).map(Number);
      await head.getByRole("button").click();
      assert.equal(await head.getAttribute("aria-sort"), "descending");
      assert.deepEqual(await numbers(), [...await numbers()].sort((a, b) => b - a));
      await head.getByRole("button").focus();
      await page.keyboard.press("Enter");
      assert.equal(await head.getAttribute("aria-sort"), "ascending");
      assert.deepEqual(await numbers(), [...await numbers()].sort((a, b) => a - b));
    });
  });
  test("filters by words", async () => {
    await withPage("all", {}, async (page) => {
      await page.getByLabel("Filter findings").fill("stale-token");
      const shown = await page.locator("#findings tbody tr:visible").allInnerTexts();
      assert.equal(shown.length, 6);
      assert.ok(shown.every((text) => text.includes("stale-token-read")));
    });
  });
  test("has pages, and a link opens the one that it needs", async () => {
    let last = "";
    await withPage("many", {}, async (page) => {
      assert.equal(await page.locator("#findings tbody tr:visible").count(), 50);
      await page.locator("#findings").getByRole("button", { name: "Next" }).click();
      assert.match(await page.locator("#findings .tools").innerText(), /51–100 of 300 findings/);
      last = await page.locator("#findings tbody tr[id]").last().getAttribute("id");
    });
    await withPage("many", { hash: `#${last}` }, async (page) => {
      await page.locator(`#${last}`).waitFor({ state: "visible" });
      assert.match(await page.locator("#findings .tools").innerText(), /251–300 of 300 findings/);
    });
  });
});

describe("a person", () => {
  test("follows a finding from the table and from the picture to its story", async () => {
    await withPage("two-services-one-token", {}, async (page) => {
      await page.locator("#findings tbody a").last().click();
      const card = page.locator(".card:target");
      await card.waitFor();
      assert.ok(await card.locator("details").evaluate((details) => details.open));
      assert.ok(await card.locator("svg.chart").first().isVisible());
      await page.locator("#period figure a").first().click();
      assert.notEqual(await page.locator(".card:target").getAttribute("id"), null);
    });
  });
  test("sees in each legend the colours of the bars", async () => {
    await withPage("all", {}, async (page) => {
      const legends = await page.locator("#period .legend .swatch").evaluateAll((swatches) => swatches.map((swatch) => {
        const cause = [...swatch.classList].find((name) => name !== "swatch");
        const bar = document.querySelector(`path.${cause}`);
        return { cause, shown: getComputedStyle(swatch).backgroundColor, drawn: getComputedStyle(bar).fill };
      }));
      assert.ok(new Set(legends.map((entry) => entry.shown)).size > 5, "as many colours as causes");
      for (const { cause, shown, drawn } of legends) assert.equal(shown, drawn, cause);
    });
  });
  test("chooses a client, and every picture and table is about it", async () => {
    await withPage("all", {}, async (page) => {
      await page.locator("#client-filter").selectOption("field-app");
      assert.deepEqual(await page.locator("#period figure:visible figcaption > b").allInnerTexts(), ["field-app"]);
      assert.deepEqual(await page.locator("#gaps figure:visible figcaption > b").allInnerTexts(), ["field-app"]);
      const clients = await page.locator("#findings tbody tr:visible td:nth-child(3)").allInnerTexts();
      assert.ok(clients.length === 3 && clients.every((client) => client === "field-app"), clients.join());
      assert.ok((await page.locator(".card:visible .meta").allInnerTexts()).every((text) => text.includes("field-app")));
      await page.locator("#client-filter").selectOption("");
      assert.ok(await page.locator(".card:visible").count() > 3);
    });
  });
  test("switches the theme", async () => {
    await withPage("all", { theme: "light" }, async (page) => {
      const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const before = await colour();
      await page.getByRole("button", { name: "Dark theme" }).click();
      assert.notEqual(await colour(), before);
      await page.getByRole("button", { name: "Light theme" }).click();
      assert.equal(await colour(), before);
    });
  });
  test("copies path and line", async () => {
    await withPage("two-services-one-token", {}, async (page) => {
      const button = page.getByRole("button", { name: /^Copy samples/ }).first();
      await button.click();
      await page.getByText("Copied", { exact: true }).first().waitFor();
      assert.match(await page.locator("#status").textContent(), /^Copied samples\/.*:\d+$/);
    });
  });
  test("reaches everything by keyboard, the report first", async () => {
    await withPage("all", {}, async (page) => {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the report");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    });
  });
  test("prints it: everything folded is on paper", async () => {
    await withPage("all", { theme: "dark" }, async (page) => {
      const pdf = await page.pdf({ path: join(artifacts, "all.pdf"), format: "A4", printBackground: true });
      assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
      const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
      assert.ok(pages > 10, `${pages} pages: the folded findings are missing`);
    });
  });
  test("reads all of it without JavaScript", async () => {
    await withPage("many", { script: false }, async (page) => {
      assert.equal(await page.locator("#controls").isVisible(), false);
      assert.equal(await page.locator("#findings tbody tr:visible").count(), 300);
      assert.equal(await page.locator("#period figure:visible").count(), 1);
      await page.locator(".card summary").last().click();
      assert.ok(await page.locator(".card .body").last().isVisible());
    });
  });
});
