export const expect = { kind: 'growing_array', path: /audit|history/, class: /Record/ };
class Record { constructor(n) { this.n = n; this.text = `request ${n}`; } }
const history = [];
export function step(n) { history.push(new Record(n)); }
