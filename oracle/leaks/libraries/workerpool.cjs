exports.expect = { library: 'workerpool' };
const workerpool = require('workerpool');
const pool = workerpool.pool({ maxWorkers: 1 });
exports.init = () => { pool.exec(() => new Promise(() => {})).catch(() => {}); };
exports.step = (n) => { pool.exec((value) => value, [n]).catch(() => {}); };
