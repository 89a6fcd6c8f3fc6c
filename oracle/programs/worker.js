class Session {
  constructor(i) {
    this.id = i;
    this.user = 'user-' + i;
    this.data = { cart: [i, { sku: 'SKU-' + i }] };
  }
}
const cache = new Map();
for (let i = 0; i < 1234; i++) cache.set('sess:' + i, new Session(i));
globalThis.app = { cache };
export default {
  fetch() {
    return new Response(String(cache.size));
  },
};
