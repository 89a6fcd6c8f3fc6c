exports.expect = { library: 'generic-pool' };
const { createPool } = require('generic-pool');
const pool = createPool({ create: async () => ({ connection: 'x'.repeat(50) }), destroy: async () => {} }, { max: 2 });
exports.step = () => { pool.acquire().catch(() => {}); };
