// Runs the heap snapshot engine of Chrome DevTools (npm package chrome-devtools-frontend, at the
// version pinned in package.json) under Node and writes down what it computes, so that our own
// figures can be compared with it. Development only; nothing that ships depends on this.
//
//   node devtools.mjs SNAPSHOT [--nodes OUT.csv] [--summary OUT.json [--filters]] [--time]
//                     [--repair-trace-count] [--compare BASE [--diff OUT.json]]
//
// SNAPSHOT may be compressed (.gz; .zst where the zstd tool is installed); `-` as OUT writes to standard output.
//
//   --nodes      one CSV row per node, in file order
//   --summary    totals, the statistics (pie) and the class table (Summary view)
//   --filters    adds to the summary: the class table behind each named filter, native contexts
//   --time       prints {wall_s, cpu_user_s, cpu_system_s, peak_rss_bytes} from the start of
//                reading until the Summary view has its rows
//   --repair-trace-count
//                recordings with allocation stacks: V8 writes a trace_function_count that is lower
//                than the list that follows, which this engine cannot load; this option corrects
//                the number on its way into the engine and adds the allocation table
//
//   --compare    loads BASE first and writes the Comparison view of SNAPSHOT against it (--diff, else
//                standard output): one row for each class that has new or deleted objects
//
// The threads are those of DevTools: this one reads slices of 10,000,000 bytes and decodes them,
// one worker parses and computes, a second worker does retainers, dominators and retained sizes.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import zlib from 'node:zlib';

// Node 20 lacks what the engine takes for granted.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new this((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
};

const here = path.dirname(fileURLToPath(import.meta.url));
const SLICE = 10_000_000;
const HEAP_MB = Number(process.env.ORACLE_HEAP_MB || 16384);
const FILTERS = ['duplicatedStrings', 'objectsRetainedByDetachedDomNodes', 'objectsRetainedByContexts',
  'objectsRetainedByConsole', 'objectsRetainedByEventHandlers'];

// ---------------------------------------------------------------------------------- the bundle

/** Bundles the engine once; returns the bundle's path. */
export async function bundle() {
  const manifest = JSON.parse(fs.readFileSync(path.join(here, 'package.json'), 'utf8'));
  const version = manifest.devDependencies['chrome-devtools-frontend'];
  const out = path.join(here, '.cache', `engine-${version}.mjs`);
  if (fs.existsSync(out)) return out;
  const { build } = await import('esbuild');
  const front = path.join(here, 'node_modules/chrome-devtools-frontend/front_end');
  const from = (file) => JSON.stringify(path.join(front, file));
  fs.mkdirSync(path.dirname(out), { recursive: true });
  const temporary = `${out}.${process.pid}.mjs`;
  await build({
    stdin: {
      contents: `
        export {HeapSnapshotLoader} from ${from('entrypoints/heap_snapshot_worker/HeapSnapshotLoader.ts')};
        export {SecondaryInitManager} from ${from('entrypoints/heap_snapshot_worker/HeapSnapshot.ts')};
        export * as TypedArrayUtilities from ${from('core/platform/TypedArrayUtilities.ts')};`,
      resolveDir: here,
      loader: 'ts',
    },
    bundle: true,
    // The lists of translations are made by DevTools' own build; the engine does not use them.
    plugins: [{
      name: 'no-locales',
      setup(build) {
        build.onResolve({ filter: /\/locales\.js$/ }, () => ({ path: 'locales', namespace: 'no-locales' }));
        build.onLoad({ filter: /.*/, namespace: 'no-locales' }, () => ({
          contents: "export const LOCALES = ['en-US']; export const BUNDLED_LOCALES = ['en-US']; export const DEFAULT_LOCALE = 'en-US'; export const REMOTE_FETCH_PATTERN = ''; export const LOCAL_FETCH_PATTERN = '';",
        }));
      },
    }],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile: temporary,
    logLevel: 'error',
  });
  fs.renameSync(temporary, out);
  return out;
}

