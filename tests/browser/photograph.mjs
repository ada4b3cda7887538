// Takes a picture of a page that `wsight -f html` wrote, for docs/picture.
//
//     node photograph.mjs CHROMIUM PAGE light|dark FIRST LAST PICTURE
//
// The picture shows what lies between the elements FIRST and LAST, both of them selectors.
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const MARGIN = 12;

const [executablePath, path, colorScheme, first, last, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1100, height: 800 }, colorScheme });
await page.goto(pathToFileURL(path).href);
await page.locator(first).evaluate((element) => { element.open = true; });
const [from, to] = [await page.locator(first).boundingBox(), await page.locator(last).boundingBox()];
const y = Math.max(from.y - MARGIN, 0);
const clip = { x: 0, y, width: 1100, height: to.y + to.height + MARGIN - y };
await page.screenshot({ path: picture, clip, fullPage: true });
await browser.close();
