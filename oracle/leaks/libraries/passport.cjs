exports.expect = { library: 'passport' };
const { Passport } = require('passport');
const passport = new Passport();
exports.step = (n) => { passport.use(`tenant ${n}`, { name: 'tenant', secret: `secret ${n}`, authenticate() {} }); };
