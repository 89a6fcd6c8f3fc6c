// The same as look.sh, for images without a shell. Node 12 and newer. Arguments as there.
const fs = require('fs');
const [mark, which, other, brief] = process.argv.slice(1);
const out = [];
const frame = (kind, name) => out.push(Buffer.from('\n' + mark + ' ' + kind + ' ' + name + '\n'));
const read = (path) => { try { return fs.readFileSync(path); } catch (e) { return Buffer.alloc(0); } };
const link = (path) => { try { return Buffer.from(fs.readlinkSync(path)); } catch (e) { return Buffer.alloc(0); } };
const file = (kind, name, path) => { frame(kind, name); out.push(read(path)); };
frame('self', process.pid);
let pids = fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
if (which !== 'all') pids = pids.filter((pid) => pid === which);
for (const pid of pids) {
  const at = '/proc/' + pid + '/';
  if (!read(at + 'status').length) continue;
  frame('process', pid);
  frame('exe', '-'); out.push(link(at + 'exe'));
  for (const name of ['cmdline', 'status', 'stat']) file(name, '-', at + name);
  if (brief && which === 'all') continue;
  frame('descriptors', '-');
  try { for (const name of fs.readdirSync(at + 'fd')) out.push(Buffer.concat([link(at + 'fd/' + name), Buffer.from('\n')])); } catch (e) { /* not ours */ }
  if (brief) continue;
  for (const name of ['comm', 'environ', 'limits', 'cgroup']) file(name, '-', at + name);
  frame('cwd', '-'); out.push(link(at + 'cwd'));
}
const pid = which === 'all' ? 'self' : which;
if (!brief || which !== 'all') {
  file('sockets', '-', '/proc/' + pid + '/net/tcp');
  file('sockets', '-', '/proc/' + pid + '/net/tcp6');
}
if (!brief) around();
frame('end', '-');
process.stdout.write(Buffer.concat(out));
function around() {
  file('meminfo', '-', '/proc/meminfo');
  frame('disk', '-');
  const root = other ? '/proc/' + pid + '/root' : '';
  if (fs.statfsSync) {
    out.push(Buffer.from('Filesystem 1024-blocks Used Available Capacity Mounted on\n'));
    const mounts = read('/proc/' + pid + '/mounts').toString().split('\n').map((line) => line.split(' ')[1]).filter(Boolean);
    for (const mount of new Set(mounts)) {
      if (/^\/(proc|sys|dev)/.test(mount)) continue;
      try {
        const s = fs.statfsSync(root + mount), k = s.bsize / 1024;
        out.push(Buffer.from(['fs', s.blocks * k, (s.blocks - s.bfree) * k, s.bavail * k, '0%', mount].join(' ') + '\n'));
      } catch (e) { /* not to be seen from here */ }
    }
  }
  const names = ['memory.max', 'memory.high', 'memory.current', 'memory.peak', 'memory.stat', 'memory.events', 'memory.oom_control', 'memory.limit_in_bytes', 'memory.usage_in_bytes', 'memory.max_usage_in_bytes', 'cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us', 'pids.max', 'pids.current'];
  const group = (dir) => { for (const name of names) { const text = read(dir + '/' + name); if (text.length) { frame('group', dir.slice(root.length) + '/' + name); out.push(text); } } };
  for (const line of read('/proc/' + pid + '/cgroup').toString().split('\n')) {
    const [, controllers, ...rest] = line.split(':');
    if (controllers === undefined) continue;
    const mounts = root + '/sys/fs/cgroup', has = (name) => controllers.split(',').includes(name), bases = [];
    if (controllers === '') bases.push(mounts);
    if (has('memory')) bases.push(mounts + '/memory');
    if (has('pids')) bases.push(mounts + '/pids');
    if (has('cpu')) bases.push(mounts + (fs.existsSync(mounts + '/cpu') ? '/cpu' : '/' + controllers));
    for (const base of bases) {
      for (let path = rest.join(':'); path && path !== '/'; path = path.slice(0, path.lastIndexOf('/'))) group(base + path);
      group(base);
    }
  }
}
