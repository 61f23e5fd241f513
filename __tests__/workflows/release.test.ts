import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { interpolate } from '../workflow/expressions.ts';
import { ROOT, read, type WorkflowStep, workflowOf } from './files.ts';

const TAG = 'v1.2.3';
const ARCHIVE = `insights-hub-agent-certificate-${TAG}.tar.gz`;
const WORKFLOW = read('.github/workflows/release.yml');
const { jobs } = workflowOf(WORKFLOW);

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"name":"project","version":"1.2.3","dependencies":{"bundled":"1.0.0"}}',
  'package-lock.json': JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { name: 'project', version: '1.2.3', dependencies: { bundled: '1.0.0' } },
      'node_modules/bundled': { version: '1.0.0' },
      'node_modules/tool': { version: '1.0.0', dev: true },
    },
  }),
  'CHANGELOG.md': '# Changelog\n\n## [1.2.3]\n\n- Something new\n',
  'action.yml': '',
  'delete/action.yml': '',
  'dist/create.js': 'committed\n',
  LICENSE: '',
  'docs/security.md': '',
  'bench/files.svg': '',
};

/**
 * A package that has npm replace what packs the release; `dist/` itself stays as it is. What reads
 * the lock file is npm itself.
 */
const NPM = `#!/usr/bin/env bash
[[ $1 != sbom ]] || PATH=\${PATH#*:} exec npm "$@"
[[ $1 = ci ]] || exit 0
echo '#!/usr/bin/env bash' > .ci/write-sbom
cat > .ci/pack-release << 'END'
#!/usr/bin/env bash
mkdir -p "$2/dist"
echo evil > "$2/dist/create.js"
echo evil > "$2/insights-hub-agent-certificate-$1.tar.gz"
END
`;

/** Writes down what is published. */
const GH = `#!/usr/bin/env bash
[[ $* = 'release create'* ]] || exit 0
for file in "$@"; do
  [[ $file != *.tar.gz ]] || cp "$file" "$PUBLISHED"
  [[ $file != *.cdx.json ]] || cp "$file" "$PUBLISHED.cdx.json"
done
`;

/**
 * A repository with a tag, and the results of the jobs of a release, each on a separate machine.
 */
class Release {
  readonly #directory: string;
  readonly #outputs: Record<string, { outputs: Readonly<Record<string, string>> }> = {};

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(...names: readonly string[]): string {
    return path.join(this.#directory, ...names);
  }

  /** Nothing of this machine's or its user's Git. */
  get #env(): NodeJS.ProcessEnv {
    return {
      PATH: [this.path('bin'), path.dirname(process.execPath), process.env['PATH']].join(':'),
      HOME: this.#directory,
      PUBLISHED: this.path('published'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'somebody',
      GIT_AUTHOR_EMAIL: 'somebody@some.com',
      GIT_COMMITTER_NAME: 'somebody',
      GIT_COMMITTER_EMAIL: 'somebody@some.com',
    };
  }

  git(...args: readonly string[]): string {
    const options = { cwd: this.path('work'), env: this.#env, encoding: 'utf8' } as const;
    return execFileSync('git', args, options).trim();
  }

  async prepare(): Promise<void> {
    await mkdir(this.path('bin'));
    for (const [name, script] of Object.entries({ npm: NPM, gh: GH })) {
      await writeFile(this.path('bin', name), script);
      await chmod(this.path('bin', name), 0o755);
    }
    cpSync(path.join(ROOT, '.ci'), this.path('work/.ci'), { recursive: true });
    for (const [name, text] of Object.entries(FILES)) {
      await mkdir(path.dirname(this.path('work', name)), { recursive: true });
      await writeFile(this.path('work', name), text);
    }
    this.git('init', '--quiet', '--bare', '--initial-branch=main', '../bare');
    this.git('init', '--quiet', '--initial-branch=main');
    this.git('remote', 'add', 'origin', '../bare');
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', 'a release');
    this.git('tag', TAG);
    this.git('push', '--quiet', 'origin', 'main', TAG);
  }

  /** Plays a job; throws when one of its steps fails. */
  async play(id: string): Promise<void> {
    const machine = this.path(`machine-${id}`);
    const outputs: Record<string, { outputs: Record<string, string> }> = {};
    await mkdir(path.join(machine, 'workspace'), { recursive: true });
    for (const step of jobs[id]?.steps ?? []) {
      const made = await this.#playStep(step, machine);
      if (step.id !== undefined) outputs[step.id] = { outputs: made };
    }
    const { outputs: declared = {} } = jobs[id] as { outputs?: Readonly<Record<string, string>> };
    this.#outputs[id] = {
      outputs: Object.fromEntries(
        Object.entries(declared).map(([name, text]) => [
          name,
          interpolate(text, { contexts: { steps: outputs } }),
        ]),
      ),
    };
  }

  async #playStep(step: WorkflowStep, machine: string): Promise<Record<string, string>> {
    const workspace = path.join(machine, 'workspace');
    const contexts = {
      needs: this.#outputs,
      runner: { temp: machine },
      github: { token: '', repository: 'octo/device' },
    };
    const given = (name: string) => interpolate(String(step.with?.[name]), { contexts });
    const { uses = '', run } = step;
    if (uses.startsWith('actions/checkout@')) {
      execFileSync('git', ['clone', '--quiet', '--branch', TAG, this.path('bare'), workspace], {
        env: this.#env,
        stdio: 'pipe',
      });
    } else if (uses.startsWith('actions/upload-artifact@')) {
      cpSync(given('path'), this.path('artifact'), { recursive: true });
    } else if (uses.startsWith('actions/download-artifact@')) {
      cpSync(this.path('artifact'), path.resolve(workspace, given('path')), { recursive: true });
    } else if (uses.startsWith('actions/attest@')) {
      expect(given('subject-path').split('\n')).toContain('release/*.tar.gz');
      cpSync(path.join(workspace, 'release'), this.path('attested'), { recursive: true });
    }
    return run === undefined ? {} : this.#run(run, step, machine);
  }

