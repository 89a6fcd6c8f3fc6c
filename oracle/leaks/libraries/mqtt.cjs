exports.expect = { library: 'mqtt' };
const mqtt = require('mqtt');
const client = mqtt.connect('mqtt://127.0.0.1:1', { reconnectPeriod: 0 });
client.on('error', () => {});
exports.step = (n) => { client.publish(`sensors/${n}`, JSON.stringify({ n })); };
