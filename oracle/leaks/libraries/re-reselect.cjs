exports.expect = { library: 're-reselect' };
const { createCachedSelector } = require('re-reselect');
const state = { users: [{ id: 1 }] };
const select = createCachedSelector([(all) => all.users], (users) => users.length)((all, id) => id);
exports.step = (n) => { select(state, `user ${n}`); };
