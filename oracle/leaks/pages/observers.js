const expect = { kind: 'observers', class: /^Function$/ };
class Image {
  constructor(n) {
    this.sizes = Array.from({ length: 100 }, (_, i) => ({ i, n }));
    this.observer = new MutationObserver(() => this.sizes.length);
    this.observer.observe(document.body, { childList: true });
  }
}
function step(n) { new Image(n); }
