// Private data in every place where a heap can hold it: writes a snapshot to the path that it is given, and prints
// what was planted, one text a line. Runs on Node.js 12 and newer.
import v8 from 'v8';
import { Buffer } from 'buffer';
import { writeSync } from 'fs';
const planted = [];
let n = 0;
// A text that no program has, a string of its own and no constant of the source.
function secret(kind) {
  const text = kind + '-' + (++n * 7919 % 9973) + 'q' + Math.random().toString(36).slice(2, 12);
  planted.push(text);
  return Buffer.from(text).toString('latin1');
}
const wide = () => { const t = secret('wide') + '\u4e2d\u6587'; planted.push(t); return t; };
const big = 'x'.repeat(300) + secret('parent') + 'y'.repeat(300);
const mail = 'alice.' + secret('mail') + '@example.com'; planted.push(mail);
const dictionary = {}; for (let i = 0; i < 100; i++) dictionary[mail.replace('alice', 'user' + i)] = secret('value');
const phone = '+49 170 ' + (1e7 + Math.floor(Math.random() * 8e7)); planted.push(phone);
class Account { constructor() { this.owner = secret('field'); this.iban = 'DE' + (10 ** 17 + Math.floor(Math.random() * 1e15)); planted.push(this.iban); } }
const keep = globalThis.keep = {
  text: secret('plain'), array: [secret('element')], map: new Map([[secret('mapkey'), secret('mapvalue')]]),
  set: new Set([secret('setvalue')]), slice: big.slice(200, 400), rope: secret('left') + secret('right'), wide: wide(),
  [secret('key')]: 1, [mail]: 2, [phone]: 3, dictionary, account: new Account(),
  [Symbol(secret('symbol'))]: 1, symbol: Symbol(secret('description')), registered: Symbol.for(secret('registered')),
  regexp: new RegExp(secret('regexp') + '[0-9]+'), error: new Error(secret('message')),
  functions: [Object.defineProperty(function () {}, 'name', { value: secret('function') })],
  closure: (() => { const variable = secret('variable'); return () => variable; })(),
  weak: new WeakMap(), json: JSON.parse(JSON.stringify({ inner: secret('json') })), number: 123456789.125,
  buffer: Buffer.from(secret('buffer')), big: BigInt('0x' + Buffer.from(secret('big')).toString('hex')),
  url: new URL('https://user:' + secret('urlpassword').replace(/[^a-z0-9-]/g, '') + '@example.com/' + secret('urlpath')),
  date: new Date(), promise: Promise.resolve(secret('resolved')), bound: Array.prototype.push.bind([secret('bound')]),
  params: new URLSearchParams({ q: secret('query') }),
};
keep.weakKey = { k: 1 }; keep.weak.set(keep.weakKey, secret('weakvalue'));
keep.error.stack; keep.array.push(keep.error.stack);
setTimeout(() => {}, 1e6, secret('timer')).unref();
process.env.PRIVATE = secret('env'); keep.env = process.env.PRIVATE;
for (const k of [keep.slice, keep.rope]) k.length;
v8.writeHeapSnapshot(process.argv[2]);
writeSync(1, planted.join('\n') + '\n');
