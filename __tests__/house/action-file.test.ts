import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { validateAction } from '@actions/languageservice/validate-action';
import { describe, expect, test } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import { groupsOf, PAGES, withTables } from '../../docs/action-tables.ts';
import type { InputSource } from '../../src/host/host.ts';
import { CREATE_DEFAULTS, readInputs } from '../../src/inputs/create.ts';
import { DELETE_DEFAULTS, readDeleteInputs } from '../../src/inputs/delete.ts';
import { KnownSecrets } from '../../src/secret.ts';
import { VERSION } from '../../src/version.ts';

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

/** GitHub's expression: the runner fills it; where it is given as empty, the environment is asked. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of GitHub's
const REPOSITORY = '${{ github.repository }}';

type ReadAll = (source: InputSource) => unknown;

/** Both actions, with the code that reads their inputs and the page that describes them. */
const actions = [
  {
    file: 'action.yml',
    page: 'docs/reference.md',
    readAll: readInputs satisfies ReadAll,
    defaults: CREATE_DEFAULTS,
    inputs: 'Inputs',
    outputs: 'Outputs',
  },
  {
    file: 'delete/action.yml',
    page: 'docs/deleting-agents.md',
    readAll: readDeleteInputs satisfies ReadAll,
    defaults: DELETE_DEFAULTS,
    inputs: 'Inputs of the delete action',
    outputs: 'Output of the delete action',
  },
].map((one) => ({ ...one, text: read(one.file), action: parse(read(one.file)) as ActionFile }));

/** The rows of the tables below a heading of a page, without back-ticks. */
function table(page: string, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = read(page).split(new RegExp(`\\n## ${heading}\\n`));
  const [own = ''] = section.split(/\n## /);
  const rows = own.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

describe.each(actions)(
  '$file',
  ({ file, text, action: own, readAll, defaults, page, ...headings }) => {
    const problemsOf = async (content: string, name: string) => {
      const document = TextDocument.create(`file:///${name}/${file}`, 'yaml', 1, content);
      return (await validateAction(document)).map(({ message }) => message);
    };

    test('is accepted by the language service of GitHub Actions', async () => {
      expect(await problemsOf(text, 'ours')).toEqual([]);
    });

    test('would be refused with a mistake', async () => {
      const mistakes = [
        text.replace('using: node24', 'using: node25'),
        text.replace('icon: lock', 'icon: key'),
        `${text}\nunknown: true\n`,
      ];
      for (const [index, mistake] of mistakes.entries()) {
        expect(await problemsOf(mistake, `mistake${index}`)).not.toEqual([]);
      }
    });

    test('names bundles that exist', () => {
      for (const entry of [own.runs.main, own.runs.post]) {
        if (entry === undefined) continue;
        expect(existsSync(path.join(ROOT, path.dirname(file), entry))).toBe(true);
      }
    });

    test('declares exactly the inputs that are read', async () => {
      const asked = new Set<string>();
      const input = (name: string) => {
        asked.add(name);
        // Some are read for this destination only.
        return name === 'destination' ? 'repository' : '';
      };
      const secrets = new KnownSecrets(() => {});
      const source = { input, rawInput: input, workspace: ROOT, environment: {}, secrets };
      await expect(readAll(source)).rejects.toThrow(/problems/);
      expect([...asked].sort()).toEqual(Object.keys(own.inputs).sort());
    });

    test('has the same defaults as the code', () => {
      const declared = Object.entries(own.inputs).flatMap(([name, { default: value }]) =>
        value === undefined ? [] : [[name, value]],
      );
      expect(Object.fromEntries(declared)).toEqual({ ...defaults, repository: REPOSITORY });
    });

    test('describes every input and output', () => {
      const items = [...Object.values(own.inputs), ...Object.values(own.outputs)];
      for (const { description } of items) expect(description).toMatch(/^[A-Z].*\.$/s);
    });

    test('lists its inputs on the page in order, with their defaults', () => {
      const declared = Object.entries(own.inputs).map(([name, one]) => [
        name,
        one.default ?? (one.required ? 'required' : ''),
      ]);
      expect(table(page, headings.inputs).map(([name, value]) => [name, value])).toEqual(declared);
    });

    test('lists its outputs on the page in order', () => {
      expect(table(page, headings.outputs).map(([name]) => name)).toEqual(Object.keys(own.outputs));
    });
  },
);

test('every input of the create action is in the README, in exactly one group', () => {
  const { inputs } = parse(read('action.yml')) as ActionFile;
  const names = Object.keys(inputs);
  expect(groupsOf(read('action.yml')).flatMap((group) => group.names)).toEqual(names);
  const [, section = ''] = read('README.md').split('\n## Inputs\n');
  const [own = ''] = section.split('\n## ');
  expect(names.filter((name) => !own.includes(`\`${name}\``))).toEqual([]);
});

describe.each(['action.yml', 'delete/action.yml'])('the Marketplace accepts %s', (file) => {
  const { name, description } = parse(read(file)) as { name: string; description: string };

  // The Marketplace does not list an action with a description of 125 characters or more.
  test('with its name and description', () => {
    expect(name).toMatch(/^[A-Z][\w ]{9,60}$/);
    expect(description).toMatch(/^[A-Z][^\n]+[^.\s]$/);
    expect(description.length).toBeLessThan(125);
  });

  test('with the words that people search for', () => {
    const searched = ['Siemens', 'Insights Hub', 'MindSphere', 'MindConnect', 'MQTT'];
    const told = `${name} ${description}`.toLowerCase();
    expect(searched.filter((word) => !told.includes(word.toLowerCase()))).toEqual([]);
  });
});

/** Inputs of both actions that do something different in each. */
const DIFFERENT = ['name', 'destination', 'timeout', 'dry-run'];

test('both actions describe their shared inputs in the same words', () => {
  const [create = {}, other = {}] = actions.map(({ action }) => action.inputs);
  const shared = Object.keys(create).filter((name) => name in other);
  const different = shared.filter((name) => create[name]?.description !== other[name]?.description);
  expect(different).toEqual(DIFFERENT);
});

describe.each(PAGES)('the tables of %s', (page) => {
  test('match the action files; `npm run docs` writes them', () => {
    expect(withTables(read(page), read)).toBe(read(page));
  });

  test('are corrected if they don’t match', () => {
    const wrong = read(page).replace(/^\| `name` \|.*$/m, '| `name` | | Something else. |');
    expect(wrong).not.toBe(read(page));
    expect(withTables(wrong, read)).toBe(read(page));
    const open = wrong.replace('<!-- end of the table -->', '');
    expect(() => withTables(open, read)).toThrow('no end');
    const unknown = read(page).replace(/( of [\w/.]+)(: [\w -]+)?(, written)/, '$1: nothing$3');
    expect(() => withTables(unknown, read)).toThrow('there is no nothing');
  });
});

test('the version sent to servers and cited in CITATION.cff is that of the package', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(VERSION).toBe(version);
  expect((parse(read('CITATION.cff')) as { version: string }).version).toBe(version);
});
