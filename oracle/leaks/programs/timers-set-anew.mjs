// Each timer sets the next one, so that none is old: what they call is.
export const expect = { kind: 'timers', class: /Timeout/ };
class Poller { constructor(n) { this.n = n; this.data = `state ${n} `.repeat(10); this.poll(); } poll() { setTimeout(() => this.poll(), 5 + this.n % 3); } }
export function step(n) { if (n % 3 === 0) new Poller(n); }
