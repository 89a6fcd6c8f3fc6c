exports.expect = { library: 'ioredis' };
const Redis = require('ioredis');
const redis = new Redis({ host: '127.0.0.1', port: 1, maxRetriesPerRequest: null, retryStrategy: () => 200 });
redis.on('error', () => {});
exports.step = (n) => { redis.hset(`request:${n}`, 'path', `/items/${n}`).catch(() => {}); };
