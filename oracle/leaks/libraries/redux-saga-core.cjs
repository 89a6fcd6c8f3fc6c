exports.expect = { library: '@redux-saga/core' };
const { runSaga, stdChannel } = require('redux-saga');
const { take } = require('redux-saga/effects');
const channel = stdChannel();
function* wait(n) { yield take(`done ${n}`); }
exports.step = (n) => { runSaga({ channel, dispatch() {}, getState() {} }, wait, n); };
