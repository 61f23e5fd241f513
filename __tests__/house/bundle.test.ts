import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const DIST = path.resolve(import.meta.dirname, '../../dist');
const bundles = readdirSync(DIST).map((name) => ({
  name,
  text: readFileSync(path.join(DIST, name, 'index.js'), 'utf8'),
}));

describe.each(bundles)('the bundle $name', ({ name, text }) => {
  test('holds undici once', () => {
    // Set in one place of undici's sources, so once in each copy.
    expect(text.match(/\.code ?= ?["']UND_ERR_BPL_MISSING_UPSTREAM/g)).toHaveLength(1);
  });

  test('finds no module at run time that it does not bring', () => {
    expect(text).not.toMatch(/eval\(["']require["']\)/);
  });

  test('comes with the licences of what it holds', () => {
    const licences = readFileSync(path.join(DIST, name, 'licenses.txt'), 'utf8');
    expect(licences).toContain('@actions/core\nMIT');
    expect(licences).toContain('undici\nMIT');
  });

  test('is an ES module', () => {
    const manifest = readFileSync(path.join(DIST, name, 'package.json'), 'utf8');
    expect(JSON.parse(manifest)).toEqual({ type: 'module' });
  });
});
