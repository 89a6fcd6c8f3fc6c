// Runs one page of the leak benchmark in a headless Chromium and takes its snapshots, in the same page:
//
//   node page.mjs PAGE.js OUT_DIR
//
// A page is a script that says what is to be found (`expect`) and does one interaction's worth of work (`step`). Beside it
// runs `pages/noise/noise.js`: a cache that fills to its bound, elements, listeners, timers and observers that end.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, takeSnapshot } from '../corpus.mjs';

const [page, out] = process.argv.slice(2);
const STEPS = 60;
const SNAPSHOTS = 3;

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-page-'));
const scripts = [path.join(here, 'pages/noise/noise.js'), path.resolve(page)];
const tags = scripts.map((script) => `<script src="${path.basename(script)}"></script>`).join('');
for (const script of scripts) fs.copyFileSync(script, path.join(folder, path.basename(script)));
fs.writeFileSync(path.join(folder, 'index.html'), `<!doctype html><meta charset="utf-8"><title>ready</title><div id="app"></div>${tags}`);

/** What the page expects, as `run.mjs` writes it. */
const EXPECTED = `JSON.stringify([expect].flat().filter(Boolean).map(({ kind = [], path, class: name }) => ({
  kinds: [kind].flat(), path: path ? path.source : '', class: name ? name.source : '', library: null })))`;

try {
  await chromium(async (session) => {
    const evaluate = async (expression) => {
      const answer = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
      return answer.result.value;
    };
    const work = (first) =>
      evaluate(`(async () => { for (let n = ${first}; n < ${first + STEPS}; n++) { await step(n); await noise(n); } })()`);
    fs.mkdirSync(out, { recursive: true });
    fs.writeFileSync(path.join(out, 'expect.json'), await evaluate(EXPECTED));
    for (let k = 0; k < SNAPSHOTS; k++) {
      await work(k * STEPS);
      await session.send('HeapProfiler.enable');
      await session.send('HeapProfiler.collectGarbage');
      await takeSnapshot(path.join(out, `${k + 1}.heapsnapshot`), {})(session);
    }
  }, path.join(folder, 'index.html'));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
