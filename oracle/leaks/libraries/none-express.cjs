exports.expect = null;
const http = require('node:http');
const express = require('express');
const app = express();
app.use(express.json());
app.get('/user/:id', (request, response) => response.json({ id: request.params.id }));
const agent = new http.Agent({ keepAlive: true });
let port;
exports.init = () => new Promise((resolve) => {
  const server = app.listen(0, () => { port = server.address().port; resolve(); });
});
exports.step = (n) => new Promise((resolve) => {
  http.get({ port, path: `/user/${n}`, agent }, (response) => response.resume().on('end', resolve));
});
