/**
 * Bundles `lib/` to `dist/`: code that the entries share is there once, and code that not every run
 * needs is in chunks of its own. Each entry of an action file has a launcher.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ncc from '@vercel/ncc';
import { minify } from 'terser';

const ROOT = path.resolve(import.meta.dirname, '..');
const DIST = path.join(ROOT, 'dist');

const LICENCES = 'licenses.txt';

/** The functions of the bundle, by the launchers that call them. */
const LAUNCHERS = {
  'create.js': 'create',
  'create-post.js': 'cleanUp',
  'delete.js': 'deleteEntry',
};

const { code, assets } = await ncc(path.join(ROOT, 'lib/index.js'), {
  cache: false,
  license: LICENCES,
  quiet: true,
});

mkdirSync(DIST);
await write('index.js', code);
for (const [name, { source }] of Object.entries(assets)) await write(name, String(source));
for (const [name, call] of Object.entries(LAUNCHERS)) {
  await write(name, `import { ${call} } from './index.js';\n\nawait ${call}();\n`);
}

async function write(name: string, content: string): Promise<void> {
  if (name.endsWith('.js')) content = await small(content);
  if (name === LICENCES) content = withToolkit(content);
  writeFileSync(path.join(DIST, name), content);
}

/** The bundler misses the licence of what is imported by its path. */
function withToolkit(licences: string): string {
  const licence = readFileSync(path.join(ROOT, 'node_modules/@actions/core/LICENSE.md'), 'utf8');
  return `@actions/core\nMIT\n${licence}\n${licences}`;
}

/** The bundler's own way to do this leaves chunks as they are. */
async function small(script: string): Promise<string> {
  const { code: result } = await minify(script, { module: true, ecma: 2020 });
  if (result === undefined) throw new Error('there is no result');
  return `${result}\n`;
}
