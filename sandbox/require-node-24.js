// Gives a clear error if Node is too old; runs on any version itself.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `This needs Node 24, and found Node ${process.versions.node}. It comes with "npm ci" as the package "node"; allow that package's install script (no ignore-scripts), or put Node 24 on the PATH.`,
  );
  process.exit(1);
}
