export const expect = { kind: ['cache', 'growing_map'], path: /cache/ };
function memoize(f) { const cache = new Map(); return (...args) => { const key = JSON.stringify(args); if (!cache.has(key)) cache.set(key, f(...args)); return cache.get(key); }; }
const area = memoize((w, h) => ({ w, h, area: w * h }));
export function step(n) { area(n, n + 1); area(2, 3); }
