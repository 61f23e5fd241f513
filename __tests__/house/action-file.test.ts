import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { validateAction } from '@actions/languageservice/validate-action';
import { describe, expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import { readInputs } from '../../src/create/inputs.ts';
import { readDeleteInputs } from '../../src/delete/inputs.ts';
import { failureCodes } from '../../src/failure.ts';
import { CREATE_DEFAULTS, DELETE_DEFAULTS } from '../../src/inputs/defaults.ts';
import type { InputSource } from '../../src/inputs/reader.ts';
import { VERSION } from '../../src/version.ts';
import { lint } from '../recipes/actionlint.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');

interface ActionFile {
  readonly inputs: Readonly<Record<string, Item & { default?: string; required?: boolean }>>;
  readonly outputs: Readonly<Record<string, Item>>;
  readonly runs: { readonly main: string; readonly post?: string };
}
interface Item {
  readonly description: string;
}

const readme = read('README.md');

/** GitHub's expression: the runner fills it; where it is given as empty, the environment is asked. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of GitHub's
const REPOSITORY = '${{ github.repository }}';

type ReadAll = (source: InputSource) => unknown;

/** Both actions, with what reads their inputs and where the README tells of them. */
const actions = [
  {
    file: 'action.yml',
    uses: 'OWNER/REPO@v1',
    readAll: readInputs satisfies ReadAll,
    defaults: CREATE_DEFAULTS,
    inputs: 'Inputs',
    outputs: 'Outputs',
  },
  {
    file: 'delete/action.yml',
    uses: 'OWNER/REPO/delete@v1',
    readAll: readDeleteInputs satisfies ReadAll,
    defaults: DELETE_DEFAULTS,
    inputs: 'Inputs of the delete action',
    outputs: 'Output of the delete action',
  },
].map((one) => ({ ...one, text: read(one.file), action: parse(read(one.file)) as ActionFile }));

/** The rows of the table below a heading of the README, without back-ticks. */
function table(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = readme.split(new RegExp(`\\n##+ ${heading}\\n`));
  const [own = ''] = section.split(/\n##+ /);
  const rows = own.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

describe.each(actions)('$file', ({ file, text, action: own, readAll, defaults, ...headings }) => {
  const problemsOf = async (content: string, name: string) => {
    const document = TextDocument.create(`file:///${name}/${file}`, 'yaml', 1, content);
    return (await validateAction(document)).map(({ message }) => message);
  };

  test('is accepted by the language service of GitHub Actions', async () => {
    expect(await problemsOf(text, 'ours')).toEqual([]);
  });

  test('would not be accepted with a mistake', async () => {
    const mistakes = [
      text.replace('using: node24', 'using: node25'),
      text.replace('icon: lock', 'icon: key'),
      `${text}\nunknown: true\n`,
    ];
    for (const [index, mistake] of mistakes.entries()) {
      expect(await problemsOf(mistake, `mistake${index}`)).not.toEqual([]);
    }
  });

  test('leads to bundles that are there', () => {
    for (const entry of [own.runs.main, own.runs.post]) {
      if (entry === undefined) continue;
      expect(existsSync(path.join(ROOT, path.dirname(file), entry))).toBe(true);
    }
  });

  test('declares exactly the inputs that are read', async () => {
    const asked = new Set<string>();
    const input = (name: string) => {
      asked.add(name);
      return '';
    };
    const secrets = { mask: () => {}, maskKey: () => {}, redact: (same: string) => same };
    const source = { input, rawInput: input, workspace: ROOT, environment: {}, secrets };
    await expect(readAll(source)).rejects.toThrow(/problems/);
    expect([...asked].sort()).toEqual(Object.keys(own.inputs).sort());
  });

  test('says the same defaults as the code', () => {
    const declared = Object.entries(own.inputs).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    );
    expect(Object.fromEntries(declared)).toEqual({ ...defaults, repository: REPOSITORY });
  });

  test('describes every input and output', () => {
    const items = [...Object.values(own.inputs), ...Object.values(own.outputs)];
    for (const { description } of items) expect(description).toMatch(/^[A-Z].*\.$/s);
  });

  test('has its inputs in the README in order, with their defaults', () => {
    const declared = Object.entries(own.inputs).map(([name, one]) => [
      name,
      one.default ?? (one.required ? 'required' : ''),
    ]);
    expect(table(headings.inputs).map(([name, value]) => [name, value])).toEqual(declared);
  });

  test('has its outputs in the README in order', () => {
    expect(table(headings.outputs).map(([name]) => name)).toEqual(Object.keys(own.outputs));
  });
});

describe('the README', () => {
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
  const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
  const whole = blocks.filter((block) => /^on:/m.test(block));
  const [minimal = ''] = whole;
  const [head = ''] = minimal.split(/^ +- id: /m);
  const steps = blocks.filter((block) => /^ {6}- /m.test(block) && !whole.includes(block));
  const workflows = [...whole, ...steps.map((block) => head + block)];

  // The recipes are linted by their own tests.
  const recipes = readdirSync(path.join(ROOT, 'docs/recipes'));
  const linted = recipes.map((name) => read(`docs/recipes/${name}`));
  const others = workflows.filter((workflow) => !linted.includes(workflow));
  test.each(others.map((workflow, index) => ({ index, workflow })))(
    'are accepted by actionlint (number $index)',
    async ({ workflow }) => {
      expect(actions.some(({ uses }) => workflow.includes(`uses: ${uses}\n`))).toBe(true);
      expect(await lint(workflow)).toBe('');
    },
  );

  test('would not be accepted with a mistake', async () => {
    const mistake = minimal.replace('runs-on:', 'run-on:');
    expect(await lint(mistake)).toContain('run-on');
  });

  test('use inputs and outputs that exist', () => {
    for (const { jobs } of workflows.map((workflow) => parse(workflow) as Workflow)) {
      const all = Object.values(jobs).flatMap((job) => job.steps);
      for (const { id, uses, with: given = {} } of all) {
        if (!uses?.startsWith('OWNER/')) continue;
        const own = actions.find((one) => one.uses === uses)?.action;
        expect(own, uses).toBeDefined();
        expect(Object.keys(own?.inputs ?? {})).toEqual(expect.arrayContaining(Object.keys(given)));
        const used = [...JSON.stringify(jobs).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
        const names = used.flatMap(([, step, name = '']) => (step === id ? [name] : []));
        expect(Object.keys(own?.outputs ?? {})).toEqual(expect.arrayContaining(names));
      }
    }
  });

  test.each(recipes)('hold the recipe %s to the letter', (name) => {
    expect(whole).toContain(read(`docs/recipes/${name}`));
    expect(readme).toContain(`](docs/recipes/${name})`);
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
