exports.expect = { library: 'mem' };
const mem = require('mem');
const load = mem((key) => ({ key, body: `body of ${key}` }), { maxAge: 5 });
exports.step = (n) => { load(`user ${n}`); };
