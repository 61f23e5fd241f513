import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { ROOT } from './files.ts';

/** What a script ended with, and printed. */
interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A clone on its branch main, beside the bare repository that it comes from. */
class Clone {
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(directory: string) {
    this.directory = directory;
    // Nothing of this machine's or its user's Git.
    this.#env = {
      PATH: `${directory}/bin${path.delimiter}${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH']}`,
      HOME: directory,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'somebody',
      GIT_AUTHOR_EMAIL: 'somebody@some.com',
      GIT_COMMITTER_NAME: 'somebody',
      GIT_COMMITTER_EMAIL: 'somebody@some.com',
    };
  }

  get work(): string {
    return path.join(this.directory, 'work');
  }

  git(...args: readonly string[]): string {
    const options = { cwd: this.work, env: this.#env, encoding: 'utf8' } as const;
    return execFileSync('git', args, options).trim();
  }

  async commit(files: Readonly<Record<string, string>>): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(this.work, name), text);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'a change');
    this.git('push', '--quiet', 'origin', 'HEAD');
    return this.git('rev-parse', 'HEAD');
  }

  release(tag: string, ...options: readonly string[]): void {
    this.git('tag', ...options, tag);
    this.git('push', '--quiet', 'origin', tag);
  }

  /** The commits that the tags of the bare repository lead to. */
  remoteCommit(tag: string): string {
    return this.git('ls-remote', 'origin', `refs/tags/${tag}`).split('\t')[0] ?? '';
  }

  run(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended {
    const { status, stdout, stderr } = spawnSync(path.join(ROOT, '.ci', script), args, {
      cwd: this.work,
      env: { ...this.#env, ...env },
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { status, output: stdout, errors: stderr };
  }
}

const test = base.extend<{ clone: Clone }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  clone: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'release-'));
    const clone = new Clone(directory);
    try {
      await mkdir(clone.work);
      clone.git('init', '--quiet', '--bare', '--initial-branch=main', '../bare');
      clone.git('init', '--quiet', '--initial-branch=main');
      clone.git('remote', 'add', 'origin', '../bare');
      await use(clone);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
});

const CHANGELOG = `# Changelog

## [Unreleased]

- Something to come

## [1.2.3] - 2026-11-25

### Added

- Something new

## [1.2.2]

- Something old
`;
const RELEASED = { 'package.json': '{"version":"1.2.3"}', 'CHANGELOG.md': CHANGELOG };

