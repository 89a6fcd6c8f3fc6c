exports.expect = { library: 'graphql-tag' };
const { gql } = require('graphql-tag');
exports.step = (n) => { gql(`query Q${n} { user(id: ${n}) { name } }`); };
