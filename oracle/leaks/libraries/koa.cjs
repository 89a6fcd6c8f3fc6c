exports.expect = { library: 'koa' };
const Koa = require('koa');
const app = new Koa();
exports.step = (n) => { app.use(async (context, next) => { context.n = n; await next(); }); };
