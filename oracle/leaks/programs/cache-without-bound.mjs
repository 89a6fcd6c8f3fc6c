export const expect = { kind: ['cache', 'growing_map'], path: /cache/ };
class TemplateCache { constructor() { this.cache = new Map(); } render(t) { let hit = this.cache.get(t); if (!hit) { hit = { source: t, parts: t.split(' ') }; this.cache.set(t, hit); } return hit; } }
const templates = new TemplateCache();
export function step(n) { templates.render(`hello user number ${n} of the shop`); templates.render('fixed template text'); }
