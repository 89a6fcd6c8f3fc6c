export const expect = null;
const table = {};
for (let k = 0; k < 600; k++) table[k] = new Function('x', `const a = x + ${k}; function inner(y) { return y * a; } return inner(${k});`);
export function step(n) { return table[n % 600](n); }
