exports.expect = { library: 'log4js' };
const log4js = require('log4js');
log4js.configure({ appenders: { all: { type: 'recording' } }, categories: { default: { appenders: ['all'], level: 'off' } } });
exports.step = (n) => { log4js.getLogger(`request.${n}`).level = 'warn'; };
