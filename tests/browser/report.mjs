// Looks at pages that `wsight -f html` wrote, as their readers do: with eyes, with a keyboard, on paper, without scripts,
// and with a tool that knows what screen readers need.
//
//     node report.mjs CHROMIUM ONE.html SEVERAL.html MANY.html ODD.html FLEET.html
//
// ONE is about the capture pong-nul-cut, SEVERAL about bots-and-bad-clients, and MANY has 10,000 sessions. ODD has a frame
// with a reserved opcode. FLEET is what `wsight report` wrote about tables of two hosts.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const [executablePath, one, several, many, odd, fleet] = process.argv.slice(2);
// Chromium refuses to run as root in its sandbox; what it shows here are files of ours.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

// A page that must load nothing and complain about nothing.
async function opened(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const loaded = [];
  page.on("request", (request) => loaded.push(request.url()));
  page.on("console", (message) => assert.fail(`${path}: ${message.text()}`));
  page.on("pageerror", (error) => assert.fail(`${path}: ${error.message}`));
  const url = pathToFileURL(path).href;
  await page.goto(url);
  assert.deepEqual(loaded, [url], "it is one file");
  return page;
}

const tests = {
  async "it is HTML that a validator accepts"() {
    const validator = new HtmlValidate({ root: true, extends: ["html-validate:standard"] });
    for (const path of [one, several, fleet]) {
      const { results } = await validator.validateFile(path);
      const told = results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line}: ${message}`));
      assert.deepEqual(told, [], path);
    }
  },

  async "nothing stands in the way of a screen reader, and colours have contrast"() {
    for (const path of [one, several, fleet]) {
      for (const [colorScheme, width] of [["light", 360], ["dark", 1280]]) {
        const page = await opened(path, { colorScheme, viewport: { width, height: 900 } });
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
        const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} (${nodes[0].failureSummary})`);
        assert.deepEqual(told, [], `${path}, ${colorScheme}, ${width}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} fits into ${width}`);
        await page.context().close();
      }
    }
  },

  async "the verdict leads to the session, its finding and the explanation"() {
    const page = await opened(several);
    assert.match(await page.locator("h2").first().innerText(), /The client's request has no Connection header/);
    const session = page.locator("#s2");
    assert.equal(await session.getAttribute("open"), null);
    // A link changes the address, and the page hears of that after the click.
    await page.getByRole("link", { name: "packet 44, session 2" }).first().click();
    await page.locator("#s2[open]").waitFor();
    const card = session.locator(".card").first();
    await card.waitFor();
    await card.getByRole("link", { name: "What it means and what to do" }).click();
    const explained = page.locator(`#k-${await card.locator("h4 code").innerText()}`);
    await explained.waitFor();
    await explained.locator(".places a").first().click();
    await page.waitForFunction(() => document.activeElement.matches(".card"));
    await page.context().close();
  },

  async "sessions fold and unfold by keyboard"() {
    const page = await opened(several);
    const summary = page.locator("#s3 > summary");
    await summary.focus();
    for (const [key, open] of [["Enter", true], [" ", false], ["Enter", true]]) {
      await page.keyboard.press(key);
      assert.equal(await page.evaluate(() => document.querySelector("#s3").open), open);
    }
    assert.ok(await page.locator("#s3 .ladder svg").first().isVisible());
    await page.getByRole("button", { name: "Close all" }).click();
    assert.equal(await page.locator("details.session[open]").count(), 0);
    await page.getByRole("button", { name: "Open those on this page" }).click();
    assert.equal(await page.locator("details.session[open]").count(), 13);
    await page.context().close();
  },

  async "a single session is open, and the wrong byte is marked"() {
    const page = await opened(one);
    assert.deepEqual(await page.locator("#s1 .bytes mark").allInnerTexts(), ["00", "--"]);
    assert.ok(await page.getByText("byte 3: expected 00, found nothing").isVisible());
    // Arrows are in the order of time, and none leaves the drawing.
    const heights = await page.locator("#s1 .block").first().evaluate((block) => {
      const svg = block.querySelector("svg");
      const arrows = [...svg.querySelectorAll(".client:not(.tip), .server:not(.tip)")];
      return { all: svg.height.baseVal.value, table: block.querySelector("table").offsetHeight, arrows: arrows.map((arrow) => arrow.getBBox().y) };
    });
    assert.deepEqual(heights.arrows, heights.arrows.toSorted((a, b) => a - b));
    assert.ok(heights.arrows.every((y) => y > 0 && y < heights.all));
    assert.ok(heights.table <= heights.all, "rows are as high as the drawing has them");
    await page.context().close();
  },

  async "the number of an opcode can be read"() {
    for (const width of [360, 1024, 1920]) {
      const page = await opened(odd, { viewport: { width, height: 900 } });
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
      const names = await page.locator(".block td:nth-child(4):not([colspan])").evaluateAll((cells) =>
        cells.map((cell) => ({ name: cell.innerText, room: cell.clientWidth - cell.scrollWidth })));
      assert.ok(names.some(({ name }) => name.startsWith("reserved-1")), JSON.stringify(names));
      assert.deepEqual(names.filter(({ room }) => room < 0), [], `at ${width}`);
      await page.context().close();
    }
  },

  async "filters can be copied"() {
    const page = await opened(one, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("button", { name: "Copy the Wireshark filter of packet 10" }).click();
    await page.locator("#said", { hasText: "Copied frame.number == 10" }).waitFor({ state: "attached" });
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "frame.number == 10");
    await page.context().close();
  },

  async "10,000 sessions come in pages and can be searched"() {
    const page = await opened(many);
    const shown = page.locator("#shown");
    assert.equal(await shown.innerText(), "10,000 in all");
    const visible = () => page.evaluate(() => document.querySelectorAll("details.session:not([hidden])").length);
    assert.equal(await visible(), 50);
    await page.locator("#next").click();
    assert.equal(await page.locator("#page").innerText(), "Page 2 of 200");
    assert.ok(await page.locator("#s51").isVisible());
    await page.locator("#search").fill("10.0.0.0:32775");
    await page.locator("#shown", { hasText: "1 of 10,000" }).waitFor();
    assert.equal(await visible(), 1);
    assert.ok(await page.locator("#s8").isVisible());
    // A link to what the search hides shows it.
    await page.evaluate(() => { location.hash = "#s9000"; });
    await page.locator("#s9000").waitFor();
    assert.equal(await page.locator("#page").innerText(), "Page 180 of 200");
    assert.ok(await page.evaluate(() => document.querySelector("#s9000").open));
    await page.locator("#worst").selectOption("error");
    assert.equal(await shown.innerText(), "0 of 10,000");
    await page.context().close();
  },

  async "what is wrong is on paper"() {
    const page = await opened(several);
    await page.evaluate(() => {
      // Behind the page's own listener.
      addEventListener("beforeprint", () => { globalThis.printed = document.querySelectorAll("details[open]").length; });
    });
    const closed = await page.locator("details[open]").count();
    const paper = await page.pdf();
    assert.ok(paper.length > 50_000, `${paper.length} bytes`);
    assert.equal(await page.locator("details[open]").count(), closed, "it is as it was");
    const open = await page.evaluate(() => globalThis.printed);
    assert.ok(open > 20, `${open} are open`);
    await page.context().close();
  },

  async "without scripts everything is there"() {
    const page = await opened(several, { javaScriptEnabled: false });
    assert.equal(await page.locator("details.session").count(), 13);
    assert.equal(await page.locator("#tools").isVisible(), false);
    await page.locator("#s2 > summary").click();
    assert.ok(await page.locator("#s2 .card").first().isVisible());
    await page.context().close();
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  const begun = performance.now();
  try {
    await test();
    console.log(`ok      ${name} (${Math.round(performance.now() - begun)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
