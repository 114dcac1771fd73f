// The pictures of the README, made from samples/: `make pictures`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, open, report, root } from "./browser.js";

const folder = join(root, "docs", "pictures");
mkdirSync(folder, { recursive: true });

/** From the top of one element to the bottom of another, with some room around. */
async function shoot(browser, name, file, options, [first, last]) {
  const { page, close } = await open(browser, file, options);
  const from = await page.locator(first).first().boundingBox();
  const to = await page.locator(last).first().boundingBox();
  const clip = { x: 0, y: from.y - 20, width: options.width, height: to.y + to.height - from.y + 40 };
  await page.screenshot({ path: join(folder, `${name}.png`), clip, fullPage: true });
  await close();
}

const browser = await launch();
const two = report("two-services-one-token", ["samples/two-services-one-token"]);
const family = report("keycloak-family-killed", ["samples/keycloak-family-killed"]);
const outage = report("idp-outage", ["samples/idp-outage"]);
await shoot(browser, "summary", two, { width: 1000, theme: "light" }, [".summary", "#period figure"]);
await shoot(browser, "incident", family, { width: 1000, theme: "light" }, [".card summary", ".card figure"]);
await shoot(browser, "clients", outage, { width: 1000, theme: "dark" }, ["#period", "#period .strips"]);
await browser.close();
