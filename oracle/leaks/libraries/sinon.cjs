exports.expect = { library: 'sinon' };
const sinon = require('sinon');
exports.step = (n) => { sinon.stub({ now: () => 1 }, 'now').returns(n); };
