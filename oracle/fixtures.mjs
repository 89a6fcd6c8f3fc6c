// Makes the snapshots in ../fixtures again. New ones differ from the committed ones in ids and
// sizes, so run gold.mjs afterwards. Needs the zstd tool.
//
//   node fixtures.mjs [--only REGEX]

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { chromium, takeSnapshot } from './corpus.mjs';
import { here, node } from './runtimes.mjs';

const folder = path.join(here, '../fixtures');

// Snapshots hold the paths and the environment of the process, so everything runs in a plain place.
const place = '/srv/app';
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/srv', LANG: 'C.UTF-8' };
const program = (name) => path.join(place, name);
function run(version, ...args) {
  fs.copyFileSync(node(version), program('node'));
  execFileSync(program('node'), args, { cwd: place, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

const FIXTURES = {
  'app-node22.heapsnapshot': (out) => run('22.23.3', 'app.js', path.basename(out)),
  'small-node12.heapsnapshot': (out) => run('12.22.12', 'small.js', path.basename(out)),
  'record-node20.heaptimeline': (out) => run('20.20.2', 'record.js', path.basename(out)),
  'small-node26-internals-numeric.heapsnapshot': (out) => run('26.10.0', 'small.js', path.basename(out), '{"exposeInternals":true,"exposeNumericValues":true}'),
  'page-chromium.heapsnapshot': (out) => chromium(takeSnapshot(out, {}), program('page.html'), env),
};

const args = process.argv.slice(2);
const only = new RegExp(args.includes('--only') ? args[args.indexOf('--only') + 1] : '');
if (fs.existsSync(place)) throw new Error(`${place} exists already`);
fs.cpSync(path.join(folder, 'programs'), place, { recursive: true });
for (const [name, make] of Object.entries(FIXTURES)) {
  if (!only.test(name)) continue;
  const plain = program(name);
  await make(plain);
  const packed = path.join(folder, `${name}.zst`);
  execFileSync('zstd', ['--ultra', '-22', '-q', '-f', plain, '-o', packed]);
  fs.chmodSync(packed, 0o644);
  console.log(`${name}  ${fs.statSync(plain).size} -> ${fs.statSync(packed).size}`);
}
fs.rmSync(place, { recursive: true });
