exports.expect = { library: 'react-side-effect' };
const React = require('react');
const { renderToString } = require('react-dom/server');
const { Helmet } = require('react-helmet');
exports.step = (n) => { renderToString(React.createElement(Helmet, { title: `Page ${n}` })); };
