// `npm start`, on a fresh clone too and with any version of Node: installs the packages if needed,
// then runs the demo on Node 24, which is one of the packages.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname));
const inRoot = (...names) => path.join(root, ...names);

function isInstalled() {
  const done = inRoot('node_modules', '.package-lock.json');
  return (
    existsSync(done) && statSync(done).mtimeMs >= statSync(inRoot('package-lock.json')).mtimeMs
  );
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, ...options });
  if (error) console.error(`${command} could not be started (${error.code}).`);
  return status ?? 1;
}

function install() {
  // Standard output is for the demo.
  console.error('Installing packages. This happens once and takes up to a minute.');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const stdio = ['inherit', 2, 2];
  const status = npm
    ? run(process.execPath, [npm, ...args], { stdio })
    : run('npm', args, { stdio, shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error('The packages could not be installed. See the messages from npm above.');
    process.exit(status);
  }
}

function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const windows = process.platform === 'win32';
  return inRoot('node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
}

if (!isInstalled()) install();
const node = findNode24();
if (!existsSync(node)) {
  console.error(
    `Node 24 is required; this is Node ${process.versions.node}. Run "npm ci" without ignore-scripts, so that the\npackage "node" can install it, or put Node 24 on the PATH.`,
  );
  process.exit(1);
}
const demo = spawn(node, [inRoot('sandbox', 'demo.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
// Ctrl-C in a terminal reaches both processes. Signals sent only to this one are passed on.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => demo.kill(signal));
demo.on('error', ({ code }) => {
  console.error(`The demo could not be started (${code}).`);
  process.exitCode = 1;
});
demo.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
