exports.expect = { library: 'dataloader' };
const DataLoader = require('dataloader');
const users = new DataLoader(async (ids) => ids.map((id) => ({ id, name: `user ${id}` })));
exports.step = (n) => users.load(n);
