exports.expect = { library: 'router' };
const express = require('express');
const app = express();
exports.step = (n) => { app.get(`/hook/${n}`, (request, response) => response.end(String(n))); };
