// Writes both kinds of snapshot that Bun has.
import { generateHeapSnapshot } from 'bun';
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
const { build } = createRequire(import.meta.url)('./mixed.js');
build(globalThis);
const [v8File, plainFile] = process.argv.slice(2);
writeFileSync(v8File, generateHeapSnapshot('v8'));
writeFileSync(plainFile, JSON.stringify(generateHeapSnapshot()));
process.exit(0);
