// What a healthy server does to its heap, in more bytes than most leaks take.

class CacheEntry {
  constructor(n) {
    this.key = `entry ${n}`;
    this.body = `body of ${n} `.repeat(20);
    this.at = { n, seen: [n] };
  }
}

// Fills to its bound between the first two snapshots.
const warming = new Map();
// Full from the start, and turns over.
const lru = new Map();
// Filled once.
let table;
// Reused.
const pool = Array.from({ length: 200 }, (_, n) => ({ n, buffer: Buffer.alloc(512), busy: false }));
const recent = [];
let functions = [];

export function noise(n) {
  if (warming.size < 350) warming.set(n, new CacheEntry(n));
  for (let k = 0; k < 5; k++) {
    lru.set(n * 5 + k, new CacheEntry(n));
    if (lru.size > 400) lru.delete(lru.keys().next().value);
  }
  if (n === 120) table = Array.from({ length: 4000 }, (_, k) => ({ k, text: `row ${k} of the table` }));
  recent[n % 64] = { n, stack: new Error('sample').stack };
  const slot = pool[n % pool.length];
  slot.busy = !slot.busy;
  slot.last = JSON.parse(JSON.stringify({ n, list: [n, n + 1], text: 'x'.repeat(50) }));
  // Functions that are compiled late, and some that are thrown away.
  if (n % 40 === 0) functions = [new Function('a', `return a + ${n}`), new Function('b', `return b * ${n}`)];
  for (const f of functions) f(n);
  return table && table.length;
}
