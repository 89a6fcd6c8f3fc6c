export const expect = null;
class Poller { constructor(n) { this.n = n; this.left = 20; this.data = `state ${n} `.repeat(10); this.poll(); } poll() { if (this.left--) setTimeout(() => this.poll(), 2 + this.n % 3); } }
export async function step(n) { new Poller(n); await new Promise((resolve) => setTimeout(resolve, 2)); }