// ------------------------------------------------------------------------------ reading a file

/** Calls `each(buffer)` for every slice of the (decompressed) file. */
async function slices(file, each) {
  if (/\.(gz|zst)$/.test(file)) {
    const plain = /gz$/.test(file) ? fs.createReadStream(file).pipe(zlib.createGunzip())
      : spawn('zstd', ['-dc', '--long=31', file], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout;
    let parts = [];
    let size = 0;
    for await (const part of plain) {
      parts.push(part);
      size += part.length;
      if (size >= SLICE) {
        await each(Buffer.concat(parts));
        parts = [];
        size = 0;
      }
    }
    if (size) await each(Buffer.concat(parts));
    return;
  }
  const handle = await fs.promises.open(file);
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(SLICE);
      const { bytesRead } = await handle.read(buffer, 0, SLICE);
      if (bytesRead === 0) return;
      await each(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** The true number of entries in trace_function_infos, from the file itself. */
async function traceFunctionCount(file) {
  const key = '"trace_function_infos":[';
  let text = '';
  let inside = false;
  let numbers = 0;
  let fields = 0;
  let done = false;
  await slices(file, async (buffer) => {
    if (done) return;
    text += buffer.toString('latin1');
    if (!fields) fields = JSON.parse(/"trace_function_info_fields":(\[[^\]]*\])/.exec(text)[1]).length;
    if (!inside) {
      const at = text.indexOf(key);
      if (at < 0) {
        text = text.slice(-key.length);
        return;
      }
      inside = true;
      text = text.slice(at + key.length);
    }
    const end = text.indexOf(']');
    const part = end < 0 ? text : text.slice(0, end);
    for (const char of part) if (char === ',') numbers++;
    if (end >= 0) {
      if (/\d/.test(part)) numbers++;
      done = true;
    }
    text = '';
  });
  return numbers / fields;
}

// ------------------------------------------------------------------------------- the reader

async function main() {
  const { file, options } = parse(process.argv.slice(2));
  if (!process.execArgv.some((a) => a.startsWith('--max-old-space-size'))) {
    // Start again with a heap that is large enough, in every thread.
    const child = spawn(process.execPath,
      [`--max-old-space-size=${HEAP_MB}`, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
    child.on('exit', (code, signal) => {
      if (signal) console.error(`devtools.mjs: ended by ${signal}`);
      process.exit(signal ? 70 : code);
    });
    return;
  }
  for (const name of [file, options.compare]) if (name && !fs.existsSync(name)) fail(`no such file: ${name}`);
  const enginePath = pathToFileURL(await bundle()).href;
  const traceCount = options.repairTraceCount ? await traceFunctionCount(file) : null;

  const second = new Worker(fileURLToPath(import.meta.url), { workerData: { role: 'second', enginePath } });
  const engine = new Worker(fileURLToPath(import.meta.url), { workerData: { role: 'engine', enginePath, options } });
  let answer;
  const next = () => new Promise((resolve) => (answer = resolve));
  engine.on('message', (message) => (message.error ? fail(explain(message.error)) : answer(message)));
  for (const worker of [engine, second]) worker.on('error', (error) => fail(explain(String(error.stack || error))));
  const ready = next();
  await new Promise((resolve) => second.once('message', resolve));
  await ready;

  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const load = async (snapshot) => {
    const channel = new MessageChannel();
    second.postMessage({ port: channel.port2 }, [channel.port2]);
    const decoder = new TextDecoder();
    let first = true;
    const send = async (text) => {
      if (first && traceCount !== null) text = text.replace(/"trace_function_count":\d+/, `"trace_function_count":${traceCount}`);
      first = false;
      const acknowledged = next();
      engine.postMessage({ chunk: text });
      await acknowledged;
    };
    await slices(snapshot, async (buffer) => send(decoder.decode(buffer, { stream: true })));
    await send(decoder.decode());
    const finished = next();
    engine.postMessage({ close: true, port: channel.port1 }, [channel.port1]);
    return finished;
  };
  if (options.compare) await load(options.compare);
  const message = await load(file);
  const wall = Number(process.hrtime.bigint() - start) / 1e9;
  const used = process.cpuUsage(cpu);
  if (options.time) {
    console.log(JSON.stringify({
      wall_s: wall,
      cpu_user_s: used.user / 1e6,
      cpu_system_s: used.system / 1e6,
      peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
      classes: Object.keys(message.aggregates).length,
      total_size: message.statistics.total,
    }));
  }
  const dumped = next();
  engine.postMessage({ dump: true });
  const { warnings } = await dumped;
  for (const warning of warnings) console.error(`warning: ${warning}`);
  process.exit(0);
}

function parse(args) {
  const options = {};
  let file;
  while (args.length) {
    const arg = args.shift();
    if (arg === '--nodes') options.nodes = args.shift();
    else if (arg === '--summary') options.summary = args.shift();
    else if (arg === '--filters') options.filters = true;
    else if (arg === '--time') options.time = true;
    else if (arg === '--repair-trace-count') options.repairTraceCount = true;
    else if (arg === '--compare') options.compare = args.shift();
    else if (arg === '--diff') options.diff = args.shift();
    else if (!file && !arg.startsWith('--')) file = arg;
    else fail(`unknown argument: ${arg}`);
  }
  if (!file) fail('usage: node devtools.mjs SNAPSHOT [--nodes OUT] [--summary OUT] [--filters] [--time] [--repair-trace-count] [--compare BASE [--diff OUT]]');
  return { file, options };
}

function fail(message) {
  console.error(`devtools.mjs: ${message}`);
  process.exit(1);
}

/** Says which known limit of the engine an error is. */
function explain(error) {
  const known = [
    [/Invalid string length/, 'the text of the strings section is over the longest string V8 allows (536,870,888 characters)'],
    [/Map maximum size exceeded/, 'more than 16,777,216 objects with a location (or distinct strings, in a filter)'],
    [/addTraceTopNode/, 'trace_function_count is lower than the list that follows; see --repair-trace-count'],
    [/ERR_WORKER_OUT_OF_MEMORY|Array buffer allocation failed|out of memory/i, 'out of memory; see ORACLE_HEAP_MB'],
    [/Token .* not found|Unexpected end of input|Incomplete JSON/, 'not a complete V8 heap snapshot'],
  ];
  const match = known.find(([pattern]) => pattern.test(error));
  return match ? `the engine cannot load this file: ${match[1]}\n${error}` : `the engine failed: ${error}`;
}

// ------------------------------------------------------------------------------- the workers

async function secondWorker({ enginePath }) {
  const { SecondaryInitManager } = await import(enginePath);
  parentPort.on('message', ({ port }) => new SecondaryInitManager(port));
  parentPort.postMessage('ready');
}

async function engineWorker({ enginePath, options }) {
  const { HeapSnapshotLoader, TypedArrayUtilities } = await import(enginePath);
  const warnings = [];
  if (!options.time) watchForWrappedValues(TypedArrayUtilities, warnings);
  let lastStatus = '';
  const newLoader = () => new HeapSnapshotLoader({ sendEvent: (_, data) => (lastStatus = data) });
  let loader = newLoader();
  let base;
  let snapshot;
  const failed = (error) => parentPort.postMessage({ error: `${error?.stack || error}\n(at: ${lastStatus})` });
  process.on('unhandledRejection', failed);
  parentPort.on('message', async (message) => {
    try {
      if ('chunk' in message) {
        loader.write(message.chunk);
        parentPort.postMessage({ acknowledged: true });
      } else if (message.close) {
        loader.close();
        base = snapshot;
        snapshot = await loader.buildSnapshot(message.port);
        loader = newLoader();
        const statistics = snapshot.getStatistics();
        snapshot.getNativeContextSizes();
        // The view receives this object as a message, object indexes and all; so does our main thread.
        const aggregates = options.time ? snapshot.aggregatesWithFilter({}) : {};
        parentPort.postMessage({ statistics, aggregates });
      } else if (message.dump) {
        if (options.nodes) dumpNodes(snapshot, options.nodes);
        if (options.summary) dumpSummary(snapshot, options, warnings);
        if (base) dumpComparison(base, snapshot, options.diff ?? '-', warnings);
        parentPort.postMessage({ warnings });
      }
    } catch (error) {
      failed(error);
    }
  });
  parentPort.postMessage({ ready: true });
}

/** The engine stores every number in 32 bits. Say so when that loses something. */
function watchForWrappedValues({ createFixedBigUint32Array }, warnings) {
  const prototype = Object.getPrototypeOf(createFixedBigUint32Array(1));
  const original = prototype.setValue;
  let count = 0;
  prototype.setValue = function (index, value) {
    if (value > 0xffffffff && count++ === 0) {
      warnings.push('at least one number of 2^32 or more: the engine keeps it modulo 2^32, so its sizes are wrong');
    }
    original.call(this, index, value);
  };
}

const shown = (distance) => (distance < 0 || distance >= 100_000_000 ? null : distance);
const quote = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function open(out) {
  const fd = out === '-' ? 1 : fs.openSync(out, 'w');
  let parts = [];
  let size = 0;
  const flush = () => {
    const buffer = Buffer.from(parts.join(''), 'utf8'); // lone surrogates become U+FFFD
    for (let at = 0; at < buffer.length;) at += fs.writeSync(fd, buffer, at);
    parts = [];
    size = 0;
  };
  return {
    write(text) {
      parts.push(text);
      size += text.length;
      if (size > 1 << 22) flush();
    },
    close() {
      flush();
      if (fd !== 1) fs.closeSync(fd);
    },
  };
}

function dumpNodes(snapshot, out) {
  const file = open(out);
  file.write('id,type,class_name,name,distance,shallow_size,retained_size,dominator_id\n');
  const node = snapshot.createNode(0);
  const dominator = snapshot.createNode(0);
  for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    dominator.nodeIndex = node.dominatorIndex();
    const distance = shown(node.distance());
    file.write(`${node.id()},${quote(node.type())},${quote(node.className())},${quote(node.rawName())},`
      + `${distance === null ? '' : distance},${node.selfSize()},${node.retainedSize()},${dominator.id()}\n`);
  }
  file.close();
}

/**
 * The rows of the Summary view. aggregatesWithFilter() is not used because it keeps only one of two
 * rows whose printed keys are the same; the aggregates before that step have them all.
 */
function classTable(snapshot, filter) {
  const aggregates = snapshot.buildAggregates(filter);
  snapshot.calculateClassesRetainedSize(aggregates, filter);
  const rows = [];
  for (const [key, aggregate] of aggregates) {
    rows.push({
      class_key: (typeof key === 'number' ? `,${snapshot.strings[key]}` : key).toWellFormed(),
      class_name: aggregate.name.toWellFormed(),
      count: aggregate.count,
      distance: shown(aggregate.distance),
      shallow_size: aggregate.self,
      retained_size: aggregate.maxRet,
    });
  }
  // In the order of the UTF-8 bytes; rows with the same key and name by count and size.
  const bytes = new Map(rows.map((row) => [row, Buffer.from(`${row.class_key}\0${row.class_name}`)]));
  return rows.sort((a, b) => Buffer.compare(bytes.get(a), bytes.get(b)) || a.count - b.count || a.shallow_size - b.shallow_size);
}

function dumpSummary(snapshot, options, warnings) {
  const { native, v8heap, total } = snapshot.getStatistics();
  const header = snapshot.profile.snapshot;
  const result = {
    snapshot: { node_count: header.node_count, edge_count: header.edge_count, total_size: snapshot.totalSize },
    statistics: {
      total,
      code: v8heap.code,
      strings: v8heap.strings,
      js_arrays: v8heap.jsArrays,
      typed_arrays: native.typedArrays,
      system: v8heap.system,
      other_js: v8heap.total - v8heap.code - v8heap.strings - v8heap.jsArrays - v8heap.system,
      other_native: native.total - native.typedArrays,
    },
    classes: classTable(snapshot),
  };
  if (options.filters) {
    result.filters = {};
    for (const name of FILTERS) {
      try {
        result.filters[name] = classTable(snapshot, snapshot.createNamedFilter(name));
      } catch (error) {
        result.filters[name] = { error: String(error) };
        warnings.push(`filter ${name}: ${error}`);
      }
    }
    const contexts = snapshot.getNativeContextSizes();
    result.native_contexts = {
      contexts: contexts.nativeContexts.map((c) => ({
        id: c.nodeId,
        name: c.nodeName.toWellFormed(),
        attributed_size: c.attributedSize,
        shallow_size: c.selfSize,
        retained_size: c.retainedSize,
      })),
      shared_size: contexts.sharedSize,
      no_attribution_size: contexts.noAttributionSize,
    };
  }
  if (header.trace_function_count) {
    result.allocations = snapshot.allocationTracesTops().map((top) => ({
      function_name: top.name,
      script_name: top.scriptName,
      script_id: top.scriptId,
      line: top.line,
      column: top.column,
      count: top.count,
      size: top.size,
      live_count: top.liveCount,
      live_size: top.liveSize,
    }));
  }
  if (warnings.length) result.warnings = warnings;
  const file = open(options.summary);
  file.write(`${format(result)}\n`);
  file.close();
}

/**
 * The engine keeps only one of two rows whose printed keys are the same, and so loses objects in its
 * Comparison, too. Here they are put together; all else is the engine's own.
 */
function withAllRows(snapshot) {
  snapshot.getAggregatesByClassKey = function () {
    const aggregates = Object.create(null);
    for (const [key, aggregate] of this.buildAggregates()) {
      const printed = typeof key === 'number' ? `,${this.strings[key]}` : key;
      const known = aggregates[printed];
      if (known) known.idxs = known.idxs.concat(aggregate.idxs);
      else aggregates[printed] = aggregate;
    }
    this.sortAggregateIndexes(aggregates);
    return aggregates;
  };
  return snapshot;
}

/** The Comparison view of `snapshot` against `base`. */
function dumpComparison(base, snapshot, out, warnings) {
  const aggregates = withAllRows(base).aggregatesForDiff(snapshot.interfaceDefinitions());
  const diff = withAllRows(snapshot).calculateSnapshotDiff(1, aggregates);
  const classes = Object.entries(diff).map(([key, row]) => ({
    class_key: key.toWellFormed(),
    class_name: row.name.toWellFormed(),
    new_count: row.addedCount,
    deleted_count: row.removedCount,
    count_delta: row.countDelta,
    allocated_size: row.addedSize,
    freed_size: row.removedSize,
    size_delta: row.sizeDelta,
  }));
  const bytes = new Map(classes.map((row) => [row, Buffer.from(row.class_key)]));
  classes.sort((a, b) => Buffer.compare(bytes.get(a), bytes.get(b)));
  const file = open(out);
  file.write(`${format(warnings.length ? { classes, warnings } : { classes })}\n`);
  file.close();
}

/** JSON with one table row per line: short, and good to diff. */
function format(value, indent = '') {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return value.length ? `[\n${value.map((v) => inner + JSON.stringify(v)).join(',\n')}\n${indent}]` : '[]';
  }
  if (value && typeof value === 'object') {
    return `{\n${Object.entries(value).map(([k, v]) => `${inner}${JSON.stringify(k)}: ${format(v, inner)}`).join(',\n')}\n${indent}}`;
  }
  return JSON.stringify(value);
}

if (!isMainThread && workerData?.enginePath) {
  await (workerData.role === 'second' ? secondWorker(workerData) : engineWorker(workerData));
} else if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
