exports.expect = { library: 'rxjs' };
const { Subject } = require('rxjs');
const bus = new Subject();
exports.step = (n) => { const request = { n, text: `request ${n}` }; bus.subscribe(() => request.n); };
