exports.expect = { library: 'memoizee' };
const memoize = require('memoizee');
const search = memoize((query) => ({ query, rows: [query] }));
exports.step = (n) => search(`query ${n}`);
