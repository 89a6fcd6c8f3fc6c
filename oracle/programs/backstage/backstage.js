// A Backstage backend with a generated catalog, database and cache in memory.
// The catalog is processed while requests are answered; three snapshots stand after equal numbers of requests.
//
//   node --no-node-snapshot backstage.js FOLDER ENTITIES
const fs = require('node:fs'), path = require('node:path'), v8 = require('node:v8');
const [folder, count] = [process.argv[2], Number(process.argv[3])];
const words = (i) => `owner-${i % 40}`;
let yaml = '';
for (let i = 0; i < 40; i++) yaml += `---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: ${words(i)}}\nspec: {type: team, children: []}\n`;
for (let i = 0; i < count; i++) yaml += `---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: service-${i}\n  description: The service number ${i} of the generated catalog\n  tags: [generated, part-${i % 17}]\n  annotations: {backstage.io/techdocs-ref: "dir:.", example.org/build: "build ${i}"}\nspec:\n  type: service\n  lifecycle: production\n  owner: ${words(i)}\n  dependsOn: ["component:service-${(i * 7 + 1) % count}"]\n`;
fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(path.join(folder, 'catalog.yaml'), yaml);
const port = 17007;
fs.writeFileSync(path.join(folder, 'app-config.yaml'), JSON.stringify({
  app: { title: 'generated', baseUrl: `http://127.0.0.1:${port}` },
  organization: { name: 'generated' },
  backend: { baseUrl: `http://127.0.0.1:${port}`, listen: { host: '127.0.0.1', port }, database: { client: 'better-sqlite3', connection: ':memory:' }, cache: { store: 'memory' },
    auth: { dangerouslyDisableDefaultAuthPolicy: true } },
  techdocs: { builder: 'external', publisher: { type: 'local' } },
  catalog: { rules: [{ allow: ['Component', 'Group', 'Location'] }], processingInterval: { minutes: 30 },
    locations: [{ type: 'file', target: path.resolve(folder, 'catalog.yaml') }] },
}));
process.argv = [process.argv[0], process.argv[1], '--config', path.resolve(folder, 'app-config.yaml')];
const { createBackend } = require('@backstage/backend-defaults');
const backend = createBackend();
for (const name of ['plugin-catalog-backend', 'plugin-search-backend', 'plugin-search-backend-module-catalog', 'plugin-techdocs-backend']) backend.add(import(`@backstage/${name}`));
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const get = async (p) => (await fetch(`http://127.0.0.1:${port}${p}`)).json().catch(() => ({}));
(async () => {
  await backend.start();
  const total = async () => Number((await get('/api/catalog/entities/by-query?limit=1')).totalItems ?? 0);
  let seen = 0;
  for (let i = 0; i < 130 && seen < count; i++) { await sleep(2000); seen = await total(); }
  if (seen < count) throw new Error(`only ${seen} of ${count} entities were processed`);
  for (let n = 1; n <= 3; n++) {
    for (let i = 0; i < 200; i++) await get(`/api/catalog/entities?limit=100&offset=${(i * 100) % count}`);
    v8.writeHeapSnapshot(path.join(folder, `backstage-node22-${n}.heapsnapshot`));
  }
  process.exit(0);
})().catch((e) => { console.error(e); process.exit(1); });
