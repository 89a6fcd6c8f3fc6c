// Makes big snapshots, for measurements.
//
//   node generate.mjs SIZE OUT      SIZE: 100mb 500mb 1100mb 2200mb 4000mb bigstr
//                                   (or any number of megabytes; `all` makes all of them in folder OUT)
//
// Up to 1,100 MB the snapshot is real: Node 22 builds the heap of programs/big.js and writes it with
// v8.writeHeapSnapshot. V8 needs about 500 bytes of native memory per object while it does so, 6.5 GB
// for 1,100 MB.
//
// Larger ones are synthetic, but keep the form of a real one: a real snapshot of half or a quarter of
// the size is written several times into one file, as if one process held that many heaps. The copies
// share the root node; every copy has its own nodes, edges, locations, object ids and string values,
// while class names, function names and property names are those of the first. Files like these come
// from processes of 20 to 40 GB, which few machines can make.
//
// bigstr is real: long distinct strings, so that the strings section is over 540 MB.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { here, node } from './runtimes.mjs';

const NODE = '22.23.3';
const UNITS_PER_MB = 25.6;

/** A real snapshot by programs/big.js. */
function real(args, out) {
  console.log(execFileSync(node(NODE), ['--max-old-space-size=8000', path.join(here, 'programs/big.js'), ...args.map(String), `${out}.part`],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
  fs.renameSync(`${out}.part`, out);
}

// -------------------------------------------------------------------------------- tiling

/** Buffered reading of a V8 snapshot, section by section, in the order that V8 writes. */
class Reader {
  constructor(file) {
    this.fd = fs.openSync(file, 'r');
    this.buffer = Buffer.alloc(1 << 24);
    this.at = 0;
    this.end = 0;
  }
  fill() {
    this.end = fs.readSync(this.fd, this.buffer, 0, this.buffer.length, null);
    this.at = 0;
    return this.end > 0;
  }
  byte() {
    if (this.at === this.end && !this.fill()) return -1;
    return this.buffer[this.at++];
  }
  /** Everything up to and including `token`, as text. */
  until(token) {
    let text = '';
    for (;;) {
      const byte = this.byte();
      if (byte < 0) throw new Error(`${token} not found`);
      text += String.fromCharCode(byte);
      if (text.endsWith(token)) return text;
    }
  }
  /** The numbers up to `]`. */
  numbers(length) {
    let out = new Uint32Array(length ?? 1 << 20);
    let count = 0;
    let value = 0;
    let digits = 0;
    for (;;) {
      const byte = this.byte();
      if (byte >= 48 && byte <= 57) {
        value = value * 10 + byte - 48;
        digits++;
        continue;
      }
      if (digits) {
        if (count === out.length) {
          const larger = new Uint32Array(out.length * 2);
          larger.set(out);
          out = larger;
        }
        out[count++] = value;
        value = 0;
        digits = 0;
      }
      if (byte === 93) return out.subarray(0, count);
      if (byte < 0) throw new Error('unexpected end');
    }
  }
  rest() {
    const parts = [Buffer.from(this.buffer.subarray(this.at, this.end))];
    while (this.fill()) parts.push(Buffer.from(this.buffer.subarray(0, this.end)));
    return Buffer.concat(parts);
  }
}

class Writer {
  constructor(file) {
    this.fd = fs.openSync(file, 'w');
    this.buffer = Buffer.allocUnsafe(1 << 24);
    this.at = 0;
  }
  flush() {
    for (let done = 0; done < this.at;) done += fs.writeSync(this.fd, this.buffer, done, this.at - done);
    this.at = 0;
  }
  text(text) {
    if (this.at + text.length * 3 > this.buffer.length) this.flush();
    this.at += this.buffer.write(text, this.at, 'latin1');
  }
  bytes(bytes) {
    if (this.at + bytes.length > this.buffer.length) this.flush();
    if (bytes.length > this.buffer.length) for (let done = 0; done < bytes.length;) done += fs.writeSync(this.fd, bytes, done);
    else {
      bytes.copy(this.buffer, this.at);
      this.at += bytes.length;
    }
  }
  number(value, end) {
    if (this.at + 24 > this.buffer.length) this.flush();
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits++;
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      this.buffer[at] = 48 + (value % 10);
      value = Math.floor(value / 10);
    }
    this.at += digits;
    this.buffer[this.at++] = end;
  }
  close() {
    this.flush();
    fs.closeSync(this.fd);
  }
}

const COMMA = 44;
const NEWLINE = 10;

/** Writes the snapshot `base` `copies` times into `out`, under one root. */
function tile(base, copies, out) {
  const reader = new Reader(base);
  const header = JSON.parse(reader.until('"nodes":[').replace(/,\s*"nodes":\[$/, '}')).snapshot;
  const { meta } = header;
  const F = meta.node_fields.length;
  const E = meta.edge_fields.length;
  const [TYPE, NAME, ID, EDGES] = ['type', 'name', 'id', 'edge_count'].map((f) => meta.node_fields.indexOf(f));
  const types = meta.node_types[0];
  const edgeTypes = meta.edge_types[0];
  const nodes = reader.numbers(header.node_count * F);
  reader.until('"edges":[');
  const edges = reader.numbers(header.edge_count * E);
  const between = reader.until('"locations":[');
  if (!/"samples":\[\],/.test(between)) throw new Error('only plain snapshots can be tiled');
  const locations = reader.numbers();
  reader.until('"strings":[');
  const strings = reader.rest();
  const stringEnds = []; // V8 writes one string per line, and no raw line end within one
  const last = strings.lastIndexOf(']');
  for (let at = 0; ;) {
    const end = strings.indexOf('",\n', at);
    if (end < 0) break;
    stringEnds.push(end + 1);
    at = end + 3;
  }
  stringEnds.push(strings.lastIndexOf('"', last) + 1);

  // The names of WeakMap entries hold object ids, so every copy needs its own.
  const pair = /^"\d+ \/ part of key .* pair in WeakMap \(table @\d+\)"$/;
  const pairs = new Uint8Array(stringEnds.length);
  const stringAt = (i) => strings.subarray(strings.indexOf('"', i ? stringEnds[i - 1] + 1 : 0), stringEnds[i]);
  for (let i = 0; i < stringEnds.length; i++) {
    const bytes = stringAt(i);
    if (bytes.length < 1000 && bytes.indexOf(' pair in WeakMap (table @') > 0 && pair.test(bytes.toString('latin1'))) pairs[i] = 1;
  }

  const N = header.node_count;
  const rootEdges = nodes[EDGES];
  let highestId = 0;
  for (let i = ID; i < nodes.length; i += F) if (nodes[i] > highestId) highestId = nodes[i];
  const idStep = highestId + (highestId % 2) + 2;
  if (idStep * copies > 0xffffffff) throw new Error('object ids would pass 2^32');
  const values = new Set(['string'].map((t) => types.indexOf(t)));
  // Node ordinal n of copy c (n > 0) becomes c * (N - 1) + n; the root is shared.
  const nodeShift = (c) => c * (N - 1) * F;

  const writer = new Writer(`${out}.part`);
  const count = { nodes: copies * (N - 1) + 1, edges: copies * header.edge_count };
  writer.text(`{"snapshot":${JSON.stringify({ ...header, node_count: count.nodes, edge_count: count.edges })},\n"nodes":[`);
  for (let c = 0; c < copies; c++) {
    for (let i = c ? F : 0; i < nodes.length; i += F) {
      if (i || c) writer.bytes(Buffer.of(COMMA));
      for (let f = 0; f < F; f++) {
        let value = nodes[i + f];
        if (f === ID) value += c * idStep;
        else if (f === NAME && c && values.has(nodes[i + TYPE])) value += c * stringEnds.length;
        else if (f === EDGES && i === 0) value *= copies;
        writer.number(value, f === F - 1 ? NEWLINE : COMMA);
      }
    }
  }
  writer.text('],\n"edges":[');
  let first = true;
  const element = edgeTypes.indexOf('element');
  const internal = edgeTypes.indexOf('internal');
  const edge = (i, c, index) => {
    if (!first) writer.bytes(Buffer.of(COMMA));
    first = false;
    const to = edges[i + 2];
    writer.number(edges[i], COMMA);
    let name = index ?? edges[i + 1];
    if (edges[i] === internal && pairs[name]) name += c * stringEnds.length;
    writer.number(name, COMMA);
    writer.number(to === 0 ? 0 : to + nodeShift(c), NEWLINE);
  };
  let index = 0;
  for (let c = 0; c < copies; c++) {
    for (let i = 0; i < rootEdges * E; i += E) edge(i, c, edges[i] === element ? ++index : undefined);
  }
  for (let c = 0; c < copies; c++) for (let i = rootEdges * E; i < edges.length; i += E) edge(i, c);
  writer.text(`],\n${between.replace(/^[\s\S]*?("trace_function_infos")/, '$1')}`);
  const L = meta.location_fields.length;
  for (let c = 0; c < copies; c++) {
    for (let i = 0; i < locations.length; i += L) {
      if (i || c) writer.bytes(Buffer.of(COMMA));
      for (let f = 0; f < L; f++) {
        const value = locations[i + f];
        writer.number(f === 0 && value ? value + nodeShift(c) : value, f === L - 1 ? NEWLINE : COMMA);
      }
    }
  }
  writer.text('],\n"strings":[');
  for (let c = 0; c < copies; c++) {
    for (let i = 0; i < stringEnds.length; i++) {
      if (i || c) writer.text(',\n');
      const bytes = stringAt(i);
      if (c && pairs[i]) writer.text(bytes.toString('latin1').replace(/ @(\d+)\)/g, (_, id) => ` @${Number(id) + c * idStep})`));
      else if (c) {
        writer.text(`"${c}~`);
        writer.bytes(bytes.subarray(1));
      } else writer.bytes(bytes);
    }
  }
  writer.text(']}\n');
  writer.close();
  fs.closeSync(reader.fd);
  fs.renameSync(`${out}.part`, out);
  console.log(JSON.stringify(count));
}

function make(size, out) {
  if (size === 'bigstr') return real(['--strings', 560], out);
  const megabytes = parseInt(size, 10);
  if (!(megabytes > 0)) throw new Error(`not a size: ${size}`);
  if (megabytes <= 1200) return real([Math.round(megabytes * UNITS_PER_MB)], out);
  const copies = megabytes <= 2500 ? 2 : 4;
  const base = `${out}.base`;
  real([Math.round((megabytes / copies) * UNITS_PER_MB)], base);
  tile(base, copies, out);
  fs.rmSync(base);
}

const [size, out, base, copies] = process.argv.slice(2);
if (!out) {
  console.error('usage: node generate.mjs SIZE OUT | all FOLDER | tile OUT BASE COPIES');
  process.exit(1);
}
if (size === 'tile') tile(base, Number(copies), out);
else if (size === 'all') {
  fs.mkdirSync(out, { recursive: true });
  for (const each of ['100mb', '500mb', '1100mb', '2200mb', '4000mb', 'bigstr']) {
    const file = path.join(out, `${each}.heapsnapshot`);
    if (!fs.existsSync(file)) make(each, file);
  }
} else make(size, out);
