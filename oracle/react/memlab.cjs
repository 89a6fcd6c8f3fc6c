// What MemLab says of a snapshot:
//
//   node memlab.cjs FILE
const core = require('@memlab/core');
const { dirname, join } = require('node:path');

// The package exports some of its analyses only.
const plugins = join(dirname(require.resolve('@memlab/heap-analysis')), 'plugins');
const NAMES = [
  'ObjectFanoutAnalysis', 'CollectionsHoldingStaleAnalysis', 'UnmountedReactFiberNodesAnalysis', 'ReactComponentHookAnalysis',
];
async function main(file) {
  for (const name of NAMES) {
    console.log(`\n=== ${name}`);
    const Analysis = require(join(plugins, name)).default;
    await new Analysis().analyzeSnapshotFromFile(file);
  }
  const snapshot = await core.utils.getSnapshotFromFile(file, { buildNodeIdIndex: true });
  core.analysis.preparePathFinder(snapshot);
  let [fibers, unmounted] = [0, 0];
  snapshot.nodes.forEach((node) => {
    fibers += core.utils.isFiberNode(node);
    unmounted += core.utils.isDetachedFiberNode(node);
  });
  console.log(`\n${fibers} fibers, ${unmounted} of them unmounted`);
}
main(process.argv[2]);
