exports.expect = { library: 'lru-cache' };
const LRU = require('lru-cache');
const cache = new LRU({ max: 1e6 });
exports.step = (n) => { cache.set(`key ${n}`, { n, text: `value ${n}` }); };
