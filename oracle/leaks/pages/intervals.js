const expect = { kind: 'timers', class: /^Function$/ };
class Clock {
  constructor() {
    this.element = document.createElement('time');
    this.history = new Array(200).fill(0);
    setInterval(() => { this.element.textContent = this.history.length; }, 3_600_000);
    place.append(this.element);
  }
  close() { this.element.remove(); }
}
function step() { new Clock().close(); }
