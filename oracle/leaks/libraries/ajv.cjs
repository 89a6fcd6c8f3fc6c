exports.expect = { library: 'ajv' };
const { Ajv } = require('ajv');
const ajv = new Ajv();
exports.step = (n) => ajv.compile({ type: 'object', properties: { [`field${n}`]: { type: 'number' } } });
