exports.expect = { library: 'moment' };
const moment = require('moment');
exports.step = (n) => moment(1e12 + n).format(`YYYY-MM-DD [order ${n}]`);
