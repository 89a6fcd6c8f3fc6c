const expect = { kind: 'detached_dom', path: /variable rowsById : Map/, class: /^Detached <div/ };
const rowsById = new Map();
function step(n) {
  const row = document.createElement('div');
  row.textContent = `row ${n}`;
  rowsById.set(`row-${n}`, row);
  place.append(row);
  row.remove();
}
