export const expect = { kind: 'growing_set', path: /open/, class: /Connection/ };
class Connection { constructor(n) { this.n = n; this.log = [`opened ${n}`]; } close() { this.closed = true; } }
const hub = { open: new Set() };
export function step(n) { const c = new Connection(n); hub.open.add(c); c.close(); }
