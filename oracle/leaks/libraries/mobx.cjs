exports.expect = { library: 'mobx' };
const { autorun, observable } = require('mobx');
const state = observable({ value: 0 });
exports.step = (n) => { const view = { n, text: `view ${n}` }; autorun(() => [state.value, view.n]); };
