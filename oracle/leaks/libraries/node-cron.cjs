exports.expect = { library: 'node-cron' };
const cron = require('node-cron');
exports.step = (n) => { cron.schedule('0 0 1 1 *', () => n, { scheduled: false }); };
