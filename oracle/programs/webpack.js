'use strict';
// Bundles a program with webpack and writes the heap while the compilation is still held.
//
//   node webpack.js WEBPACK_FOLDER SNAPSHOT ENTRY
const v8 = require('v8');
const [folder, out, entry] = process.argv.slice(2);
const webpack = require(folder);
const compiler = webpack({
  mode: 'production', entry, context: require('path').dirname(entry), devtool: 'source-map', output: { path: '/nowhere' },
  cache: { type: 'memory' }, optimization: { minimize: false }, resolve: { extensions: ['.js', '.ts'] },
});
compiler.outputFileSystem = {
  mkdir: (p, o, cb) => (cb || o)(null), writeFile: (p, c, cb) => cb(null), stat: (p, cb) => cb(new Error('none')), readFile: (p, cb) => cb(new Error('none')),
  rmdir: (p, cb) => cb(null), unlink: (p, cb) => cb(null),
};
compiler.run((error, stats) => {
  if (error) throw error;
  global.stats = stats;
  v8.writeHeapSnapshot(out);
  console.log(JSON.stringify({ modules: stats.compilation.modules.size, peak_rss: process.resourceUsage().maxRSS * 1024 }));
  process.exit(0);
});
