'use strict';
// Runs out of memory, for --heapsnapshot-near-heap-limit.
class Leaked {
  constructor(i) {
    this.text = 'leaked ' + i;
    this.values = [i, { i }];
  }
}
const all = (global.leak = []);
for (let i = 0; ; i++) all.push(new Leaked(i));
