// Collects the names of properties and variables that Node.js and public npm packages use, which say nothing about
// a program that uses them: crates/redact/src/public_names.txt.
//
//   node --expose-internals names.mjs OUT
//
// Of each Node.js in runtimes.mjs: the identifiers of its built-in modules' sources, the properties of everything that
// its global object reaches, and the names of the edges in the heap of a process that does nothing. Of the packages
// that programs/backstage/package-lock.json and leaks/libraries/package-lock.json install: the identifiers and literal
// keys of their sources that at least two packages have. Files of tests, of languages and of data are left out.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { here, node, NODES } from './runtimes.mjs';

const acorn = createRequire(import.meta.url)('internal/deps/acorn/acorn/dist/acorn');
const OUT = process.argv[2];
const CACHE = path.join(here, '.cache/names');
const LOCKS = { backstage: 'programs/backstage', libraries: 'leaks/libraries' };
const NAME = /^[A-Za-z_$][\w$.-]*$/;
const LEFT_OUT = /\/(tests?|__tests__|spec|fixtures?|examples?|docs?|locales?|lang|i18n|benchmarks?|data|umd|generated)\/|\.(min|test|spec|bundle)\.[cm]?js$/;
const LARGEST = 1 << 20;

/** Whether a name is worth a line: shorter ones always stay, and no longer one is a word. */
const isName = (name) => name.length >= 3 && name.length <= 60 && NAME.test(name)
  && name.replace(/\D/g, '').length <= 5;

/** Adds the identifiers and literal keys of a source. */
function identifiers(source, names) {
  let tree;
  const options = { ecmaVersion: 'latest', allowHashBang: true, allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true, allowSuperOutsideMethod: true, allowImportExportEverywhere: true };
  try { tree = acorn.parse(source, { ...options, sourceType: 'module' }); } catch {
    try { tree = acorn.parse(source, { ...options, sourceType: 'script' }); } catch { return; }
  }
  const add = (name) => { if (typeof name === 'string' && isName(name)) names.add(name); };
  const open = [tree];
  while (open.length) {
    const at = open.pop();
    if (at.type === 'Identifier' || at.type === 'PrivateIdentifier') add(at.name);
    const key = at.type === 'MemberExpression' ? at.property : at.key;
    if (key?.type === 'Literal') add(key.value);
    for (const value of Object.values(at)) {
      if (Array.isArray(value)) for (const one of value) { if (one?.type) open.push(one); }
      else if (value?.type) open.push(value);
    }
  }
}

/** Runs in each Node.js: writes what it knows of itself to the path that it is given. */
function inside() {
  const fs = require('fs'), os = require('os'), path = require('path'), v8 = require('v8');
  const found = new Set(), seen = new Set(), open = [globalThis];
  for (const name of require('module').builtinModules) {
    try { open.push(require(name)); } catch {}
  }
  while (open.length) {
    const at = open.pop();
    if (at === null || !['object', 'function'].includes(typeof at) || at === process.env || seen.has(at)) continue;
    seen.add(at);
    let keys = [];
    try { keys = Reflect.ownKeys(at); open.push(Object.getPrototypeOf(at)); } catch {}
    for (const key of keys) {
      found.add(typeof key === 'symbol' ? String(key.description) : key);
      try {
        const property = Object.getOwnPropertyDescriptor(at, key);
        open.push(property.value, property.get, property.set);
      } catch {}
    }
  }
  const file = path.join(os.tmpdir(), `names-${process.pid}.heapsnapshot`);
  v8.writeHeapSnapshot(file);
  const heap = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.unlinkSync(file);
  const types = heap.snapshot.meta.edge_types[0];
  for (let at = 0; at < heap.edges.length; at += 3) {
    if (['property', 'context', 'internal'].includes(types[heap.edges[at]])) {
      found.add(heap.strings[heap.edges[at + 1]].replace(/^<symbol (.*)>$/, '$1').replace(/^#/, ''));
    }
  }
  const sources = Object.values(process.binding('natives'));
  fs.writeFileSync(process.argv[1], JSON.stringify({ found: Array.from(found), sources }));
}

function* files(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(at);
    else if (entry.isFile() && /\.[cm]?js$/.test(at)) yield at;
  }
}

const runtime = new Set();
for (const version of NODES) {
  const told = path.join(CACHE, `${version}.json`);
  fs.mkdirSync(CACHE, { recursive: true });
  execFileSync(node(version), ['-e', `(${inside})()`, told], { env: {}, stdio: 'ignore' });
  const { found, sources } = JSON.parse(fs.readFileSync(told, 'utf8'));
  for (const name of found) if (isName(name)) runtime.add(name);
  for (const source of sources) identifiers(source, runtime);
  console.error(`Node.js ${version}: ${runtime.size} names so far`);
}

const packages = new Map();
for (const [name, lock] of Object.entries(LOCKS)) {
  const folder = path.join(CACHE, name);
  if (!fs.existsSync(path.join(folder, 'node_modules'))) {
    fs.mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(here, lock, file), path.join(folder, file));
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
  }
  for (const file of files(path.join(folder, 'node_modules'))) {
    const inside = file.slice(file.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (LEFT_OUT.test(`/${inside}`) || fs.statSync(file).size > LARGEST) continue;
    const owner = inside.startsWith('@') ? inside.split('/').slice(0, 2).join('/') : inside.split('/')[0];
    if (!packages.has(owner)) packages.set(owner, new Set());
    identifiers(fs.readFileSync(file, 'utf8'), packages.get(owner));
  }
}

const users = new Map();
for (const names of packages.values()) for (const name of names) users.set(name, (users.get(name) ?? 0) + 1);
const shared = [...users].filter(([, count]) => count >= 2).map(([name]) => name);
const all = [...new Set([...runtime, ...shared])].sort((a, b) => (a < b ? -1 : 1));
fs.writeFileSync(OUT, `${all.join('\n')}\n`);
console.error(`${runtime.size} names of the runtime, ${users.size} of ${packages.size} packages, ${shared.length} of at least two: ${all.length}`);
