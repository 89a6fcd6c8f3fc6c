exports.expect = { library: 'tapable' };
const { SyncHook } = require('tapable');
const done = new SyncHook(['stats']);
exports.step = (n) => { done.tap(`build ${n}`, () => n); done.call(n); };
