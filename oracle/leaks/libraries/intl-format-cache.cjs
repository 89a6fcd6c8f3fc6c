exports.expect = { library: 'intl-format-cache' };
const { default: create } = require('intl-format-cache');
const format = create(require('intl-messageformat'));
exports.step = (n) => { format(`Order ${n}`, 'en'); };
