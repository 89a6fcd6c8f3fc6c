export const expect = null;
const table = new Map();
export function step(n) { if (n < 380) table.set(n, { n, rows: Array.from({ length: 20 }, (_, k) => `cell ${n} ${k}`) }); }
