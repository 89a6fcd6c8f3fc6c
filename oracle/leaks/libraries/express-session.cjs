exports.expect = { library: 'express-session' };
const http = require('node:http');
const express = require('express');
const session = require('express-session');
const app = express();
app.use(session({ secret: 'test', resave: false, saveUninitialized: true }));
app.get('/', (request, response) => response.end(request.session.id));
let port;
exports.init = () => new Promise((resolve) => {
  const server = app.listen(0, () => { port = server.address().port; resolve(); });
});
exports.step = () => new Promise((resolve) => {
  http.get({ port, path: '/', agent: false }, (response) => response.resume().on('end', resolve));
});
