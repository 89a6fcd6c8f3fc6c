// Runs the oracle on every file of the corpus and prints a table: what it says, or why it cannot.
//
//   node check.mjs [FOLDER] [--only REGEX] [--keep FOLDER]
//
// --keep: leaves NAME.summary.json and NAME.nodes.csv of every file there, to compare with.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { here } from './runtimes.mjs';

const args = process.argv.slice(2);
const only = new RegExp(args.includes('--only') ? args.splice(args.indexOf('--only'), 2)[1] : '');
const keep = args.includes('--keep') ? path.resolve(args.splice(args.indexOf('--keep'), 2)[1]) : null;
const folder = path.resolve(args[0] ?? path.join(here, '.corpus'));
if (keep) fs.mkdirSync(keep, { recursive: true });
let failures = 0;

console.log('| file | bytes | nodes | edges | total size | classes | Session | result |');
console.log('|---|--:|--:|--:|--:|--:|--:|---|');
for (const name of fs.readdirSync(folder).sort()) {
  const file = path.join(folder, name);
  if (!only.test(name) || !fs.statSync(file).isFile()) continue;
  const timeline = name.endsWith('.heaptimeline');
  const summary = keep ? path.join(keep, `${name}.summary.json`) : path.join(os.tmpdir(), `oracle-check-${process.pid}.json`);
  const argv = [path.join(here, 'devtools.mjs'), file, '--summary', summary, '--filters', ...(timeline ? ['--repair-trace-count'] : []),
    ...(keep ? ['--nodes', path.join(keep, `${name}.nodes.csv`)] : [])];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  const cells = [name, fs.statSync(file).size];
  if (status === 0) {
    const { snapshot, classes, warnings, allocations } = JSON.parse(fs.readFileSync(summary, 'utf8'));
    const sessions = classes.filter((c) => c.class_name === 'Session').map((c) => c.count).join('+');
    cells.push(snapshot.node_count, snapshot.edge_count, snapshot.total_size, classes.length, sessions,
      ['ok', ...(allocations ? [`${allocations.length} allocating functions`] : []), ...(warnings ?? [])].join('; '));
  } else {
    failures++;
    cells.push('', '', '', '', '', stderr.trim().split('\n').slice(-6).join(' ').replaceAll('|', '/').slice(0, 300));
  }
  if (!keep) fs.rmSync(summary, { force: true });
  console.log(`| ${cells.join(' | ')} |`);
}
process.exit(failures ? 1 : 0);
