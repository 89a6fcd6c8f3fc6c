exports.expect = { library: 'tmp' };
const fs = require('node:fs');
const tmp = require('tmp');
exports.step = () => { fs.unlinkSync(tmp.fileSync({ discardDescriptor: true }).name); };
