exports.expect = { library: 'mustache' };
const Mustache = require('mustache');
exports.step = (n) => Mustache.render(`Hello user ${n}, your {{item}} is ready`, { item: 'box' });
