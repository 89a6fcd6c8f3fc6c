export const expect = { kind: 'growing_object', path: /byUrl/ };
class Router { constructor() { this.byUrl = {}; } seen(url) { this.byUrl[url] = { url, hits: 1, at: new Date(0) }; } }
const router = new Router();
export function step(n) { router.seen(`/item/${n}?q=${n * 7}`); }
