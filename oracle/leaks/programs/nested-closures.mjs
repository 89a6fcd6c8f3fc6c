export const expect = { kind: ['growing_array', 'closure_context'], path: /handlers/ };
const handlers = [];
function subscribe(n) { const big = Array.from({ length: 20 }, (_, k) => `${n}-${k}`); return () => big.length; }
export function step(n) { handlers.push(subscribe(n)); }
