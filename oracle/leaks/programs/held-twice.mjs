export const expect = { kind: ['growing_array', 'growing_map', 'growing_class', 'closure_context', 'growing_object'], path: /./, class: /Order/ };
class Order { constructor(n) { this.n = n; this.lines = [`line of ${n}`]; } }
const all = [];
const byNumber = new Map();
export function step(n) { const order = new Order(n); all.push(order); byNumber.set(n, order); }
