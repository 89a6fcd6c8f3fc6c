export const expect = { kind: ['buffers', 'growing_array'], path: /uploads/ };
const state = { uploads: [] };
export function step(n) { if (n % 3 === 0) state.uploads.push(Buffer.alloc(20000, n)); }
