const expect = { kind: 'console', class: /^Order$/ };
class Order {
  constructor(n) { this.n = n; this.items = new Array(300).fill(n); }
}
function step(n) { console.log('order', new Order(n)); }
