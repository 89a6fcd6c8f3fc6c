export const expect = { kind: 'growing_array', path: /latencies/ };
const stats = { latencies: [] };
export function step(n) { for (let k = 0; k < 20; k++) stats.latencies.push(n * 1000 + k); }
