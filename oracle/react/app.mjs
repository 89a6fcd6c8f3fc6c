// A React application in jsdom that mounts 30 rows, unmounts 20 of them, and goes on holding the elements of all:
//
//   node app.mjs OUT.heapsnapshot
import { writeHeapSnapshot } from 'node:v8';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><div id="root"></div>');
for (const name of ['window', 'document', 'navigator']) {
  Object.defineProperty(globalThis, name, { value: name === 'window' ? window : window[name], configurable: true });
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { createElement, useState, useEffect, useMemo, useRef, act } = await import('react');
const { createRoot } = await import('react-dom/client');

const kept = [];
function Row({ id }) {
  const [text] = useState(() => `row ${id} `.repeat(50));
  const node = useRef(null);
  const numbers = useMemo(() => new Array(500).fill(id + 0.5), [id]);
  useEffect(() => { kept.push(node.current); }, []);
  return createElement('li', { ref: node }, text, numbers.length);
}
function Panel({ rows }) {
  const [all] = useState(() => new Map([[1, 'x'.repeat(3000)]]));
  const list = Array.from({ length: rows }, (_, id) => createElement(Row, { key: id, id }));
  return createElement('ul', null, all.size, list);
}
const root = createRoot(document.getElementById('root'));
await act(() => root.render(createElement(Panel, { rows: 30 })));
await act(() => root.render(createElement(Panel, { rows: 10 })));
Object.assign(globalThis, { kept, root });
writeHeapSnapshot(process.argv[2]);
process.exit(0);
