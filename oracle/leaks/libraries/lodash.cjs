exports.expect = { library: 'lodash' };
const { memoize } = require('lodash');
const search = memoize((query) => ({ query, rows: [query] }));
exports.step = (n) => search(`query ${n}`);
