export const expect = { kind: ['buffers', 'growing_map'], path: /frames/ };
const video = { frames: new Map() };
export function step(n) { if (n % 2 === 0) video.frames.set(n, new Float64Array(256)); }
