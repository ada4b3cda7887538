// Opens HTTP archives that `wsight -f har` wrote in Chromium's own developer tools, by the function behind the button
// "Import HAR file", and prints what the Network panel then holds.
//
//     node archive.mjs CHROMIUM ARCHIVE.har
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, path] = process.argv.slice(2);
// Chromium refuses to run as root in its sandbox; what it shows here are files of ours.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
const bundled = "devtools://devtools/bundled";
await page.goto(`${bundled}/devtools_app.html?panel=network`);
const requests = await page.evaluate(async ([bundled, har]) => {
  const until = async (found) => {
    for (;;) {
      const it = await found();
      if (it) return it;
      await new Promise(requestAnimationFrame);
    }
  };
  const [network, { ViewManager }, { NetworkLog }] = await Promise.all(
    ["panels/network/network.js", "ui/legacy/legacy.js", "models/logs/logs.js"].map((it) => import(`${bundled}/${it}`)),
  );
  const views = await until(() => { try { return ViewManager.ViewManager?.instance() ?? ViewManager.instance(); } catch { return null; } });
  await views.showView("network");
  const view = await until(() => { try { return network.NetworkPanel.NetworkPanel.instance().networkLogView; } catch { return null; } });
  await view.onLoadFromFile(new File([har], "archive.har", { type: "application/json" }));
  const log = (NetworkLog.NetworkLog ?? NetworkLog).instance();
  return log.requests().map((request) => ({
    url: request.url(),
    status: request.statusCode,
    type: request.resourceType().name(),
    seconds: request.startTime,
    frames: request.frames().map(({ type, time, text, opCode }) => ({ type, time, text, opCode })),
  }));
}, [bundled, readFileSync(path, "utf8")]);
console.log(JSON.stringify(requests));
await browser.close();
