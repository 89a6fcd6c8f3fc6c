exports.expect = { library: 'pg-pool' };
const { EventEmitter } = require('events');
const Pool = require('pg-pool');
class Client extends EventEmitter {
  connect(done) { setImmediate(done); }
  end(done) { if (done) done(); }
}
const pool = new Pool({ max: 2, Client });
exports.step = () => { pool.connect(); };
