exports.expect = { library: 'rate-limiter-flexible' };
const { RateLimiterMemory } = require('rate-limiter-flexible');
const limiter = new RateLimiterMemory({ points: 5, duration: 86400 });
exports.step = (n) => limiter.consume(`address ${n}`);
