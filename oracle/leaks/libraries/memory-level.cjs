exports.expect = { library: 'memory-level' };
const { MemoryLevel } = require('memory-level');
const database = new MemoryLevel();
exports.step = (n) => database.iterator({ gt: `key ${n}` }).next();
