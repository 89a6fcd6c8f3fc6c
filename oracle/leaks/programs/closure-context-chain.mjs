export const expect = { kind: ['closure_context', 'linked_list'], path: /theThing/ };
let theThing = null;
export function step(n) {
  if (n % 3) return;
  const originalThing = theThing;
  const unused = () => { if (originalThing) return 1; };
  theThing = { text: 'x'.repeat(500) + n, method() { return n; } };
  return unused.length;
}
