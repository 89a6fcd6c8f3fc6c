exports.expect = { library: 'socket.io' };
const { Server } = require('socket.io');
const io = new Server();
exports.step = (n) => { io.of(`/tenant-${n}`); };
