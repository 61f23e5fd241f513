import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const DIST = path.resolve(import.meta.dirname, '../../dist');
const read = (name: string) => readFileSync(path.join(DIST, name), 'utf8');

const names = readdirSync(DIST);
const scripts = names.filter((name) => name.endsWith('.js'));
/** All scripts together: what every start loads, and the chunks that are loaded when they are used. */
const text = scripts.map(read).join('\n');

describe('the bundle', () => {
  test('contains undici once, and only where Octokit is loaded', () => {
    // Set in one place of undici's sources, so once in each copy.
    const mark = /\.code ?= ?["']UND_ERR_BPL_MISSING_UPSTREAM/g;
    expect(text.match(mark)).toHaveLength(1);
    const holders = scripts.filter((name) => read(name).match(mark));
    expect(holders.filter((name) => !read(name).includes('octokit'))).toEqual([]);
  });

  test('includes every module that it needs at run time', () => {
    expect(text).not.toMatch(/eval\(["']require["']\)/);
  });

  test('has MQTT in a single script, which only verifying a connection loads', () => {
    const holders = scripts.filter((name) => read(name).includes('no CONNACK arrived'));
    expect(holders).toHaveLength(1);
    expect(holders).not.toContain('index.js');
  });

  test('is small, because each runner downloads it', () => {
    const sizes = names
      .filter((name) => name !== 'licenses.txt')
      .map((name) => statSync(path.join(DIST, name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(800_000);
  });

  test('is an ES module', () => {
    expect(JSON.parse(read('package.json'))).toEqual({ type: 'module' });
  });

  test.each(['create.js', 'create-post.js', 'delete.js'])('is started by %s', (name) => {
    expect(read(name)).toMatch(/^import\{(\w+) as \w+\}from"\.\/index\.js";await \w+\(\);\n$/);
  });
});
