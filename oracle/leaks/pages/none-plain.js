const expect = null;
const open = new Set();
function step(n) {
  const dialog = document.createElement('dialog');
  dialog.addEventListener('close', () => open.delete(dialog));
  open.add(dialog);
  place.append(dialog);
  dialog.dispatchEvent(new Event('close'));
  dialog.remove();
}
