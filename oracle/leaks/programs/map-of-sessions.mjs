export const expect = { kind: 'growing_map', path: /sessions/, class: /Session/ };
class Session { constructor(id) { this.id = id; this.user = { name: `user ${id}` }; } }
class Store { constructor() { this.sessions = new Map(); } open(id) { this.sessions.set(id, new Session(id)); } }
const store = new Store();
export function step(n) { store.open(`s${n}`); }
