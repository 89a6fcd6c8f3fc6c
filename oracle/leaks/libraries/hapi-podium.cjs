exports.expect = { library: '@hapi/podium' };
const hapi = require('@hapi/hapi');
const server = hapi.server();
server.route({ method: 'GET', path: '/', handler(request) { server.events.on('response', () => request.path); return 'done'; } });
exports.step = () => server.inject('/');
