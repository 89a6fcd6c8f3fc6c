// The application of the tests: answers HTTP, fills its heap, and does what its environment asks for.
const http = require('http');
const fs = require('fs');
const { OBJECTS = '2000', ROLE, CHILDREN = '0', WORKERS = '0', LEAVE, BUSY, PORT = '3000' } = process.env;
if (LEAVE && !fs.existsSync('/tmp/left')) {
  // Leaves a snapshot behind and dies, as at the end of memory; the next start finds the mark.
  fs.writeFileSync('/tmp/left', '');
  require('v8').writeHeapSnapshot('/tmp/Heap.20260101.120000.1.0.001.heapsnapshot');
  console.log('leaving');
  process.exit(1);
}
class Session { constructor(i) { this.id = i; this.name = 'session ' + i; this.peers = [i]; } }
global.cache = [];
for (let i = 0; i < Number(OBJECTS); i++) global.cache.push(new Session(i));
console.log('filled with DB_PASSWORD=correct-horse-battery and more');
if (!ROLE) {
  for (let i = 0; i < Number(CHILDREN); i++) require('child_process').fork(__filename, { env: { ...process.env, ROLE: 'child', PORT: '0', OBJECTS: '1000' } });
  const { Worker } = require('worker_threads');
  for (let i = 0; i < Number(WORKERS); i++) new Worker('global.own = new Array(1000).fill({}); setInterval(() => {}, 1000)', { eval: true });
}
if (BUSY) setInterval(() => { const end = Date.now() + 5; while (Date.now() < end); }, 20);
http.createServer((request, response) => response.end('fine ' + process.pid + '\n')).listen(Number(PORT), () => console.log('listening'));
