exports.expect = { library: 'jest-mock' };
const { ModuleMocker } = require('jest-mock');
const mocker = new ModuleMocker(globalThis);
exports.step = (n) => { mocker.spyOn({ run() { return n; } }, 'run'); };
