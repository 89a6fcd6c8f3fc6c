export const expect = { kind: ['promises', 'growing_map'], path: /waiting/ };
class Broker { constructor() { this.waiting = new Map(); } ask(id) { return new Promise((resolve) => this.waiting.set(id, resolve)); } }
const broker = new Broker();
async function request(n) { const state = { n, text: `request ${n}` }; await broker.ask(n); return state.text; }
export function step(n) { request(n); }
