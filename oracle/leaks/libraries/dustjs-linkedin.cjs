exports.expect = { library: 'dustjs-linkedin' };
const dust = require('dustjs-linkedin');
exports.step = (n) => { dust.loadSource(dust.compile('Hello {name}', `mail ${n}`)); };
