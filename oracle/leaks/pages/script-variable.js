const expect = { kind: 'growing_array', path: /^script → variable journal/, class: /^Entry$/ };
const journal = [];
class Entry {
  constructor(n) { this.n = n; this.text = `opened page ${n}`; }
}
function step(n) { journal.push(new Entry(n)); }
