exports.expect = { library: 'async' };
const { queue } = require('async');
const tasks = queue(() => {}, 1);
exports.step = (n) => { tasks.push({ n, text: `task ${n}` }); };
