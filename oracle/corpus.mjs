// Makes a directory of real snapshots from many runtimes.
//
//   node corpus.mjs [--out FOLDER] [--only REGEX] [--list]
//
// What is already there is left alone. Every entry is independent: one that fails is reported at
// the end and the others are made all the same.

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getJson, Session, start } from './inspect.mjs';
import { here, node, NODES, npmInstalled, npmPackage } from './runtimes.mjs';

const args = process.argv.slice(2);
const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const out = path.resolve(value('--out') ?? path.join(here, '.corpus'));
const only = new RegExp(value('--only') ?? '');
const program = (name) => path.join(here, 'programs', name);

const entries = new Map();
const add = (name, make) => entries.set(name, make);
const major = (version) => Number(version.split('.')[0]);

function run(command, argv, options = {}) {
  return execFileSync(command, argv, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 26, ...options });
}

/** A folder of its own for a program that writes where it stands. */
function inFolder(make) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'corpus-'));
  try {
    return make(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function inspecting(version, script, use) {
  const { child, found } = start(node(version), ['--inspect=127.0.0.1:0', program(script), 'wait'], /(ws:\/\/\S+)[^]*ready/);
  try {
    const session = await Session.connect((await found)[1]);
    await use(session);
    session.close();
  } finally {
    child.kill('SIGKILL');
  }
}

export const takeSnapshot = (file, params) => async (session) => {
  await session.send('HeapProfiler.enable');
  await session.chunksTo(file, 'HeapProfiler.takeHeapSnapshot', { reportProgress: false, ...params });
};

// ------------------------------------------------------------------------------------- Node

for (const version of NODES) {
  const name = `node-${version}`;
  add(`${name}-write.heapsnapshot`, (file) => run(node(version), [program('mixed.js'), 'write', file]));
  add(`${name}-inspector.heapsnapshot`, (file) => inspecting(version, 'mixed.js', takeSnapshot(file, {})));
  add(`${name}-inspector-internals.heapsnapshot`, (file) => inspecting(version, 'mixed.js',
    // Before Node 16 the switch had another name and the opposite sense.
    takeSnapshot(file, major(version) < 16 ? { treatGlobalObjectsAsRoots: false } : { exposeInternals: true })));
  if (major(version) >= 16) {
    add(`${name}-inspector-numeric.heapsnapshot`, (file) => inspecting(version, 'mixed.js', takeSnapshot(file, { captureNumericValue: true })));
    add(`${name}-inspector-all.heapsnapshot`, (file) => inspecting(version, 'mixed.js',
      takeSnapshot(file, { captureNumericValue: true, exposeInternals: true })));
  }
  add(`${name}-signal.heapsnapshot`, (file) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'corpus-'));
    const { child, found } = start(node(version), ['--heapsnapshot-signal=SIGUSR2', program('mixed.js'), 'wait'], /ready/, { cwd: folder });
    return found.then(async () => {
      child.kill('SIGUSR2');
      // The file is complete when it no longer grows and ends as a snapshot ends.
      for (let i = 0; i < 300; i++) {
        await new Promise((r) => setTimeout(r, 200));
        const [written] = fs.readdirSync(folder).filter((f) => f.endsWith('.heapsnapshot'));
        if (!written) continue;
        const text = fs.readFileSync(path.join(folder, written));
        if (/\]\s*\}\s*$/.test(text.subarray(-10).toString())) {
          fs.copyFileSync(path.join(folder, written), file);
          return;
        }
      }
      throw new Error('no snapshot after the signal');
    }).finally(() => {
      child.kill('SIGKILL');
      fs.rmSync(folder, { recursive: true, force: true });
    });
  });
}
for (const version of ['12.22.12', '20.20.2', '22.23.3', '24.21.0', '26.10.0']) {
  add(`node-${version}-allocations.heaptimeline`, (file) => inspecting(version, 'allocations.js', async (session) => {
    await session.send('HeapProfiler.enable');
    await session.send('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
    const { result } = await session.send('Runtime.evaluate', { expression: 'allocate()' });
    if (result.value !== '1100 2000') throw new Error(`allocate() gave ${JSON.stringify(result)}`);
    await session.chunksTo(file, 'HeapProfiler.stopTrackingHeapObjects', { reportProgress: false });
  }));
}
// In these V8 writes a trace_function_count that is lower than the list that follows.
for (const version of ['12.22.12', '16.20.2', '20.20.2', '26.10.0']) {
  add(`node-${version}-inprocess.heaptimeline`, (file) => run(node(version), [program('record.js'), file]));
}
add('node-22.23.3-timeline-no-stacks.heaptimeline', (file) => inspecting('22.23.3', 'allocations.js', async (session) => {
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.startTrackingHeapObjects', { trackAllocations: false });
  await session.send('Runtime.evaluate', { expression: 'allocate()' });
  await session.chunksTo(file, 'HeapProfiler.stopTrackingHeapObjects', { reportProgress: false });
}));
for (const version of ['14.21.3', '22.23.3', '26.10.0']) {
  add(`node-${version}-worker-thread.heapsnapshot`, (file) => run(node(version), [program('mixed.js'), 'worker', file]));
}
for (const version of ['18.20.8', '22.23.3']) {
  add(`node-${version}-near-heap-limit.heapsnapshot`, (file) => inFolder((folder) => {
    spawnSync(node(version), ['--max-old-space-size=40', '--heapsnapshot-near-heap-limit=1', program('leak.js')], { cwd: folder, stdio: 'ignore' });
    const [written] = fs.readdirSync(folder).filter((f) => f.endsWith('.heapsnapshot'));
    if (!written) throw new Error('nothing written');
    fs.copyFileSync(path.join(folder, written), file);
  }));
}
for (const version of ['22.23.3', '26.10.0']) {
  add(`node-${version}-huge-buffers.heapsnapshot`, (file) => run(node(version), [program('huge.js'), file]));
}
for (const version of ['12.22.12', '16.20.2', '18.20.8', '20.20.2', '22.23.3', '24.21.0', '26.10.0']) {
  add(`node-${version}-pair-1.heapsnapshot`, (file) => pair(version, file));
}

/** Two snapshots of one process, with known changes between them; the second is called `pair-2`. */
async function pair(version, file) {
  await inspecting(version, 'mixed.js', async (session) => {
    await takeSnapshot(file, {})(session);
    const { result } = await session.send('Runtime.evaluate', {
      expression: `
        // Objects of a class: some gone, more of them new.
        for (let i = 0; i < 50; i++) app.routes.cache.delete('sess:' + i);
        for (let i = 2000; i < 2200; i++) app.routes.cache.set('sess:' + i, Object.assign(Object.create(Object.getPrototypeOf(app.routes.cache.get('sess:100'))), { id: i, data: { added: [i] } }));
        // An array and a set that were there before.
        for (let i = 0; i < 100000; i++) app.arrays.smi.push(i);
        app.sets[0].add({ grown: 'once' });
        // Plain objects: some gone, some of another shape, and a shape that becomes frequent.
        app.shapes.length = 4000;
        for (let i = 0; i < 900; i++) app.shapes[i].later = 'added ' + i;
        for (let i = 0; i < 700; i++) app.shapes.push({ onlyLater: { deep: 'x' + i }, kind: 'y' + i % 3 });
        'changed'`,
    });
    if (result.value !== 'changed') throw new Error(`the program was not changed: ${JSON.stringify(result)}`);
    await takeSnapshot(file.replace('pair-1', 'pair-2'), {})(session);
  });
}

// --------------------------------------------------------------------------- wrong files

add('node-22.23.3.heapprofile', (file) => inspecting('22.23.3', 'allocations.js', async (session) => {
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.startSampling', { samplingInterval: 1024 });
  await session.send('Runtime.evaluate', { expression: 'allocate()' });
  fs.writeFileSync(file, JSON.stringify((await session.send('HeapProfiler.stopSampling')).profile));
}));
add('node-22.23.3.cpuprofile', (file) => inspecting('22.23.3', 'allocations.js', async (session) => {
  await session.send('Profiler.enable');
  await session.send('Profiler.start');
  await session.send('Runtime.evaluate', { expression: 'allocate()' });
  fs.writeFileSync(file, JSON.stringify((await session.send('Profiler.stop')).profile));
}));

// ------------------------------------------------------------------------------- Chromium

/** Opens `html` in a headless Chromium and hands over a session with that page. */
export async function chromium(use, html = program('page.html'), env = process.env) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'corpus-chromium-'));
  // Chromium is a tree of processes; a group of its own lets all of them be ended by their number.
  const { child, found } = start(process.env.CHROMIUM || 'chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'], /DevTools listening on ws:\/\/([^/]+)\//, { detached: true, env });
  try {
    const address = (await found)[1];
    let page;
    for (let i = 0; i < 50 && !page; i++) {
      page = (await getJson(`http://${address}/json`)).find((t) => t.type === 'page');
      if (!page) await new Promise((r) => setTimeout(r, 100));
    }
    const session = await Session.connect(page.webSocketDebuggerUrl);
    await session.send('Page.enable');
    await session.send('Runtime.enable');
    const loaded = new Promise((resolve) => session.on('Page.loadEventFired', resolve));
    await session.send('Page.navigate', { url: pathToFileURL(html).href });
    await loaded;
    // An object that only the console holds, as when somebody typed it there.
    await session.send('Runtime.evaluate', { expression: '({ typedInConsole: Array.from({ length: 200 }, (_, i) => ({ typed: { i } })) })', objectGroup: 'console' });
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.title' });
    if (result.value !== 'ready') throw new Error(`page says ${JSON.stringify(result)}`);
    await use(session);
    session.close();
  } finally {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {}
    await new Promise((r) => setTimeout(r, 500));
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
add('chromium-plain.heapsnapshot', (file) => chromium(takeSnapshot(file, {})));
add('chromium-internals.heapsnapshot', (file) => chromium(takeSnapshot(file, { exposeInternals: true })));
add('chromium-all.heapsnapshot', (file) => chromium(takeSnapshot(file, { exposeInternals: true, captureNumericValue: true })));
add('chromium-allocations.heaptimeline', (file) => chromium(async (session) => {
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
  await session.send('Runtime.evaluate', { expression: 'function makeMore() { for (let i = 0; i < 1000; i++) app.shapes.push({ more: { i } }); } makeMore()' });
  await session.chunksTo(file, 'HeapProfiler.stopTrackingHeapObjects', { reportProgress: false });
}));

// ------------------------------------------------------------------------- other runtimes

const DENO = ['@deno/linux-x64-glibc', '2.9.6'];
const BUN = ['@oven/bun-linux-x64', '1.4.5'];
const WORKERD = ['@cloudflare/workerd-linux-64', '1.20261117.1'];

function binary(name, version, file) {
  const full = path.join(npmPackage(name, version), file);
  fs.chmodSync(full, 0o755);
  return full;
}
add('deno-2.9.6-write.heapsnapshot', (file) => run(binary(...DENO, 'deno'), ['run', '-A', program('mixed.js'), 'write', file]));
const bun = (file) => {
  const base = file.replace(/-(v8|plain)\..*/, '');
  run(binary(...BUN, 'bin/bun'), [program('bun.js'), `${base}-v8.heapsnapshot`, `${base}-plain.json`]);
};
add('bun-1.4.5-v8.heapsnapshot', bun);
add('bun-1.4.5-plain.json', bun);
add('workerd-1.20261117.1-inspector.heapsnapshot', async (file) => {
  const { child, found } = start(binary(...WORKERD, 'bin/workerd'), ['serve', program('worker.capnp'), '--verbose', '--inspector-addr=127.0.0.1:39229'],
    /inspector/i);
  try {
    await Promise.race([found, new Promise((r) => setTimeout(r, 3000))]);
    let targets;
    for (let i = 0; i < 50 && !targets?.length; i++) {
      await new Promise((r) => setTimeout(r, 200));
      targets = await getJson('http://127.0.0.1:39229/json').catch(() => undefined);
    }
    if (!targets?.length) throw new Error('no inspector target');
    const session = await Session.connect(targets[0].webSocketDebuggerUrl);
    await session.send('Runtime.enable');
    await takeSnapshot(file, {})(session);
    session.close();
  } finally {
    child.kill('SIGKILL');
  }
});

// ---------------------------------------------------------------------- real, larger programs

/** The TypeScript compiler's heap after it has checked a part of the program that the oracle comes from. */
const typescript = (roots) => (file) => {
  const folder = npmPackage('typescript', '5.9.3');
  const front = path.join(here, 'node_modules/chrome-devtools-frontend/front_end');
  console.log(run(node('22.23.3'), ['--max-old-space-size=6000', program('typescript.js'), folder, file, ...roots.map((r) => path.join(front, r))]).trim());
};
add('real-typescript.heapsnapshot', typescript(['entrypoints/heap_snapshot_worker/heap_snapshot_worker.ts']));
add('real-typescript-large.heapsnapshot', typescript(['entrypoints/heap_snapshot_worker/heap_snapshot_worker.ts',
  'panels/profiler/profiler.ts', 'panels/timeline/timeline.ts']));
add('real-webpack.heapsnapshot', (file) => {
  // webpack bundles the TypeScript compiler.
  const folder = npmInstalled('webpack', '5.112.2');
  console.log(run(node('20.20.2'), ['--max-old-space-size=6000', program('webpack.js'), folder, file,
    path.join(npmPackage('typescript', '5.9.3'), 'lib/typescript.js')]).trim());
});

/**
 * A Backstage backend after its catalog was processed; `-2` and `-3` are the same process after more requests.
 * SQLite is compiled for it, with the headers that come with Node's npm package.
 */
function backstage(file) {
  const version = '22.23.3';
  const folder = path.join(here, '.cache/runtimes/backstage-installed');
  const runtime = path.dirname(path.dirname(node(version)));
  const env = { ...process.env, PATH: `${runtime}/bin:${process.env.PATH}`, npm_config_nodedir: runtime };
  fs.cpSync(program('backstage'), folder, { recursive: true });
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, env });
  run('npx', ['--yes', 'node-gyp', 'rebuild', '--release'], { cwd: path.join(folder, 'node_modules/better-sqlite3'), env });
  inFolder((data) => {
    run(node(version), ['--no-node-snapshot', '--max-old-space-size=3000', 'backstage.js', data, '3000'], { cwd: folder, env });
    for (const n of [1, 2, 3]) {
      fs.copyFileSync(path.join(data, `backstage-node22-${n}.heapsnapshot`), file.replace('node22-1', `node22-${n}`));
    }
  });
}
// Installing and compiling takes two minutes: made only when --only names it.
if (value('--only')?.includes('backstage')) add('backstage-node22-1.heapsnapshot', backstage);

// ---------------------------------------------------------------------------------- running

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (args.includes('--list')) {
    for (const name of entries.keys()) console.log(name);
    process.exit(0);
  }
  fs.mkdirSync(out, { recursive: true });
  const failed = [];
  for (const [name, make] of entries) {
    const file = path.join(out, name);
    if (!only.test(name) || fs.existsSync(file)) continue;
    try {
      await make(file);
      if (!fs.existsSync(file) || fs.statSync(file).size === 0) throw new Error('nothing written');
      console.log(`${name}  ${fs.statSync(file).size}`);
    } catch (error) {
      fs.rmSync(file, { force: true });
      failed.push(name);
      console.error(`FAILED ${name}: ${String(error.stderr || error.message || error).trim().slice(-1500)}`);
    }
  }
  process.exit(failed.length ? 1 : 0);
}
