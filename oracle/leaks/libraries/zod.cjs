exports.expect = { library: 'zod' };
const { z } = require('zod');
exports.step = (n) => { z.object({ name: z.string() }).meta({ id: `request ${n}` }); };
