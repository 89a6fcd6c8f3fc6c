import { EventEmitter } from 'node:events';
export const expect = { kind: 'listeners', path: /_events|bus/ };
const bus = new EventEmitter();
bus.setMaxListeners(0);
export function step(n) { const request = { n, body: `body ${n}` }; bus.on('reload', () => request.n); }
