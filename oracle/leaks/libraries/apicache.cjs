exports.expect = { library: 'apicache' };
const http = require('node:http');
const keep = require('apicache').middleware('1 day');
let port;
exports.init = () => new Promise((resolve) => {
  const server = http.createServer((request, response) => keep(request, response, () => response.end(request.url)));
  server.listen(0, () => { port = server.address().port; resolve(); });
});
exports.step = (n) => new Promise((resolve) => {
  http.get({ port, path: `/items?q=${n}`, agent: false }, (response) => response.resume().on('end', resolve));
});
