exports.expect = { library: 'bunyan' };
const { Writable } = require('node:stream');
const bunyan = require('bunyan');
const stream = new Writable({ write(chunk, encoding, done) { done(); } }).setMaxListeners(0);
exports.step = () => { bunyan.createLogger({ name: 'request', streams: [{ stream, reemitErrorEvents: true }] }); };
