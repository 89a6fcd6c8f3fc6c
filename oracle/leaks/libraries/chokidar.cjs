exports.expect = { library: 'chokidar' };
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const chokidar = require('chokidar');
const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'watched-')), 'settings.json');
exports.init = () => fs.writeFileSync(file, '{}');
exports.step = () => new Promise((resolve) => { chokidar.watch(file).on('ready', resolve); });
