exports.expect = { library: 'lokijs' };
const Loki = require('lokijs');
const users = new Loki('users').addCollection('users');
exports.step = (n) => { users.addDynamicView(`view ${n}`).applyFind({ n }); };
