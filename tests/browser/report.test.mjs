// Opens a finished report from the disk in a real browser and tries it out.
//
//   REGRADE_REPORT=path/to/report node --test
//
// CHROMIUM names another browser than /usr/bin/chromium; REGRADE_SCREENSHOTS a folder for pictures.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const report = path.resolve(process.env.REGRADE_REPORT ?? "");
const screenshots = process.env.REGRADE_SCREENSHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDE = { width: 1400, height: 1000 };
const NARROW = { width: 360, height: 780 };

assert.ok(
  process.env.REGRADE_REPORT && existsSync(path.join(report, "index.html")),
  "set REGRADE_REPORT to the folder of a finished report",
);
const grades = readdirSync(path.join(report, "grades")).filter((file) => file.endsWith(".html")).sort();
// A lab without curves has no pages of specimens; of many alike, a few are enough.
const folder = path.join(report, "specimens");
const specimens = existsSync(folder) ? readdirSync(folder).sort().slice(0, 3) : [];
const pages = [
  "index.html",
  ...grades.map((file) => `grades/${file}`),
  ...specimens.map((file) => `specimens/${file}`),
];

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
  });
});
after(() => browser?.close());

/** Opens a page, runs `work` on it, and fails on anything the page complained about or asked for. */
async function visit(file, { viewport = WIDE, javaScriptEnabled = true } = {}, work = async () => {}) {
  const context = await browser.newContext({ viewport, javaScriptEnabled });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(`request: ${request.url()}`);
  });
  try {
    await page.goto(pathToFileURL(path.join(report, file)).href);
    await work(page);
    assert.deepEqual(complaints, [], file);
  } finally {
    await context.close();
  }
}

/** The rows of the matrix: which are shown, and what is in their cells. */
const matrixRows = (page) =>
  page.$$eval("table.matrix tbody tr", (rows) =>
    rows.map((row) => ({
      shown: row.checkVisibility(),
      grade: row.querySelector("th").dataset.value,
      cells: [...row.querySelectorAll("td[data-status]")].map((cell) => ({
        status: cell.dataset.status,
        search: cell.dataset.search,
        column: cell.dataset.column,
        shown: cell.firstElementChild.checkVisibility({ visibilityProperty: true }),
      })),
    })),
  );

/** Asserts that exactly the cells that fit are shown, and exactly the rows that hold one. */
function assertShown(rows, fits) {
  for (const row of rows) {
    const expected = row.cells.some(fits);
    assert.equal(row.shown, expected, `row ${row.grade}`);
    if (!expected) continue;
    for (const cell of row.cells) assert.equal(cell.shown, fits(cell), `${row.grade}: ${cell.search}`);
  }
  return rows.filter((row) => !row.shown).length;
}

