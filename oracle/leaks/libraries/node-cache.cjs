exports.expect = { library: 'node-cache' };
const NodeCache = require('node-cache');
const cache = new NodeCache({ stdTTL: 0, checkperiod: 0 });
exports.step = (n) => cache.set(`key ${n}`, { n, text: `value ${n}` });
