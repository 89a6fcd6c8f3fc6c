exports.expect = { library: 'twig' };
const { twig } = require('twig');
exports.step = (n) => { twig({ id: `mail ${n}`, data: 'Hello {{ name }}' }); };
