exports.expect = { library: 'axios' };
const axios = require('axios');
exports.step = (n) => axios.interceptors.request.use((config) => ({ ...config, tenant: n }));
