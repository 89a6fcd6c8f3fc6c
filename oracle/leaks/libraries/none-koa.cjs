exports.expect = null;
const http = require('node:http');
const Koa = require('koa');
const app = new Koa();
app.use(async (context) => { context.body = { path: context.path }; });
let port;
exports.init = () => new Promise((resolve) => {
  const server = app.listen(0, () => { port = server.address().port; resolve(); });
});
exports.step = (n) => new Promise((resolve) => {
  http.get({ port, path: `/${n}`, agent: false }, (response) => response.resume().on('end', resolve));
});
