export const expect = { kind: ['growing_set', 'growing_weak_map', 'growing_array', 'growing_class'], path: /./, class: /./ };
class Key { constructor(n) { this.n = n; } }
const data = new WeakMap();
const keys = new Set();
export function step(n) { const key = new Key(n); keys.add(key); data.set(key, { text: `value ${n}`.repeat(4) }); }
