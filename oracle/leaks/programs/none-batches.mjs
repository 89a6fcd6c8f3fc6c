export const expect = null;
let batch = [];
export function step(n) { batch.push({ n, text: `row ${n}`.repeat(10) }); if (batch.length >= 130) batch = []; }
