'use strict';
// A program whose heap holds one of (nearly) everything, in known quantities. Runs on Node 12 and
// newer, in a worker thread, and (the parts that need no Node module) elsewhere.
//
//   node mixed.js write FILE   build the heap, write a snapshot, exit
//   node mixed.js wait         build the heap, print "ready", stay alive (inspector, signals)
//   node mixed.js worker FILE  build the heap in a worker thread, write that thread's snapshot

const EventEmitter = require('events');
const v8 = require('v8');

class Session {
  constructor(i) {
    this.id = i;
    this.user = 'user-' + (i % 97);
    this.createdAt = 1700000000000 + i * 1.5;
    this.data = { cart: [i, i + 1, { sku: 'SKU-' + (i % 50), qty: i % 7 }], flags: i % 2 === 0 };
    this.buffer = i % 10 === 0 ? Buffer.alloc(256, i) : null;
  }
}
class AdminSession extends Session {
  constructor(i) {
    super(i);
    this.role = 'admin';
  }
}
class TreeNode {
  constructor(parent, depth) {
    this.parent = parent;
    this.depth = depth;
    this.children = [];
  }
}
class Counter {
  #value = 0;
  static created = 0;
  constructor() {
    Counter.created++;
  }
  get value() {
    return this.#value;
  }
}

function tree(parent, depth, fan) {
  const node = new TreeNode(parent, depth);
  if (depth > 0) for (let i = 0; i < fan; i++) node.children.push(tree(node, depth - 1, fan));
  return node;
}

function makeClosures(n) {
  const out = [];
  for (let i = 0; i < n; i++) {
    const captured = { index: i, pad: new Array(4).fill(i) };
    out.push(function handler() {
      return captured.index + i;
    });
  }
  return out;
}

function holdArray() {
  const held = [];
  for (let i = 0; i < 5000; i++) held.push({ at: i, text: 'held ' + i });
  return function size() {
    return held.length;
  };
}

function* numbers(limit) {
  const scratch = { seen: 0 };
  for (let i = 0; i < limit; i++) {
    scratch.seen = i;
    yield scratch;
  }
}

async function forever(token) {
  const local = { token, big: new Array(100).fill(token) };
  await new Promise(() => {});
  return local;
}

