import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect } from 'vitest';

const NPMRC = path.resolve(import.meta.dirname, '../../.npmrc');

/** A project with our .npmrc, whose package needs a Node that nobody has. */
const test = base.extend<{ project: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  project: async ({}, use) => {
    const project = await mkdtemp(path.join(tmpdir(), 'npmrc-'));
    const write = (name: string, content: object) =>
      writeFile(path.join(project, name), JSON.stringify(content));
    await mkdir(path.join(project, 'newer'));
    await write('newer/package.json', {
      name: 'newer',
      version: '1.0.0',
      engines: { node: '999' },
    });
    await write('package.json', { name: 'project', dependencies: { newer: 'file:newer' } });
    try {
      await use(project);
    } finally {
      await rm(project, { recursive: true, force: true });
    }
  },
});

/** What npm prints, without the settings of the user who runs the tests. */
function npm(project: string, ...args: readonly string[]) {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name));
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: project,
    env: { ...Object.fromEntries(own), npm_config_userconfig: path.join(project, 'nobody') },
    encoding: 'utf8',
    timeout: 60_000,
    shell: process.platform === 'win32',
  });
  return { status, said: stdout + stderr };
}

test('npm does not warn that Node is too old for a package, but shows errors', async ({
  project,
}) => {
  const install = ['install', '--offline', '--no-audit'] as const;
  expect(npm(project, ...install, '--dry-run').said).toContain('EBADENGINE');
  await copyFile(NPMRC, path.join(project, '.npmrc'));
  const { status, said } = npm(project, ...install);
  expect(status).toBe(0);
  expect(said.trim().split('\n')).toHaveLength(1);

  await rm(path.join(project, 'package-lock.json'));
  const refused = npm(project, 'ci', '--offline');
  expect(refused.status).not.toBe(0);
  expect(refused.said).toContain('npm error');
});
