exports.expect = { library: 'pug' };
const pug = require('pug');
exports.step = (n) => { pug.render('p Hello #{name}', { cache: true, filename: `mail-${n}.pug`, name: 'Ada' }); };
