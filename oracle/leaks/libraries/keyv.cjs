exports.expect = { library: 'keyv' };
const { default: Keyv } = require('keyv');
const store = new Keyv();
exports.step = (n) => store.set(`key ${n}`, { n });
