export const expect = [{ kind: 'growing_array', path: /errors/ }, { kind: 'growing_map', path: /users/ }];
class User { constructor(n) { this.n = n; this.mail = `u${n}@example.org`; } }
const app = { errors: [], users: new Map() };
export function step(n) { app.errors.push({ message: `failed ${n}`, code: n }); app.users.set(n, new User(n)); }
