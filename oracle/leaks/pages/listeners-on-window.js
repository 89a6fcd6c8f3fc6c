const expect = { kind: 'listeners', path: /^Window/, class: /^Function$/ };
class Panel {
  constructor(n) {
    this.element = document.createElement('section');
    this.rows = Array.from({ length: 20 }, (_, i) => ({ i, n }));
    this.onResize = () => this.element.classList.toggle('wide', innerWidth > this.rows.length);
    window.addEventListener('resize', this.onResize);
    place.append(this.element);
  }
  close() { this.element.remove(); }
}
function step(n) { new Panel(n).close(); }
