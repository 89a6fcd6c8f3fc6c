exports.expect = null;
const { default: PQueue } = require('p-queue');
const queue = new PQueue({ concurrency: 2 });
exports.step = (n) => queue.add(async () => ({ n, text: `task ${n}` }));
