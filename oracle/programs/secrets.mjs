// Credentials in the places where a heap has text: writes a snapshot to the path that it is given.
import v8 from 'node:v8';
const mk = (...p) => p.join('');
const S = {
  github: mk('gh','p_','a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'),
  aws: mk('AK','IA','Q3EGRX7ZP2LMN5TU'),
  slack: mk('xox','b-','123456789012-abcdefGHIJKL'),
  stripe: mk('sk_','live_','4eC39HqLyjWDarjtT1zdp7dc'),
  jwt: mk('eyJhbGciOiJIUzI1NiJ9','.','eyJpc3MiOiJzc28iLCJleHAiOjE3OTAwMDAwMDB9','.','c2lnbmF0dXJlc2ln'),
  npm: mk('npm','_','Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2Rr1Qq0Pp9Oo8'),
  pem: (await import('node:crypto')).generateKeyPairSync('rsa',{modulusLength:2048,privateKeyEncoding:{type:'pkcs8',format:'pem'},publicKeyEncoding:{type:'spki',format:'pem'}}).privateKey,
  pg: mk('postgres://app:','Tr0ub4dor3','@db.internal/x'),
  named: mk('correct','horse','battery9'), mapv: mk('zebra','Crossing','77x'), ctx: mk('violet','Umbrella','42q'),
  header: mk('Basic ', Buffer.from('bob:sesame99!').toString('base64')),
  sliced: mk('gl','pat-','9xZ8cV7bN6mL5kJ4hG3f'), cons: mk('hv','s.','CAESIJ9a8b7c6d5e4f3g2h1i0jklm'),
};
const fresh = (s) => Buffer.from(s).toString('latin1');   // a string of its own, not a constant of the source
globalThis.app = { tokens: [fresh(S.github), fresh(S.aws)], slack: fresh(S.slack), payment: { k: fresh(S.stripe) },
  session: { password: fresh(S.named), jwt: fresh(S.jwt) }, conf: new Map([['client_secret', fresh(S.mapv)], ['npmrc', fresh(S.npm)]]),
  key: fresh(S.pem), url: fresh(S.pg), headers: { authorization: fresh(S.header) } };
globalThis.app.fn = (() => { const apiKey = fresh(S.ctx); return () => apiKey; })();
const big = fresh('x'.repeat(200) + ' ' + S.sliced + ' ' + 'y'.repeat(200)); globalThis.app.slice = big.slice(150, 300);
globalThis.app.rope = fresh(S.cons.slice(0, 14)) + fresh(S.cons.slice(14)) ;
for (const k in S) delete S[k];
v8.writeHeapSnapshot(process.argv[2]);