describe.skipIf(process.platform === 'win32')('a release', () => {
  test('has the notes of its version', async ({ clone }) => {
    await clone.commit(RELEASED);
    const { status, output, errors } = clone.run('check-release', ['v1.2.3']);
    expect(errors).toBe('');
    expect(status).toBe(0);
    expect(output.trim()).toBe('### Added\n\n- Something new');
  });

  test('is only made for the version of package.json and the changelog', async ({ clone }) => {
    const refusals = (tags: readonly string[]) =>
      tags.map((tag) => {
        const { status, output, errors } = clone.run('check-release', [tag]);
        expect({ tag, status, output }).toEqual({ tag, status: 1, output: '' });
        return errors.trim();
      });
    await clone.commit(RELEASED);
    const noVersions = ['v1.2', '1.2.3', 'v1.2.3-rc.1', 'v1.2.03', 'v1x2.3'];
    expect(refusals(noVersions)).toEqual(
      noVersions.map((tag) => `${tag} is not a version such as v1.2.3.`),
    );
    expect(refusals(['v1.2.2'])).toEqual([
      'package.json has version 1.2.3, but the tag is v1.2.2.',
    ]);
    await clone.commit({ 'package.json': '{"version":"1.2.4"}' });
    expect(refusals(['v1.2.4'])).toEqual(['CHANGELOG.md has no notes for 1.2.4.']);
  });

  test('is not made for a commit that is not on main', async ({ clone }) => {
    await clone.commit(RELEASED);
    clone.git('checkout', '--quiet', '-b', 'aside');
    await clone.commit({ other: 'text' });
    const { status, errors } = clone.run('check-release', ['v1.2.3']);
    expect(status).toBe(1);
    expect(errors).toContain('is not on origin/main');
  });

  test('is packed from the commit, byte by byte', async ({ clone }) => {
    // Its rules for GitHub's archives leave most of a release out.
    for (const name of ['action.yml', '.gitattributes']) {
      cpSync(path.join(ROOT, name), path.join(clone.work, name));
    }
    await mkdir(path.join(clone.work, 'delete'));
    await mkdir(path.join(clone.work, 'dist/create'), { recursive: true });
    const code = ['delete/action.yml', 'package.json', 'LICENSE'];
    const pages = [
      ...['README.md', 'SECURITY.md', 'docs/security.md', 'docs/recipes/ephemeral-agent.yml'],
      ...['docs/pictures/npm-start.svg', 'bench/files.svg'],
    ];
    const whole = [...code, ...pages];
    for (const name of pages)
      await mkdir(path.dirname(path.join(clone.work, name)), { recursive: true });
    const files = Object.fromEntries(whole.map((name) => [name, name]));
    await clone.commit({ ...files, 'dist/create/index.js': 'committed\n', 'other.ts': '' });
    await writeFile(path.join(clone.work, 'dist/create/index.js'), 'changed since\n');

    const digests: string[] = [];
    const archives = ['a', 'b'].map((name) => {
      const target = path.join(clone.directory, name);
      const { status, output } = clone.run('pack-release', ['v1.2.3', target]);
      expect(status).toBe(0);
      digests.push(output.trim().replace(/^digest=/, ''));
      return path.join(target, 'insights-hub-agent-certificate-v1.2.3.tar.gz');
    });
    const [first = '', second = ''] = archives;
    expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
    const digest = createHash('sha256').update(readFileSync(first)).digest('hex');
    expect(digests).toEqual([digest, digest]);
    for (const [wanted, status] of [
      [digest, 0],
      ['', 1],
      ['0'.repeat(64), 1],
    ] as const) {
      const target = path.join(clone.directory, `c${status}`);
      expect(clone.run('pack-release', ['v1.2.3', target, wanted])).toMatchObject({ status });
    }
    const listed = execFileSync('tar', ['-tzf', first], { encoding: 'utf8' });
    expect(listed).toContain('-v1.2.3/dist/create/index.js\n');
    for (const name of whole) expect(listed).toContain(`-v1.2.3/${name}\n`);
    expect(listed).not.toContain('other.ts');
    const unpacked = path.join(clone.directory, 'a/dist/create/index.js');
    expect(await readFile(unpacked, 'utf8')).toBe('committed\n');
  });
});

