export const expect = { kind: 'growing_array', path: /crashes/ };
class Crash { constructor(n) { this.n = n; this.message = `crash ${n}`; this.frames = ['a', 'b']; } }
const crashes = [];
export function step(n) { if (n % 10 === 0) crashes.push(new Crash(n)); }
