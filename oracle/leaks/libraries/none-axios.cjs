exports.expect = null;
const http = require('node:http');
const axios = require('axios');
let port;
exports.init = () => new Promise((resolve) => {
  const server = http.createServer((request, response) => response.end('{"fine":true}'));
  server.listen(0, () => { port = server.address().port; resolve(); });
});
exports.step = (n) => axios.get(`http://localhost:${port}/${n}`);
