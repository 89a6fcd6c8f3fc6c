exports.expect = { library: 'express-rate-limit' };
const limit = require('express-rate-limit');
const response = { setHeader() {} };
exports.step = (n) => new Promise((resolve) => limit({ windowMs: 60000 })({ ip: `10.0.0.${n}` }, response, resolve));
