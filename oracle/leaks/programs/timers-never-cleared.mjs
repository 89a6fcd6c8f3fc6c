export const expect = { kind: 'timers', path: /./ };
class Poller { constructor(n) { this.n = n; this.data = `state ${n}`; setInterval(() => this.tick(), 1e6 + n); } tick() { this.n++; } }
export function step(n) { if (n % 3 === 0) new Poller(n); }
