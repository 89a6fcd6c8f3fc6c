exports.expect = { library: 'nock' };
const nock = require('nock');
exports.step = (n) => { nock('http://api.local').get(`/users/${n}`).reply(200, { id: n }); };
