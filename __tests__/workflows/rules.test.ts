import { execFileSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT, read, recipes, stepsOf, workflowOf, workflows } from './files.ts';
import { offences, offencesOfOurs, usesIn } from './offences.ts';

describe.each(workflows)('$file', ({ text }) => {
  test('follows the rules', () => {
    expect([...offences(text), ...offencesOfOurs(text)]).toEqual([]);
  });

  test('gives more than read permissions only to the jobs that need them', () => {
    const writing = Object.entries(workflowOf(text).jobs).flatMap(([id, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([name, level]) =>
        level === 'read' ? [] : [`${id} ${name}`],
      ),
    );
    expect(writing).toEqual(
      {
        CodeQL: ['analyze security-events'],
        Scorecard: ['analysis security-events', 'analysis id-token'],
        Release: [
          ...['attest id-token', 'attest attestations'],
          ...['publish contents', 'move-tag contents'],
        ],
      }[workflowOf(text).name] ?? [],
    );
  });

  test('calls scripts and npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const all = text.replaceAll(/^ *#.*$/gm, '');
    const named = [...all.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(
      ([, name = '']) => name,
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const files = [...all.matchAll(/(?<![\w/])\.ci\/[\w.-]+/g)].map(([file]) => file);
    for (const file of files) expect(existsSync(path.join(ROOT, file)), file).toBe(true);
  });

  test.skipIf(process.platform === 'win32')('has scripts that bash can parse', () => {
    for (const { run, job } of stepsOf(text)) {
      if (run === undefined) continue;
      expect(() => execFileSync('bash', ['-n', '-c', run], { stdio: 'pipe' }), job).not.toThrow();
    }
  });
});

describe('a workflow that breaks a rule is found', () => {
  const workflow = read('.github/workflows/ci.yml');

  test.each<[string, RegExp, string]>([
    ['permissions of all jobs', /^permissions: \{\}$/m, 'permissions: read-all'],
    ['permissions of all jobs', /^permissions: \{\}\n/m, ''],
    ['not pinned', /actions\/checkout@\S+ # v.*/, 'actions/checkout@v6'],
    ['not pinned', /(actions\/checkout@\S+) # v.*/, '$1'],
    ['not pinned', /(docker:\/\/alpine:[\d.]+)@\S+/, '$1'],
    ['no time limit', /^ {4}timeout-minutes: .*\n/m, ''],
    ['keeps its credentials', /persist-credentials: false/, 'persist-credentials: true'],
    ['keeps its credentials', /^ {8}with:\n {10}persist-credentials: false\n/m, ''],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of GitHub's
    ['in a script', /run: \.ci\/run/, 'run: echo "${{ github.head_ref }}"'],
    ['image not pinned', /^ {4}runs-on: /m, '    container: alpine:3.22\n$&'],
    ['no reason', /contents: read$/m, '$&\n      packages: read'],
    ['dangerous-triggers', /^ {2}pull_request:$/m, '  pull_request_target:'],
    ['bot-conditions', /event_name == 'pull_request'$/m, "actor == 'dependabot[bot]'"],
    ['secrets-inherit', /^ {4}timeout-minutes: .*$/m, '$&\n    secrets: inherit'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of GitHub's
    ['overprovisioned-secrets', /^( +)CI: ''$/m, '$1CI: ${{ toJSON(secrets) }}'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of GitHub's
    ['unredacted-secrets', /^( +)CI: ''$/m, '$1CI: ${{ fromJSON(secrets.A).b }}'],
    ['github-env', /run: \.ci\/run/, 'run: echo A=b >> "$GITHUB_ENV"'],
    ['insecure-commands', /^( +)CI: ''$/m, '$1ACTIONS_ALLOW_UNSECURE_COMMANDS: true'],
    ['unsound-contains', /if: github\.event_name ==.*/, "if: contains('a b', github.ref)"],
    ['unsound-condition', /if: github\.event_name ==.*/, 'if: |\n          false'],
    ['misfeature: cmd', /shell: bash/, 'shell: cmd'],
    ['adhoc-packages', /run: npm audit$/m, 'run: npm install something'],
    ['no limit of concurrency', /^ {2}cancel-in-progress: .*\n/m, ''],
    ['no name', /^ {4}name: .*\n/m, ''],
    ['a cache in a release', /^ {2}push:\n.*\n/m, "  push:\n    tags: ['v*']\n"],
  ])('%s (%s)', (offence, pattern, replacement) => {
    const broken = workflow.replace(pattern, replacement);
    expect(broken).not.toBe(workflow);
    expect([...offences(broken), ...offencesOfOurs(broken)].join('\n')).toContain(offence);
  });
});

test('one action has one version in all workflows and recipes', () => {
  const versions = new Map<string, Set<string>>();
  for (const uses of [...workflows, ...recipes].flatMap(({ text }) => usesIn(text))) {
    const [name = '', version = ''] = uses.split('@');
    // All of a repository's actions have its version.
    const repository = name.split('/').slice(0, 2).join('/');
    versions.set(repository, (versions.get(repository) ?? new Set()).add(version));
  }
  for (const [name, { size }] of versions) expect(size, name).toBe(1);
});

test('CI reviews changed dependencies of pull requests, and the signatures of packages', () => {
  const { jobs } = workflowOf(read('.github/workflows/ci.yml'));
  const [review, ...others] = jobs['review']?.steps ?? [];
  expect(others).toEqual([]);
  expect(review?.uses).toMatch(/^actions\/dependency-review-action@/);
  expect(review?.if).toBe("github.event_name == 'pull_request'");
  // The conclusion counts the job as passed where the step is skipped, but not if the job is.
  expect(jobs['review']).not.toHaveProperty('if');
  const commands = jobs['audit']?.steps.map(({ run }) => run);
  expect(commands).toContain('npm audit signatures');
});

test('every path in CODEOWNERS exists, and has an owner', () => {
  const lines = read('.github/CODEOWNERS').split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('* @OWNER');
  for (const rule of rules.slice(1)) {
    const [, name = ''] = /^\/(\S+) @OWNER$/.exec(rule) ?? [];
    expect(name, rule).not.toBe('');
    expect(existsSync(path.join(ROOT, name)), rule).toBe(true);
  }
});

test('the conclusion of CI needs all other jobs', () => {
  const { jobs } = workflowOf(read('.github/workflows/ci.yml'));
  const { conclusion, ...others } = jobs;
  expect(conclusion?.needs).toEqual(Object.keys(others));
  expect(conclusion?.if).toBe('always()');
});

test.skipIf(process.platform === 'win32')('scripts are executable, and bash can parse them', () => {
  const scripts = globSync('.ci/*', { cwd: ROOT }).filter((file) => !file.endsWith('.ts'));
  expect(scripts.length).toBeGreaterThan(5);
  for (const script of scripts) {
    expect(statSync(path.join(ROOT, script)).mode & 0o111, script).toBe(0o111);
    expect(() => execFileSync('bash', ['-n', script], { cwd: ROOT, stdio: 'pipe' })).not.toThrow();
  }
});

test('Dependabot waits before it proposes a version, and groups its proposals', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as {
    readonly updates: readonly {
      readonly 'package-ecosystem': string;
      readonly cooldown?: { readonly 'default-days': number };
      readonly groups?: object;
    }[];
  };
  expect(updates.map((one) => one['package-ecosystem'])).toEqual(['npm', 'github-actions']);
  for (const { cooldown, groups = {} } of updates) {
    expect(cooldown?.['default-days']).toBeGreaterThanOrEqual(7);
    expect(groups).not.toEqual({});
  }
});
