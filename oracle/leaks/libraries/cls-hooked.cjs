exports.expect = { library: 'cls-hooked' };
const { createNamespace } = require('cls-hooked');
const requests = createNamespace('requests');
const waiting = [];
exports.step = (n) => requests.run(() => {
  requests.set('request', { n, text: `request ${n}` });
  waiting.push(new Promise(() => {}));
});
