'use strict';
// Allocates known counts at known places, for recordings with allocation stacks. Waits until
// `allocate()` is called from outside.

class Kept {
  constructor(i) {
    this.i = { i };
  }
}
class Dropped {
  constructor(i) {
    this.i = { i };
  }
}

const kept = [];
let sum = 0;

function makeKept(n) {
  for (let i = 0; i < n; i++) kept.push(new Kept(i));
}
function makeDropped(n) {
  for (let i = 0; i < n; i++) sum += Object.keys(new Dropped(i)).length;
}
function makeArrays(n) {
  for (let i = 0; i < n; i++) kept.push(new Array(50).fill(i));
}
function callFromA() {
  makeKept(700);
}
function callFromB() {
  makeKept(300);
}

// 1,000 Kept stay (700 and 300 by two callers), 2,000 Dropped do not, 100 arrays of 50 stay.
global.allocate = function allocate() {
  callFromA();
  callFromB();
  makeDropped(2000);
  makeArrays(100);
  return `${kept.length} ${sum}`;
};
global.kept = kept;

setInterval(() => {}, 1e6);
console.log('ready');
