exports.expect = { library: '@sentry/hub' };
const Sentry = require('@sentry/node');
Sentry.init({ defaultIntegrations: false });
exports.step = (n) => { Sentry.getCurrentHub().pushScope().setUser({ id: n }); };
