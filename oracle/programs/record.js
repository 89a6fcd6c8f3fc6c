'use strict';
// Records what mixed.js allocates, with stacks, by an inspector session in its own process.
//
//   node record.js OUT.heaptimeline

const { Session } = require('inspector');
const fs = require('fs');
const { build } = require('./mixed.js');

const session = new Session();
session.connect();
const fd = fs.openSync(process.argv[2], 'w');
session.on('HeapProfiler.addHeapSnapshotChunk', (message) => fs.writeSync(fd, message.params.chunk));
session.post('HeapProfiler.enable');
session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
build(global);
session.post('HeapProfiler.stopTrackingHeapObjects', { reportProgress: false }, () => process.exit(0));
