exports.expect = { library: 'i18next' };
const i18next = require('i18next');
exports.init = () => i18next.init({ lng: 'en', resources: {} });
exports.step = (n) => { const page = { n, text: `page ${n}` }; i18next.on('languageChanged', () => page.n); };
