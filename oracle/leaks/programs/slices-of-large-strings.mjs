export const expect = { kind: ['sliced_strings', 'growing_array'], path: /tokens/ };
const tokens = [];
export function step(n) { const page = `${n}:${Math.random()}`.padEnd(5000, 'abcdefgh'); tokens.push(page.slice(0, 20)); }
