exports.expect = { library: 'ejs' };
const ejs = require('ejs');
exports.step = (n) => ejs.render(`hello <%= n %> ${n}`, { n }, { cache: true, filename: `/views/${n}.ejs` });
