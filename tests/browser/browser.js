// The browser, the reports, and what every page is held to. Used by the tests and by the pictures of the README.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** Reports and screenshots, kept for people to look at. */
export const artifacts = join(root, "target", "browser");
mkdirSync(artifacts, { recursive: true });

const program = process.env.TOKSCAN ?? join(root, "target", "debug", "tokscan");

/** Runs tokscan in the root of the repository; the report's path comes back. */
export function report(name, paths, options = [], suffix = "html") {
  const file = join(artifacts, `${name}.${suffix}`);
  execFileSync(program, [...options, "-q", "-o", file, "--", ...paths], { cwd: root });
  return file;
}

const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launch() {
  const executablePath = places.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error("no Chromium found: run tests/browser/run.sh, or set CHROMIUM to its path");
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];
  // Inside a container the user is root, and there is no sandbox for root.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...quiet, ...sandbox] });
}

/** A page that remembers all that a report must not do: complain, ask for anything, open a dialog. */
export async function open(browser, file, { width = 1200, theme = "light", script = true, hash = "" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, colorScheme: theme, javaScriptEnabled: script, reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const said = [];
  const address = pathToFileURL(file).href;
  page.on("console", (message) => said.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    const url = request.url().split("#")[0];
    if (url !== address && !url.startsWith("data:")) said.push(`request: ${url}`);
  });
  await page.goto(address + hash);
  return { page, said, close: () => context.close() };
}
