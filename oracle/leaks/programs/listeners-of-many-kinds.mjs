import { EventEmitter } from 'node:events';
export const expect = { kind: ['listeners', 'growing_object'], path: /_events|process/ };
class Watcher { constructor(n) { this.n = n; this.state = `state ${n}`; } changed() { return this.n; } }
const bus = new EventEmitter();
bus.setMaxListeners(0);
export function step(n) { const w = new Watcher(n); bus.on(`change-${n}`, w.changed.bind(w)); }
