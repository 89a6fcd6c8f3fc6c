exports.expect = { library: 'mongoose' };
const mongoose = require('mongoose');
const User = mongoose.model('User', new mongoose.Schema({ name: String }));
exports.step = (n) => { User.findOne({ name: `user ${n}` }).exec(() => {}); };
