export const expect = { kind: 'linked_list', path: /head|journal/ };
class Link { constructor(n, next) { this.n = n; this.text = `line ${n}`; this.next = next; } }
const journal = { head: null };
export function step(n) { journal.head = new Link(n, journal.head); }
