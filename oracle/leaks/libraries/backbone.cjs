exports.expect = { library: 'backbone' };
const Backbone = require('backbone');
const user = new Backbone.Model({ name: 'Ada' });
class Row {
  constructor(n) { Object.assign(this, Backbone.Events, { n }); this.listenTo(user, 'change', this.render); }
  render() {}
}
exports.step = (n) => { new Row(n); };
