export const expect = { kind: ['growing_map', 'growing_array', 'growing_object', 'growing_class'], path: /byTenant/ };
class Metric { constructor(n) { this.n = n; this.values = [n, n + 0.5]; } }
const byTenant = new Map();
export function step(n) { const key = `tenant ${n % 120}`; if (!byTenant.has(key)) byTenant.set(key, []); byTenant.get(key).push(new Metric(n)); }
