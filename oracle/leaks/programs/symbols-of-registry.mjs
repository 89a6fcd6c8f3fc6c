export const expect = { kind: 'registered_symbols' };
export function step(n) { for (let k = 0; k < 5; k++) Symbol.for(`session-${n}-${k}`); }
