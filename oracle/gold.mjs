// Makes ../fixtures/gold again: what the oracle says of every fixture. Tests compare with these
// files and so need no Node.
//
//   node gold.mjs [--only REGEX]
//
// Per fixture: NAME.summary.json, NAME.nodes.sha256 (of the nodes CSV) and, for the small ones,
// the nodes CSV itself, compressed.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { here } from './runtimes.mjs';

const folder = path.join(here, '../fixtures');
const gold = path.join(folder, 'gold');
const args = process.argv.slice(2);
const only = new RegExp(args.includes('--only') ? args[args.indexOf('--only') + 1] : '');
const KEEP_CSV = /^(small-node12|page-chromium)\./;

fs.mkdirSync(gold, { recursive: true });
const csv = path.join(os.tmpdir(), `gold-${process.pid}.csv`);
for (const file of fs.readdirSync(folder).filter((f) => f.endsWith('.zst') && only.test(f)).sort()) {
  const name = file.replace(/\.zst$/, '');
  const timeline = name.endsWith('.heaptimeline') ? ['--repair-trace-count'] : [];
  execFileSync(process.execPath, [path.join(here, 'devtools.mjs'), path.join(folder, file), '--nodes', csv,
    '--summary', path.join(gold, `${name}.summary.json`), '--filters', ...timeline], { stdio: ['ignore', 'inherit', 'pipe'] });
  const bytes = fs.readFileSync(csv);
  fs.writeFileSync(path.join(gold, `${name}.nodes.sha256`), `${createHash('sha256').update(bytes).digest('hex')}\n`);
  if (KEEP_CSV.test(name)) {
    execFileSync('zstd', ['--ultra', '-22', '-q', '-f', csv, '-o', path.join(gold, `${name}.nodes.csv.zst`)]);
    fs.chmodSync(path.join(gold, `${name}.nodes.csv.zst`), 0o644);
  }
  const { snapshot } = JSON.parse(fs.readFileSync(path.join(gold, `${name}.summary.json`), 'utf8'));
  const sha = createHash('sha256').update(fs.readFileSync(path.join(folder, file))).digest('hex');
  const plain = execFileSync('zstd', ['-dc', path.join(folder, file)], { maxBuffer: 1 << 30 });
  console.log(`| ${file} | ${fs.statSync(path.join(folder, file)).size} | ${plain.length} | ${snapshot.node_count} | ${snapshot.edge_count} | ${snapshot.total_size} | \`${sha}\` |`);
}
fs.rmSync(csv);
