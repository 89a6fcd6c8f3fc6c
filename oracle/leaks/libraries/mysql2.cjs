exports.expect = { library: 'mysql2' };
const mysql = require('mysql2');
const column = (name) => ({ catalog: 'def', schema: '', table: '', orgTable: '', name, orgName: name, characterSet: 33, columnLength: 11, columnType: 8, flags: 0, decimals: 0 });
const greeting = { protocolVersion: 10, serverVersion: '5.6.10', connectionId: 1, statusFlags: 2, characterSet: 8, capabilityFlags: 0xffffff };
let connection;
exports.init = () => new Promise((resolve) => {
  const server = mysql.createServer();
  server.on('connection', (client) => {
    client.serverHandshake(greeting);
    client.on('query', (query) => { const name = query.split(' as ')[1]; client.writeTextResult([{ [name]: 1 }], [column(name)]); });
  });
  server.listen(0, () => {
    connection = mysql.createConnection({ host: '127.0.0.1', port: server._server.address().port });
    connection.once('connect', resolve);
  });
});
exports.step = (n) => new Promise((resolve, reject) => {
  connection.query(`select 1 as total_${n}`, (error) => (error ? reject(error) : resolve()));
});
