export const expect = { kind: ['tree', 'growing_object', 'growing_array', 'growing_class'], path: /trie|root/ };
class TrieNode { constructor() { this.children = {}; } }
const trie = new TrieNode();
function insert(word) { let at = trie; for (const c of word) at = at.children[c] || (at.children[c] = new TrieNode()); at.end = word; }
export function step(n) { insert(`k${(n * 7919 % 99991).toString(36)}z${n.toString(36)}`); }
