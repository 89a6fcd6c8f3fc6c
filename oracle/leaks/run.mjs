// Runs one program of the leak benchmark and takes its snapshots, in the same process:
//
//   node --expose-gc run.mjs PROGRAM.mjs OUT_DIR [--snapshots N] [--quiet]
//
// A program exports `step(n)`, one request's worth of work, what is to be found (`expect`), and what comes before all
// work (`init`), if there is anything.
// Beside it runs noise that is larger than most of the leaks: a cache that fills to its bound, one that
// is full and turns over, a table that is filled once, modules that are loaded late, garbage. With
// --quiet there is none. Exits with 3 if the program needs what this Node does not have.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import { noise } from './noise.mjs';

const [program, out, ...options] = process.argv.slice(2);
const snapshots = options.includes('--snapshots') ? Number(options[options.indexOf('--snapshots') + 1]) : 3;
const STEPS = 300;

// Node 12 knows no `?.`.
const source = (pattern) => (pattern ? pattern.source : '');
const plain = ({ kind = [], path, class: name, library = null }) => (
  { kinds: [kind].flat(), path: source(path), class: source(name), library }
);
const turn = () => new Promise((resolve) => setImmediate(resolve));
let n = 0;
async function work(step, steps) {
  for (let i = 0; i < steps; i++) {
    await step(n);
    if (!options.includes('--quiet')) noise(n);
    n++;
    if (n % 50 === 0) await turn();
  }
  await turn();
  await turn();
}
async function load() {
  try {
    return await import(pathToFileURL(path.resolve(program)).href);
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof SyntaxError)) throw error;
    console.error(error.message);
    process.exit(3);
  }
}
// Nor does it know `await` outside functions.
async function main() {
  const loaded = await load();
  // What a bundle exports, Node does not see by name.
  const { init, step, expect } = loaded.step ? loaded : loaded.default;
  if (init) await init();
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(`${out}/expect.json`, JSON.stringify(expect === null ? [] : [expect].flat().map(plain)));
  await work(step, STEPS / 3);
  for (let k = 1; k <= snapshots; k++) {
    global.gc();
    await turn();
    global.gc();
    v8.writeHeapSnapshot(path.join(out, `${k}.heapsnapshot`));
    if (k < snapshots) await work(step, STEPS);
  }
  process.exit(0);
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
