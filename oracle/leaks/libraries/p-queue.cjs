exports.expect = { library: 'p-queue' };
const { default: PQueue } = require('p-queue');
const queue = new PQueue({ concurrency: 1 });
queue.add(() => new Promise(() => {}));
exports.step = (n) => { const task = { n, text: `task ${n}` }; queue.add(async () => task.n); };
