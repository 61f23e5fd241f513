import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const DIST = path.resolve(import.meta.dirname, '../../dist');
/** All scripts of a bundle together: its entry, and the chunks that it loads when they are used. */
const bundles = readdirSync(DIST).map((name) => ({ name, text: read(name, '.js') }));

function read(name: string, ending: string): string {
  const files = readdirSync(path.join(DIST, name)).filter((file) => file.endsWith(ending));
  return files.map((file) => readFileSync(path.join(DIST, name, file), 'utf8')).join('\n');
}

describe.each(bundles)('the bundle $name', ({ name, text }) => {
  test('holds undici once', () => {
    // Set in one place of undici's sources, so once in each copy.
    expect(text.match(/\.code ?= ?["']UND_ERR_BPL_MISSING_UPSTREAM/g)).toHaveLength(1);
  });

  test('finds no module at run time that it does not bring', () => {
    expect(text).not.toMatch(/eval\(["']require["']\)/);
  });

  test('has MQTT in no script that every run loads, and at all only to create', () => {
    const entry = readFileSync(path.join(DIST, name, 'index.js'), 'utf8');
    // The name of MQTT's protocol before 3.1.1, which the codec knows.
    expect(entry).not.toContain('MQIsdp');
    expect(text.includes('MQIsdp')).toBe(name === 'create');
  });

  test('comes with the licences of what it holds', () => {
    const licences = read(name, '.licenses.txt');
    const packages = ['@actions/core', 'undici'];
    if (name === 'create') {
      packages.push('@actions/github', '@octokit/core', '@noble/ciphers', 'mqtt-packet');
    }
    for (const held of packages) expect(licences).toContain(`${held}\nMIT`);
  });

  test('is an ES module', () => {
    const manifest = readFileSync(path.join(DIST, name, 'package.json'), 'utf8');
    expect(JSON.parse(manifest)).toEqual({ type: 'module' });
  });
});
