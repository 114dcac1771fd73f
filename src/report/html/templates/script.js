
"use strict";
// Comfort only: the page says everything without it. Text is set as text, never as markup.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, properties = {}) => Object.assign(document.createElement(name), properties);
  const say = (text) => { one("#status").textContent = text; };
  const root = document.documentElement;
  const PAGE = 50;

  // Theme: that of the system until somebody chooses; the choice is kept where the browser lets a file keep any.
  const remembered = { get() { try { return localStorage.getItem("tokscan-theme"); } catch { return null; } },
    set(theme) { try { localStorage.setItem("tokscan-theme", theme); } catch { /* then only for this view */ } } };
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const themeButton = one("#theme");
  const nameTheme = () => { themeButton.textContent = dark() ? "Light theme" : "Dark theme"; };
  if (["dark", "light"].includes(remembered.get())) root.dataset.theme = remembered.get();
  themeButton.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remembered.set(root.dataset.theme);
    nameTheme();
  });
  nameTheme();
  one("#controls").hidden = false;

  // Tables: sort by a column, filter by words, page by page.
  const tables = [];
  const client = () => one("#client-filter")?.value || "";
  class Table {
    constructor(element) {
      this.element = element;
      this.body = element.tBodies[0];
      this.rows = [...this.body.rows];
      this.heads = [...element.tHead.rows[0].cells];
      this.clientColumn = this.heads.findIndex((head) => head.textContent === "Client");
      this.page = 0;
      this.words = [];
      this.noun = element.dataset.noun || "rows";
      if (element.classList.contains("sortable")) this.heads.forEach((head, column) => this.sortable(head, column));
      const paged = element.classList.contains("paged") && this.rows.length > PAGE;
      this.size = paged ? PAGE : Infinity;
      if (paged || (element.classList.contains("filterable") && this.rows.length > 5)) this.tools(paged);
      this.show();
    }
    value(row, column) {
      const cell = row.cells[column];
      const text = cell.dataset.v ?? cell.textContent;
      const number = Number(text.replaceAll(",", ""));
      return text.trim() !== "" && !Number.isNaN(number) ? number : text;
    }
    sortable(head, column) {
      const button = make("button", { type: "button", textContent: head.textContent });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.classList.contains("n"));
        this.heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const keyed = this.rows.map((row) => [this.value(row, column), row]);
        const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
        keyed.sort(([a], [b]) => down ? order(b, a) : order(a, b));
        this.rows = keyed.map(([, row]) => row);
        this.body.append(...this.rows);
        this.page = 0;
        this.show();
        say(`Sorted by ${button.textContent}, ${down ? "descending" : "ascending"}.`);
      });
    }
    tools(paged) {
      const bar = make("div", { className: "tools" });
      const input = make("input", { type: "search", placeholder: "Filter …" });
      input.setAttribute("aria-label", `Filter ${this.noun}`);
      input.addEventListener("input", () => {
        this.words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        this.page = 0;
        this.show();
      });
      this.input = input;
      this.range = make("span");
      bar.append(input, this.range);
      if (paged) {
        const pages = make("span", { className: "pages" });
        this.back = make("button", { type: "button", textContent: "Previous" });
        this.next = make("button", { type: "button", textContent: "Next" });
        this.back.addEventListener("click", () => { this.page -= 1; this.show(); });
        this.next.addEventListener("click", () => { this.page += 1; this.show(); });
        pages.append(this.back, this.next);
        bar.append(pages);
      }
      this.element.parentElement.before(bar);
    }
    matches(row) {
      const wanted = client();
      if (wanted && this.clientColumn >= 0 && row.cells[this.clientColumn].textContent !== wanted) return false;
      if (!this.words.length) return true;
      const text = row.textContent.toLowerCase();
      return this.words.every((word) => text.includes(word));
    }
    show() {
      const found = this.rows.filter((row) => this.matches(row));
      const last = Math.max(0, Math.ceil(found.length / this.size) - 1);
      this.page = Math.min(Math.max(this.page, 0), last);
      const from = this.size === Infinity ? 0 : this.page * this.size;
      const visible = new Set(found.slice(from, from + this.size));
      for (const row of this.rows) row.hidden = !visible.has(row);
      if (this.range) {
        const to = from + visible.size;
        const paged = this.size !== Infinity && found.length > this.size;
        this.range.textContent = `${paged ? `${from + 1}–${to} of ` : ""}${found.length.toLocaleString("en")} ${this.noun}`;
      }
      if (this.back) {
        this.back.disabled = this.page === 0;
        this.next.disabled = this.page === last;
      }
    }
    reveal(row) {
      this.words = [];
      if (this.input) this.input.value = "";
      const place = this.rows.filter((other) => this.matches(other)).indexOf(row);
      if (place < 0) return;
      this.page = this.size === Infinity ? 0 : Math.floor(place / this.size);
      this.show();
    }
  }
  for (const table of all("table.sortable")) tables.push(new Table(table));

  // One client: every picture and table shows it alone.
  const select = one("#client-filter");
  const apply = () => {
    const wanted = client();
    const drawn = all("[data-only]").some((picture) => picture.dataset.only === wanted);
    for (const picture of all("[data-only]")) picture.hidden = picture.dataset.only !== wanted;
    for (const section of new Set(all("[data-all]").map((picture) => picture.parentElement))) {
      const own = all("[data-only]", section).some((picture) => picture.dataset.only === wanted);
      one("[data-all]", section).hidden = wanted !== "" && own;
    }
    for (const place of all("[data-client]:not(tr)")) place.hidden = wanted !== "" && place.dataset.client !== wanted;
    for (const overview of all("[data-everyone]")) overview.hidden = wanted !== "" && drawn;
    for (const table of tables) { table.page = 0; table.show(); }
    if (wanted) say(drawn ? `Only ${wanted} is shown.` : `Only ${wanted} is shown; it has no picture of its own.`);
    else say("All clients are shown.");
  };
  if (select) {
    const names = new Set(all("#clients tbody tr").map((row) => row.dataset.client));
    for (const name of names) select.append(make("option", { value: name, textContent: name }));
    select.addEventListener("change", apply);
  }

  // Links lead to a finding, whatever hides it.
  const follow = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    if (select && select.value && target.closest("[hidden]")) { select.value = ""; apply(); }
    for (const table of tables) if (table.rows.includes(target)) table.reveal(target);
    const details = one("details", target) || target.closest("details");
    if (details && target.matches(".card")) details.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  if (location.hash) follow();

  // path:line to the clipboard.
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = make("textarea", { value: text, className: "visually-hidden" });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const place of all("[data-copy]")) {
    const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy ${place.dataset.copy}`);
    button.addEventListener("click", async () => {
      await copy(place.dataset.copy);
      button.textContent = "Copied";
      say(`Copied ${place.dataset.copy}`);
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    place.after(button);
  }

  // What is folded or on another page belongs on paper, too.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });
})();