function build(root) {
  const app = (root.app = {});

  // The route cache: the leak that the documentation tells about.
  app.routes = { cache: new Map(), list: [] };
  for (let i = 0; i < 1234; i++) app.routes.cache.set('sess:' + i, new Session(i));
  for (let i = 0; i < 20; i++) app.routes.list.push({ path: '/r/' + i, handler() {}, admin: new AdminSession(i) });

  app.counters = Array.from({ length: 100 }, () => new Counter());
  app.tree = tree(null, 6, 4);
  app.closures = makeClosures(2000);
  app.size = holdArray();

  // Plain objects of several shapes, some with names that need quoting.
  app.shapes = [];
  for (let i = 0; i < 3000; i++) app.shapes.push({ x: { v: i }, y: 'y' + (i % 3) });
  for (let i = 0; i < 1000; i++) app.shapes.push({ name: 'n' + i, value: [i] });
  for (let i = 0; i < 500; i++) app.shapes.push({ name: 'n' + i, value: [i], extra: {} });
  for (let i = 0; i < 300; i++) app.shapes.push({ 'a, b': {}, 'it\'s': 's', '"quoted"': [], '{brace}': 'b' });
  for (let i = 0; i < 200; i++) app.shapes.push({ 'new\nline': 'l', '\u043a\u043b\u044e\u0447': 'k', '\u{1F600}': 'e', '\ud800lone': 'u' });
  for (let i = 0; i < 50; i++) app.shapes.push({ ['once' + i]: 'only ' + i });
  const wide = {};
  for (let i = 0; i < 300; i++) wide['property_' + i] = 'value ' + i;
  app.wide = [wide, Object.assign({}, wide), Object.assign({}, wide)];
  const dictionary = Object.create(null);
  for (let i = 0; i < 2000; i++) dictionary['key ' + i] = { i };
  app.dictionary = dictionary;
  app.functionProto = Array.from({ length: 10 }, () => Object.create(Function.prototype));
  app.frozen = Object.freeze({ frozen: Object.freeze(['a', 'b']) });
  app.accessors = { get computed() { return 1; }, set computed(v) {} };
  app.proxy = new Proxy({ target: 'yes' }, { get: () => 1 });

  app.sets = [new Set(['a', 'b', 'c']), new Set(app.shapes.slice(0, 500))];
  app.nestedMaps = new Map([['outer', new Map([['inner', new Map([['leaf', {}]])]])]]);
  app.weakKeys = app.shapes.slice(0, 200);
  app.weakMap = new WeakMap();
  app.weakKeys.forEach((k, i) => app.weakMap.set(k, { weakValue: i, heavy: new Array(20).fill(i) }));
  app.weakSet = new WeakSet(app.weakKeys);
  if (typeof WeakRef !== 'undefined') {
    app.weakRefs = app.weakKeys.slice(0, 10).map((k) => new WeakRef(k));
    app.registry = new FinalizationRegistry(() => {});
    app.registry.register(app.weakKeys[0], { held: 'value' });
  }

  app.arrays = {
    smi: Array.from({ length: 1000 }, (_, i) => i),
    doubles: Array.from({ length: 1000 }, (_, i) => i + 0.5),
    mixed: [1, 'two', 3.25, null, undefined, { four: 4 }, [5], Symbol('six'), BigInt(7)],
    holey: Object.assign(new Array(100), { 3: 'x', 77: {} }),
    sparse: Object.assign([], { 1000000: 'far' }),
    nested: [[[[['deep']]]]],
  };
  app.arguments = (function () { return arguments; })(1, 'b', {});
  app.typed = [new Uint8Array(10000), new Float64Array(1000), new Int32Array(new ArrayBuffer(4096), 8, 16),
    new BigUint64Array(10), new DataView(new ArrayBuffer(64)), new Uint8Array(4)];
  if (typeof SharedArrayBuffer !== 'undefined') app.shared = new SharedArrayBuffer(2048);
  if (typeof Buffer !== 'undefined') app.buffers = [Buffer.alloc(100000), Buffer.from('small'), Buffer.from('sliced').slice(1, 3)];

  const base = 'abcdefghijklmnopqrstuvwxyz'.repeat(100);
  let cons = '';
  for (let i = 0; i < 200; i++) cons += 'part ' + i + ';';
  let deepCons = 'start of a string that is joined by many steps ';
  for (let i = 0; i < 2000; i++) deepCons = deepCons + 'x' + i;
  const flattened = 'flattened ' + base + cons;
  flattened.charCodeAt(3);
  app.strings = {
    sliced: Array.from({ length: 50 }, (_, i) => base.slice(i, i + 100)),
    cons,
    deepCons,
    flattened,
    twoByte: '\u0433\u0435\u0430\u043f\u0433\u043b\u0430\u0441\u0441 '.repeat(20) + Math.random(),
    emoji: 'smile \u{1F600} ' + Math.random(),
    lone: 'lone \ud800 surrogate \udc00 ' + Math.random(),
    control: 'tab\t quote" back\\ nul\u0000 ' + Math.random(),
    long: ('0123456789'.repeat(500) + Math.random()).split('').join(''),
    duplicates: Array.from({ length: 300 }, (_, i) => ['duplicate', 'string', String(i % 3)].join(' ')),
    truncatedTwins: [0, 0, 1].map((n) => ['z'.repeat(2000), n].join('')),
    // Long enough that Node hands the bytes to V8 as an external string.
    external: typeof Buffer !== 'undefined'
      ? [Buffer.alloc(1500000, 'e').toString('latin1'), Buffer.alloc(2400000, 'u').toString('utf16le')] : [],
  };
  app.symbols = [Symbol('local'), Symbol.for('registered'), { [Symbol('key')]: 'by symbol' }];
  app.bigints = [BigInt(1) << BigInt(2000), BigInt(-5)];
  app.regexps = [/plain/g, /(?<year>\d{4})-(?<month>\d\d)/u, new RegExp('x'.repeat(50))];
  app.regexps.forEach((r) => r.exec('plain 2024-01 ' + base));
  app.dates = [new Date(0), new Date(1e12)];
  app.errors = [new Error('plain'), new TypeError('typed'), (function nested() { return new RangeError('nested'); })()];
  app.numbers = { pi: 3.14159, int: 42, negative: -1, big: 1e300, nan: NaN };

  app.generators = [numbers(10), numbers(20)];
  app.generators.forEach((g) => g.next());
  app.promises = [Promise.resolve({ ok: 1 }), new Promise(() => {}), forever({ wait: 1 }), forever({ wait: 2 })];
  const rejected = Promise.reject(new Error('handled later'));
  rejected.catch(() => {});
  app.promises.push(rejected);

  app.emitter = new EventEmitter();
  app.emitter.setMaxListeners(0);
  for (let i = 0; i < 500; i++) {
    const listenerData = { listener: i };
    app.emitter.on('tick', () => listenerData);
  }
  app.timers = [setInterval(() => app.size(), 1e8), setTimeout(() => {}, 1e8)];

  const a = { cycle: 'a' };
  const b = { cycle: 'b', a };
  a.b = b;
  app.cycle = a;
  app.self = {};
  app.self.self = app.self;

  let list = null;
  for (let i = 0; i < 100000; i++) list = { next: list };
  app.list = list;
  return app;
}

module.exports = { build, Session };

if (require.main === module) {
  const [mode, file] = process.argv.slice(2);
  if (mode === 'worker') {
    const { Worker } = require('worker_threads');
    const worker = new Worker(
      'const w=require("worker_threads");const e=require(' + JSON.stringify(__filename) + ');e.build(globalThis);w.parentPort.on("message",()=>{});w.parentPort.postMessage("ready")',
      { eval: true });
    worker.on('message', async () => {
      const out = require('fs').createWriteStream(file);
      (await worker.getHeapSnapshot()).pipe(out).on('finish', () => process.exit(0));
    });
  } else {
    build(global);
    if (mode === 'write') {
      v8.writeHeapSnapshot(file);
      process.exit(0);
    }
    setInterval(() => {}, 1e6);
    console.log('ready');
  }
}
