import { AsyncLocalStorage } from 'node:async_hooks';
export const expect = { kind: ['async_context', 'growing_array', 'promises', 'growing_map'], path: /./, class: /./ };
const storage = new AsyncLocalStorage();
const waiting = [];
export function step(n) { storage.run({ n, user: `user ${n}`, body: 'x'.repeat(100) + n }, () => { waiting.push(new Promise(() => {})); }); }
