exports.expect = { library: 'socket.io-client' };
const { io } = require('socket.io-client');
exports.step = (n) => { io(`http://127.0.0.1:1/room${n}`, { autoConnect: false }).disconnect(); };