  async #run(script: string, { env = {} }: WorkflowStep, machine: string) {
    const output = path.join(machine, 'output');
    await writeFile(output, '');
    const contexts = { needs: this.#outputs, github: { token: '', repository: 'octo/device' } };
    const values = Object.entries(env).map(([name, value]) => [
      name,
      interpolate(String(value), { contexts }),
    ]);
    const { status, stderr } = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
      {
        cwd: path.join(machine, 'workspace'),
        env: {
          ...this.#env,
          ...Object.fromEntries(values),
          GITHUB_REF_NAME: TAG,
          GITHUB_OUTPUT: output,
          RUNNER_TEMP: machine,
        },
        encoding: 'utf8',
        timeout: 30_000,
      },
    );
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    const lines = readFileSync(output, 'utf8').trim().split('\n');
    return Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
  }
}

const test = base.extend<{ release: Release }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  release: async ({}, use) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'release-'));
    const release = new Release(directory);
    try {
      await release.prepare();
      await use(release);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
});

describe.skipIf(process.platform === 'win32')('a release that a package tries to alter', () => {
  test('is what was committed, attested and published', async ({ release }) => {
    for (const id of Object.keys(jobs)) await release.play(id);
    const published = readFileSync(release.path('published'));
    expect(published.equals(readFileSync(release.path('attested', ARCHIVE)))).toBe(true);
    expect(readFileSync(release.path('attested/dist/create.js'), 'utf8')).toBe('committed\n');
    const file = `${ARCHIVE.replace('.tar.gz', '')}/dist/create.js`;
    const args = ['-xzOf', release.path('published'), file];
    expect(execFileSync('tar', args, { encoding: 'utf8' })).toBe('committed\n');
    expect(release.git('ls-remote', 'origin', 'refs/tags/v1')).toContain(
      release.git('rev-parse', 'HEAD'),
    );
  });

  test('comes with the packages that are bundled in it', async ({ release }) => {
    for (const id of ['build', 'attest', 'publish']) await release.play(id);
    const published = readFileSync(release.path('published.cdx.json'), 'utf8');
    expect(published).toBe(readFileSync(release.path('attested/sbom.cdx.json'), 'utf8'));
    const sbom = JSON.parse(published);
    expect(sbom.components.map(({ name }: { readonly name: string }) => name)).toEqual(['bundled']);
    expect(sbom.metadata.component).toMatchObject({ name: 'project', version: '1.2.3' });
    // Without these three, it would not be attested.
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: expect.stringMatching(/^1/),
    });
    expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const { steps } = jobs['attest'] ?? { steps: [] };
    const paths = steps.flatMap(({ with: given = {} }) => given['sbom-path'] ?? []);
    expect(paths).toEqual(['release/sbom.cdx.json']);
  });

  test('is not published if it is not what was attested', async ({ release }) => {
    await release.play('build');
    await release.play('attest');
    release.git('commit', '--quiet', '--allow-empty', '--message', 'another');
    release.git('tag', '--force', TAG);
    release.git('push', '--quiet', '--force', 'origin', 'main', TAG);
    await expect(release.play('publish')).rejects.toThrow('not the one that was attested');
    expect(existsSync(release.path('published'))).toBe(false);
  });
});

describe('the jobs of a release', () => {
  const { build, attest, publish, 'move-tag': moveTag } = jobs;

  base('run packages in only one of them, which passes nothing on', () => {
    for (const [id, { steps }] of Object.entries(jobs)) {
      const text = JSON.stringify(steps);
      expect({ id, runs: /\bnp[mx]\b|setup-node|compare-dist/.test(text) }).toEqual({
        id,
        runs: id === 'build',
      });
      expect(text).not.toMatch(/-artifact@|actions\/cache/);
    }
    // What the other jobs call has npm read the lock file, and nothing else.
    for (const [, script = ''] of WORKFLOW.matchAll(/ \.ci\/([\w-]+)/g)) {
      if (script === 'compare-dist') continue;
      const code = read(`.ci/${script}`).replaceAll(/^#.*$/gm, '');
      const calls = [...code.matchAll(/\bnp[mx] .*/g)].map(([call]) => call);
      expect(calls.filter((call) => !call.startsWith('npm sbom --package-lock-only '))).toEqual([]);
    }
    expect(build).not.toHaveProperty('outputs');
    for (const job of [attest, publish]) {
      expect(job?.steps[0]?.uses).toMatch(/^actions\/checkout@/);
    }
  });

  base('wait for an approval before they write anything but the attestation', () => {
    for (const job of [publish, moveTag]) expect(job).toMatchObject({ environment: 'release' });
  });
});
