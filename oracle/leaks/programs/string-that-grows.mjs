export const expect = { kind: ['growing_strings', 'growing_object', 'growing_class', 'closure_context'], path: /log/ };
const state = { log: '' };
export function step(n) { state.log += `line ${n} of the log that nobody reads\n`; }
