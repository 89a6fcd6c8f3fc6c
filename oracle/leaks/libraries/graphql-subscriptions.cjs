exports.expect = { library: 'graphql-subscriptions' };
const { PubSub } = require('graphql-subscriptions');
const news = new PubSub();
news.ee.setMaxListeners(0);
exports.step = () => { news.asyncIterator('NEWS').next(); };
