exports.expect = { library: 'swig' };
const swig = require('swig');
exports.step = (n) => { swig.compile('Hello {{ name }}', { filename: `/mail/${n}.html` }); };
