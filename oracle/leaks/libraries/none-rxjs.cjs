exports.expect = null;
const { Subject, take } = require('rxjs');
const bus = new Subject();
exports.step = (n) => {
  const subscription = bus.subscribe(() => n);
  bus.pipe(take(1)).subscribe(() => n);
  bus.next(n);
  subscription.unsubscribe();
};
