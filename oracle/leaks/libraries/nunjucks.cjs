exports.expect = { library: 'nunjucks' };
const nunjucks = require('nunjucks');
const Texts = nunjucks.Loader.extend({ getSource: (name) => ({ src: `Hello {{ a }} ${name}`, path: name, noCache: false }) });
const environment = new nunjucks.Environment(new Texts());
exports.step = (n) => environment.render(`user-${n}.html`, { a: 1 });
