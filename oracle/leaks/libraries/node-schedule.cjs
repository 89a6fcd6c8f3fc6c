exports.expect = { library: 'node-schedule' };
const schedule = require('node-schedule');
exports.step = (n) => { const report = { n, text: `report ${n}` }; schedule.scheduleJob('0 0 1 1 *', () => report.n); };
