exports.expect = { library: 'prom-client' };
const { Histogram } = require('prom-client');
const seconds = new Histogram({ name: 'http_seconds', help: 'time of requests', labelNames: ['path'] });
exports.step = (n) => seconds.labels(`/user/${n}`).observe(n);
