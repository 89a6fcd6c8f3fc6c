exports.expect = { library: 'xstate' };
const { createMachine, interpret } = require('xstate');
const machine = createMachine({ id: 'order', initial: 'open', states: { open: {} } });
exports.step = () => { interpret(machine).start(); };
