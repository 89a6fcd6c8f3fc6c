export const expect = { kind: ['listeners', 'linked_list', 'growing_map', 'growing_class', 'growing_object'], path: /./ };
const shutdown = new AbortController();
export function step(n) { const request = { n, text: `request ${n}` }; shutdown.signal.addEventListener('abort', () => request.n); }