describe.skipIf(process.platform === 'win32')('the tag of the major version', () => {
  test('is created by the first release, and moves with the next', async ({ clone }) => {
    const first = await clone.commit({ file: '1' });
    clone.release('v1.0.0');
    expect(clone.run('move-major-tag', ['v1.0.0'])).toMatchObject({ status: 0, errors: '' });
    expect(clone.remoteCommit('v1')).toBe(first);

    const second = await clone.commit({ file: '2' });
    clone.release('v1.10.0', '--annotate', '--message', 'a release');
    expect(clone.run('move-major-tag', ['v1.10.0'])).toMatchObject({ status: 0, errors: '' });
    // Also an annotated tag is followed to its commit.
    expect(clone.remoteCommit('v1')).toBe(second);
    expect(clone.remoteCommit('v1.0.0')).toBe(first);
  });

  test('moves even if it is annotated', async ({ clone }) => {
    await clone.commit({ file: '1' });
    clone.release('v1', '--annotate', '--message', 'made by hand');
    const second = await clone.commit({ file: '2' });
    clone.release('v1.0.1');
    expect(clone.run('move-major-tag', ['v1.0.1'])).toMatchObject({ status: 0, errors: '' });
    expect(clone.remoteCommit('v1')).toBe(second);
  });

  test('does not move back to an older release, or to another major version', async ({ clone }) => {
    await clone.commit({ file: '1' });
    clone.release('v1.9.0');
    const newest = await clone.commit({ file: '2' });
    clone.release('v1.10.0');
    expect(clone.run('move-major-tag', ['v1.10.0'])).toMatchObject({ status: 0 });
    const late = clone.run('move-major-tag', ['v1.9.0']);
    expect(late).toMatchObject({ status: 0, output: expect.stringContaining('was not moved') });
    expect(clone.remoteCommit('v1')).toBe(newest);

    await clone.commit({ file: '3' });
    clone.release('v2.0.0');
    expect(clone.run('move-major-tag', ['v2.0.0'])).toMatchObject({ status: 0 });
    expect(clone.remoteCommit('v1')).toBe(newest);
    expect(clone.remoteCommit('v2')).not.toBe('');
  });

  test('is not moved to a version that does not exist', async ({ clone }) => {
    await clone.commit({ file: '1' });
    clone.release('v1.0.0');
    for (const tag of ['v1', '1.0.0', 'v0.1.0', 'v1.0.0-rc.1', 'v1.0.7']) {
      expect(clone.run('move-major-tag', [tag]), tag).toMatchObject({ status: 1 });
    }
    expect(clone.remoteCommit('v1')).toBe('');
  });
});

describe.skipIf(process.platform === 'win32')('publishing', () => {
  /** A `gh` that writes down what it is called with, and knows of some releases. */
  const withGh = async (clone: Clone, releases: readonly string[], fails = 'nothing') => {
    const file = path.join(clone.directory, 'bin/gh');
    await mkdir(path.dirname(file));
    await writeFile(
      file,
      `#!/usr/bin/env bash
echo "$*" >> ../calls
[[ $* != ${fails}* ]] || exit 1
[[ $* != *--paginate* ]] || printf '%s' '${releases.map((one) => `${one}\n`).join('')}'
`,
    );
    await chmod(file, 0o755);
    const env = { GH_TOKEN: 'a token', GH_REPO: 'octo/device' };
    const ended = clone.run('publish-release', ['v1.2.3', 'notes.md', 'a.tar.gz'], env);
    const calls = (await readFile(path.join(clone.directory, 'calls'), 'utf8')).trim().split('\n');
    return { ...ended, calls: calls.filter((call) => !call.includes('--paginate')) };
  };
  const CREATE =
    'release create v1.2.3 --verify-tag --draft --title v1.2.3 --notes-file notes.md a.tar.gz';
  const PUBLISH = 'release edit v1.2.3 --verify-tag --draft=false';

  test('creates a draft with all files before it is published', async ({ clone }) => {
    const { status, calls } = await withGh(clone, []);
    expect(status).toBe(0);
    expect(calls).toEqual([CREATE, PUBLISH]);
  });

  test('deletes the drafts that earlier attempts left', async ({ clone }) => {
    const { status, calls } = await withGh(clone, ['17', '18']);
    expect(status).toBe(0);
    expect(calls).toEqual([
      'api --method DELETE repos/octo/device/releases/17',
      'api --method DELETE repos/octo/device/releases/18',
      CREATE,
      PUBLISH,
    ]);
  });

  test.for([[['published']], [['17', 'published']]])(
    'changes nothing if the release already exists (%s)',
    async ([releases], { clone }) => {
      const { status, calls, errors } = await withGh(clone, releases ?? []);
      expect(status).toBe(1);
      expect(errors).toContain('already published');
      expect(calls).toEqual([]);
    },
  );

  test.for(['api', 'release create'])('stops when %s fails', async (fails, { clone }) => {
    const { status, calls } = await withGh(clone, [], `"${fails}"`);
    expect(status).not.toBe(0);
    expect(calls).not.toContain(PUBLISH);
    expect(await readdir(clone.work)).not.toContain('calls');
  });
});
