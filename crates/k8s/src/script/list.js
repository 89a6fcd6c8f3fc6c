const fs = require('fs');
const [mark, dir] = process.argv.slice(1);
let names = [], text = '\n' + mark + ' begin -\n';
try { names = fs.readdirSync(dir); } catch (e) { if (e.code !== 'ENOENT' && e.code !== 'ENOTDIR' && e.code !== 'EACCES') throw e; }
for (const name of names) {
  try {
    const s = fs.statSync(dir + '/' + name);
    if (s.isFile()) text += s.size + ' ' + Math.floor(s.mtimeMs / 1000) + ' ' + dir + '/' + name + '\n';
  } catch (e) { /* gone meanwhile */ }
}
process.stdout.write(text + '\n' + mark + ' end -\n');
