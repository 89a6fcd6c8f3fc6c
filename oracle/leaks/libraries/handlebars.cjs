exports.expect = { library: 'handlebars' };
const Handlebars = require('handlebars');
exports.step = (n) => Handlebars.registerPartial(`partial${n}`, Handlebars.compile(`hello {{name}} ${n}`));
