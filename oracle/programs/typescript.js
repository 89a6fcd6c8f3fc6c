'use strict';
// Type-checks a large program with the TypeScript compiler and writes the compiler's heap.
//
//   node typescript.js TYPESCRIPT_FOLDER SNAPSHOT ROOT_FILE...
const v8 = require('v8');
const [folder, out, ...roots] = process.argv.slice(2);
const ts = require(folder);
const program = ts.createProgram(roots, {
  target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], strict: true, skipLibCheck: true, noEmit: true, types: [], allowJs: true,
});
let errors = 0;
for (const file of program.getSourceFiles()) errors += program.getSemanticDiagnostics(file).length;
global.program = program;
v8.writeHeapSnapshot(out);
console.log(JSON.stringify({ files: program.getSourceFiles().length, errors, peak_rss: process.resourceUsage().maxRSS * 1024 }));
process.exit(0);
