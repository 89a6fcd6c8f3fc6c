'use strict';
// The heap of a busy server, in any size: requests, sessions, orders, trees with parent pointers,
// caches, listeners, queues, strings. Deterministic.
//
//   node big.js UNITS FILE       (one unit is about 1,000 nodes)
//   node big.js --strings MEGABYTES FILE   long distinct strings, for a large strings section

const EventEmitter = require('events');
const v8 = require('v8');

let state = 12345;
function random(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}
const WORDS = 'alpha beta gamma delta order session user cart item token route cache index value list queue'.split(' ');
const word = () => WORDS[random(WORDS.length)];
// Joined, so that a flat string results; plus the kinds that stay concatenated or sliced.
const text = (i) => [word(), word(), i, random(1e6)].join('-');
const joined = (i) => word() + ' and more ' + i;

class User {
  constructor(i) {
    this.id = i;
    this.name = text(i);
    this.email = text(i) + '@example.org';
    this.score = random(1000) / 7;
    this.roles = ['reader', random(2) ? 'writer' : 'guest'];
    this.friends = [];
  }
}
class Session {
  constructor(user, i) {
    this.user = user;
    this.token = text(i);
    this.started = new Date(1.7e12 + i);
    this.values = new Map([['theme', 'dark'], ['lang', word()], ['last', text(i)]]);
  }
}
class Item {
  constructor(order, product, n) {
    this.order = order;
    this.product = product;
    this.quantity = n;
    this.price = random(10000) / 100;
  }
}
class Order {
  constructor(user, products, i) {
    this.user = user;
    this.number = i;
    this.items = [];
    for (let n = 1 + random(6); n > 0; n--) this.items.push(new Item(this, products[random(products.length)], n));
    this.note = random(3) ? null : joined(i);
  }
}
class Element {
  constructor(parent, depth) {
    this.parent = parent;
    this.tag = word();
    this.attributes = { id: text(depth), class: word(), hidden: false };
    this.children = [];
    if (depth > 0) for (let n = 1 + random(3); n > 0; n--) this.children.push(new Element(this, depth - 1));
  }
}
class CacheEntry {
  constructor(key, value) {
    this.key = key;
    this.value = value;
    this.newer = null;
    this.older = null;
  }
}
class Cache {
  constructor() {
    this.map = new Map();
    this.newest = null;
  }
  set(key, value) {
    const entry = new CacheEntry(key, value);
    entry.older = this.newest;
    if (this.newest) this.newest.newer = entry;
    this.newest = entry;
    this.map.set(key, entry);
  }
}

const app = (global.app = {
  users: [], sessions: new Map(), orders: [], pages: [], cache: new Cache(), bus: new EventEmitter(), jobs: null,
  metrics: {}, tasks: [], seen: new Set(), meta: new WeakMap(), requests: [],
});
app.bus.setMaxListeners(0);
app.products = Array.from({ length: 500 }, (_, i) => ({ sku: 'SKU-' + i, title: text(i), tags: [word(), word()] }));

async function task(order, label) {
  const context = { order, label, steps: [] };
  await new Promise((resolve) => context.steps.push(resolve));
  return context;
}

function unit(u) {
  for (let i = 0; i < 4; i++) {
    const user = new User(u * 4 + i);
    app.users.push(user);
    if (app.users.length > 10) for (let n = random(4); n > 0; n--) user.friends.push(app.users[random(app.users.length)]);
    const session = new Session(user, u * 4 + i);
    app.sessions.set(session.token, session);
    app.meta.set(user, { visits: random(100), from: word() });
    const order = new Order(user, app.products, u * 4 + i);
    app.orders.push(order);
    if (i === 0) app.tasks.push(task(order, text(i)));
    app.seen.add(user);
    app.bus.on(word(), function onEvent() { return session; });
    app.requests.push({
      method: 'GET', url: '/' + text(i), user, session, timings: [random(100) / 3, random(100) / 3, random(100)],
      headers: { host: 'example.org', accept: '*/*', cookie: text(i), agent: word() },
      body: i === 3 ? { nested: { deep: { value: text(i) } }, list: [{ a: {} }, { a: {} }] } : undefined,
      done: () => order,
    });
  }
  if (u % 3 === 0) app.pages.push(new Element(null, 4));
  for (let i = 0; i < 20; i++) app.cache.set(text(i), { at: u, hits: random(50), body: { html: text(i), tags: [word()] } });
  for (let i = 0; i < 10; i++) app.jobs = { next: app.jobs, run: u + i, name: joined(i) };
  for (let i = 0; i < 5; i++) app.metrics[text(u)] = [random(100) / 9, { count: random(5) }];
  if (u % 50 === 0) app.requests.push({ upload: Buffer.alloc(1000 + random(9000)), view: new Float64Array(100) });
}

const args = process.argv.slice(2);
if (args[0] === '--strings') {
  const bytes = Number(args[1]) * 1e6;
  const kept = (app.kept = []);
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  // What a snapshot keeps of a string are its first 1,024 characters; every 100th takes six bytes for each.
  for (let size = 0, i = 0; size < bytes; i++) {
    if (i % 100 === 0) {
      kept.push([i, '\u0434\u043e\u043b\u0433\u0430\u044f '.repeat(150)].join(' '));
      size += 5900;
    } else {
      const part = letters.slice(i % 36) + letters;
      kept.push([i, part.repeat(30).slice(0, 1010)].join(' '));
      size += 1020;
    }
  }
} else {
  for (let u = 0; u < Number(args[0]); u++) unit(u);
}
const built = process.memoryUsage();
v8.writeHeapSnapshot(args[args.length - 1]);
console.log(JSON.stringify({
  heap_used_before: built.heapUsed, rss_before: built.rss, peak_rss: process.resourceUsage().maxRSS * 1024,
}));
process.exit(0);
