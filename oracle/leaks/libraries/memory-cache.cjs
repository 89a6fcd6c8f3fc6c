exports.expect = { library: 'memory-cache' };
const cache = require('memory-cache');
exports.step = (n) => { cache.put(`key ${n}`, { n, text: `value ${n}` }); };
