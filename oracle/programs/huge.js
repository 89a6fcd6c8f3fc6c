'use strict';
// Buffers whose sizes do not fit in 32 bits (their pages are never touched, so this costs little).
//
//   node huge.js OUT.heapsnapshot
const v8 = require('v8');
global.huge = { five: new ArrayBuffer(5e9), four: new Uint8Array(2 ** 32), justUnder: new ArrayBuffer(2 ** 32 - 1) };
v8.writeHeapSnapshot(process.argv[2]);
