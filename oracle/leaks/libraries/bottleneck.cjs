exports.expect = { library: 'bottleneck' };
const Bottleneck = require('bottleneck');
const limiter = new Bottleneck({ maxConcurrent: 1 });
limiter.schedule(() => new Promise(() => {}));
exports.step = (n) => { const job = { n, text: `job ${n}` }; limiter.schedule(async () => job.n); };
