exports.expect = { library: 'tough-cookie' };
const { CookieJar } = require('tough-cookie');
const jar = new CookieJar();
exports.step = (n) => new Promise((resolve) => {
  jar.setCookie(`sid=s${n}; Path=/; Max-Age=100000`, `http://shop${n}.example.com/`, () => resolve());
});
