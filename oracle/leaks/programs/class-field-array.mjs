export const expect = { kind: 'growing_array', path: /pending/ };
class Job { constructor(n) { this.n = n; this.payload = { text: `job ${n}` }; this.done = true; } }
class Queue { #x = 1; constructor() { this.pending = []; } add(job) { this.pending.push(job); return this.#x; } }
class App { constructor() { this.services = { queue: new Queue() }; } }
const app = new App();
export function step(n) { app.services.queue.add(new Job(n)); }
