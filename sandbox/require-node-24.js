// Prints a clear error if Node is too old. Runs on any version itself.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Node 24 is required; this is Node ${process.versions.node}. Run "npm ci" without ignore-scripts, so that the package "node" can install it, or put Node 24 on the PATH.`,
  );
  process.exit(1);
}
