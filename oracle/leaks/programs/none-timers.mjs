export const expect = null;
const timers = [];
export function step(n) { timers.push(setTimeout(() => {}, 1e6)); if (timers.length > 40) clearTimeout(timers.shift()); }