for (const file of pages) {
  test(`${file} opens without a complaint and asks for nothing`, () =>
    visit(file, {}, async (page) => {
      assert.notEqual(await page.title(), "");
      assert.equal(await page.locator("h1").count(), 1);
      const ids = await page.$$eval("[id]", (elements) => elements.map((element) => element.id));
      assert.equal(new Set(ids).size, ids.length, "ids are unique");
      const broken = await page.$$eval('a[href^="#"]', (links) =>
        links.map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id)),
      );
      assert.deepEqual(broken, [], "links inside the page have targets");
    }));

  test(`${file} is accessible`, () =>
    visit(file, {}, async (page) => {
      await page.addScriptTag({ content: axe });
      const { violations } = await page.evaluate(() => window.axe.run());
      const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      const found = grave.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join("\n  ")}`);
      assert.deepEqual(found, []);
    }));

  test(`${file} fits a telephone`, () =>
    visit(file, { viewport: NARROW }, async (page) => {
      const overflow = await page.evaluate(
        () => document.scrollingElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(overflow <= 0, `${overflow} px too wide`);
    }));
}

test("charts have a title and a description", async () => {
  let charts = 0;
  for (const file of pages.slice(1)) {
    await visit(file, {}, async (page) => {
      const named = await page.$$eval("svg[role=img]", (svgs) =>
        svgs.map((svg) => svg.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id)?.textContent ?? "")),
      );
      charts += named.length;
      for (const texts of named) {
        assert.equal(texts.length, 2);
        for (const text of texts) assert.notEqual(text.trim(), "");
      }
    });
  }
  assert.ok(charts > 0, "there is at least one chart");
});

test("a status shows its verdicts and hides the other rows", () =>
  visit("index.html", {}, async (page) => {
    let hidden = 0;
    for (const box of await page.locator("#filters input[name=status]").all()) {
      const status = await box.inputValue();
      await box.check();
      const rows = await matrixRows(page);
      hidden += assertShown(rows, (cell) => cell.status === status);
      const count = rows.flatMap((row) => row.cells).filter((cell) => cell.status === status).length;
      const said = await page.locator("#shown").textContent();
      if (count > 0) assert.match(said, new RegExp(`\\b${count}\\b`), "the number shown is said");
      await box.uncheck();
    }
    assert.ok(hidden > 0, "at least one row was hidden by a status");
  }));

test("the search shows what it finds, and reset shows all", () =>
  visit("index.html", {}, async (page) => {
    const all = await matrixRows(page);
    const judged = all.find((row) => row.cells.length > 0);
    // The first judged grade in capitals: letter case must not matter.
    const words = judged.grade.split(" ").at(-1).toUpperCase();
    await page.fill("#f-search", words);
    const rows = await matrixRows(page);
    assertShown(rows, (cell) => cell.search.toLowerCase().includes(words.toLowerCase()));
    await page.fill("#f-search", "no such grade or part");
    assert.equal((await matrixRows(page)).filter((row) => row.shown).length, 0);
    assert.notEqual((await page.locator("#shown").textContent()).trim(), "");
    await page.click("#filters button[type=reset]");
    await page.waitForFunction(() => [...document.querySelectorAll("table.matrix tbody tr")].every((row) => !row.hidden));
    assert.ok((await matrixRows(page)).every((row) => row.shown && row.cells.every((cell) => cell.shown)));
  }));

test("one grade or one component can be chosen", () =>
  visit("index.html", {}, async (page) => {
    await page.selectOption("#f-grade", { index: 1 });
    assert.equal((await matrixRows(page)).filter((row) => row.shown).length, 1);
    await page.selectOption("#f-grade", { index: 0 });
    await page.selectOption("#f-component", { index: 1 });
    const column = await page.locator("#f-component").inputValue();
    const rows = await matrixRows(page);
    assertShown(rows, (cell) => cell.column === column);
    for (const table of await page.locator("table.matrix").filter({ visible: true }).all()) {
      const headers = table.locator("thead th").filter({ visible: true });
      assert.equal(await headers.count(), 2, "the grade and the component");
    }
  }));

test("columns sort both ways, by mouse and by keyboard", () =>
  visit("index.html", {}, async (page) => {
    // The table with most grades: there is something to sort.
    const tables = await page.locator("table.matrix").all();
    const sizes = await Promise.all(tables.map((table) => table.locator("tbody tr").count()));
    const table = tables[sizes.indexOf(Math.max(...sizes))];
    const header = table.locator("thead th").nth(1);
    const values = () =>
      table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => Number(row.cells[1].dataset.value)));
    const sorted = (numbers, sign) => [...numbers].sort((a, b) => sign * (a - b));
    await header.getByRole("button").click();
    assert.equal(await header.getAttribute("aria-sort"), "descending");
    assert.deepEqual(await values(), sorted(await values(), -1), "best first");
    await header.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await header.getAttribute("aria-sort"), "ascending");
    assert.deepEqual(await values(), sorted(await values(), 1));
    await page.selectOption("#f-sort", "");
    const names = await table.locator("tbody th").evaluateAll((cells) => cells.map((cell) => cell.dataset.value));
    const collator = new Intl.Collator("en", { numeric: true });
    assert.deepEqual(names, [...names].sort(collator.compare));
  }));

test("heats sort by number, not by text", async () => {
  let sorted = 0;
  for (const file of pages.slice(1)) {
    await visit(file, {}, async (page) => {
      const headers = page.locator("table.heats thead th");
      if ((await headers.count()) === 0) return;
      const column = 3;
      await headers.nth(column).getByRole("button").click();
      const values = await page.$$eval(
        "table.heats tbody tr",
        (rows, column) => rows.map((row) => row.cells[column].dataset.value).filter(Boolean).map(Number),
        column,
      );
      assert.deepEqual(values, [...values].sort((a, b) => a - b), file);
      sorted += values.length;
    });
  }
  assert.ok(sorted > 0, "there is at least one heat");
});

test("the keyboard reaches every filter and says where it is", () =>
  visit("index.html", {}, async (page) => {
    const wanted = new Set(["f-search", "f-grade", "f-component", "f-sort", "status", "reset", "sort"]);
    for (let i = 0; i < 200 && wanted.size > 0; i++) {
      await page.keyboard.press("Tab");
      const { names, outline } = await page.evaluate(() => {
        const at = document.activeElement;
        const style = getComputedStyle(at);
        return {
          names: [at.id, at.name, at.type, at.className],
          outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
        };
      });
      if (names.some((name) => wanted.delete(name))) assert.ok(outline, `${names} shows its focus`);
    }
    assert.deepEqual([...wanted], []);
  }));

test("without a script the index still shows every verdict", () =>
  visit("index.html", { javaScriptEnabled: false }, async (page) => {
    const cells = page.locator("table.matrix td[data-status]");
    assert.ok((await cells.count()) > 0);
    assert.equal(await cells.filter({ visible: true }).count(), await cells.count());
    assert.equal(await page.locator("#filters").isVisible(), false);
  }));

test("a verdict leads to its requirements", () =>
  visit("index.html", {}, async (page) => {
    const link = page.locator("table.matrix td[data-status] a").first();
    const anchor = new URL(await link.evaluate((a) => a.href)).hash.slice(1);
    await link.click();
    await page.waitForURL(/\/grades\//);
    assert.ok(await page.locator(`[id="${anchor}"] table.requirements`).isVisible());
  }));

test("pictures", { skip: screenshots ? false : "REGRADE_SCREENSHOTS is not set" }, async () => {
  mkdirSync(screenshots, { recursive: true });
  const take = (page, name, fullPage = true) =>
    page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage });
  const most = grades
    .map((file) => ({ file, size: readFileSync(path.join(report, "grades", file)).length }))
    .sort((a, b) => b.size - a.size)[0].file;
  await visit("index.html", {}, (page) => take(page, "index", false));
  await visit("index.html", {}, async (page) => {
    await page.locator("#filters input[name=status]").nth(1).check();
    await take(page, "index-filtered", false);
  });
  await visit("index.html", { viewport: NARROW }, (page) => take(page, "index-telephone"));
  await visit(`grades/${most}`, {}, (page) => take(page, "grade"));
  await visit(`grades/${most}`, { viewport: NARROW }, (page) => take(page, "grade-telephone"));
});
