const [path, offset] = process.argv.slice(1);
require('fs').createReadStream(path, { start: Number(offset), highWaterMark: 1 << 20 }).on('error', (e) => { console.error(e.message); process.exitCode = 1; }).pipe(process.stdout);
