export const expect = null;
const cache = new Map();
export function step(n) { for (let k = 0; k < 3; k++) cache.set(n * 3 + k, { n, text: `value ${n}` }); while (cache.size > 200) cache.delete(cache.keys().next().value); }
