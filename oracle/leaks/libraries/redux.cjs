exports.expect = { library: 'redux' };
const { legacy_createStore } = require('redux');
const store = legacy_createStore((state = 0) => state);
exports.step = (n) => { const view = { n, text: `view ${n}` }; store.subscribe(() => view.n); };
