exports.expect = { library: '@redis/client' };
const { createClient } = require('redis');
const client = createClient({ socket: { port: 1, reconnectStrategy: () => 1e6 } });
client.on('error', () => {});
exports.init = () => { client.connect().catch(() => {}); };
exports.step = (n) => { client.set(`session:${n}`, `${n}`).catch(() => {}); };
