exports.expect = { library: 'reselect' };
const { createSelector } = require('reselect');
const state = { users: [{ id: 1 }] };
const byId = createSelector([(all) => all.users, (all, id) => id], (users, id) => ({ id, found: users.length }));
exports.step = (n) => { byId(state, `user ${n}`); };
