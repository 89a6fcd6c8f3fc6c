export const expect = { kind: 'growing_array', path: /leakedRequests/ };
globalThis.leakedRequests = [];
export function step(n) { globalThis.leakedRequests.push({ url: `/r/${n}`, headers: { host: 'example.org', n } }); }
