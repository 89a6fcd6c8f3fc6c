exports.expect = { library: 'cookiejar' };
const http = require('node:http');
const agent = require('superagent').agent();
let port;
exports.init = () => new Promise((resolve) => {
  let n = 0;
  const server = http.createServer((request, response) => response.setHeader('set-cookie', `visit${n++}=1`).end('{}'));
  server.listen(0, () => { port = server.address().port; resolve(); });
});
exports.step = () => agent.get(`http://127.0.0.1:${port}/`);
