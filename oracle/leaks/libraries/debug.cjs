// Up to 4.2 every logger was kept; later ones keep none.
exports.expect = { library: 'debug' };
const createDebug = require('debug');
exports.step = (n) => createDebug(`app:request:${n}`)('begin');
