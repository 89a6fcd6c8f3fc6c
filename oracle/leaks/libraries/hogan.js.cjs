exports.expect = { library: 'hogan.js' };
const hogan = require('hogan.js');
exports.step = (n) => { hogan.compile(`Hello {{name}}, number ${n}`).render({ name: 'Ada' }); };
