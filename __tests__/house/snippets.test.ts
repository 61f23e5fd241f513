import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseBrokerFault } from '../../sandbox/broker/faults.ts';
import { parseFault } from '../../sandbox/faults.ts';
import { failureCodes } from '../../src/failure.ts';
import { lint } from '../recipes/actionlint.ts';
import { pages, proseOf, ROOT, read, snippets } from './pages.ts';

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const actions: Readonly<Record<string, ActionFile>> = {
  'OWNER/REPO@v1': parse(read('action.yml')),
  'OWNER/REPO/delete@v1': parse(read('delete/action.yml')),
};
const namesOf = (kind: keyof ActionFile) =>
  new Set(Object.values(actions).flatMap((action) => Object.keys(action[kind])));
const inputs = namesOf('inputs');
const outputs = namesOf('outputs');
const { scripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

const blocks = snippets.filter(({ language }) => language === 'yaml');
const whole = blocks.filter(({ text }) => /^on:/m.test(text));
const example = read('docs/recipes/ephemeral-agent.yml');
const [head = ''] = example.split(/^ +- id: /m);
const steps = blocks.filter(({ text }) => /^ {6}- /m.test(text) && !/^on:/m.test(text));
const fragments = blocks.filter((block) => !whole.includes(block) && !steps.includes(block));
const workflows = [...whole, ...steps.map(({ page, text }) => ({ page, text: head + text }))].map(
  ({ page, text }, index) => ({ page, text, index }),
);
const recipes = globSync('docs/recipes/*.yml', { cwd: ROOT }).map((file) => ({
  file: file.replaceAll(path.sep, '/'),
  text: read(file),
}));

describe('the workflows in the pages', () => {
  // The recipes are linted by their own tests.
  const linted = recipes.map(({ text }) => text);
  const others = workflows.filter(({ text }) => !linted.includes(text));

  test.each(others)('are accepted by actionlint ($page, $index)', async ({ text }) => {
    expect(Object.keys(actions).some((uses) => text.includes(`uses: ${uses}\n`))).toBe(true);
    expect(await lint(text)).toBe('');
  });

  test('would not be accepted with a mistake', async () => {
    expect(await lint(example.replace('runs-on:', 'run-on:'))).toContain('run-on');
  });

  test.each(workflows)('use inputs and outputs that exist ($page, $index)', ({ text }) => {
    const { jobs } = parse(text) as Workflow;
    const ours = Object.values(jobs)
      .flatMap((job) => job.steps)
      .filter(({ uses }) => uses?.startsWith('OWNER/'));
    for (const { id, uses = '', with: given = {} } of ours) {
      const own = actions[uses];
      expect(own, uses).toBeDefined();
      expect(Object.keys(own?.inputs ?? {})).toEqual(expect.arrayContaining(Object.keys(given)));
      const used = [...JSON.stringify(jobs).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
      const names = used.flatMap(([, step, name = '']) => (step === id ? [name] : []));
      expect(Object.keys(own?.outputs ?? {})).toEqual(expect.arrayContaining(names));
    }
  });

  test('of the README are recipes, verbatim', () => {
    const own = whole.filter(({ page }) => page === 'README.md');
    expect(own.length).toBeGreaterThanOrEqual(2);
    for (const { text } of own) expect(linted).toContain(text);
  });

  test.each(recipes)('$file is listed on the page of the recipes', ({ file }) => {
    expect(read('docs/recipes/README.md')).toContain(`](${path.basename(file)})`);
  });
});

describe('the page of the recipes', () => {
  const [intro = '', ...sections] = read('docs/recipes/README.md').split(/\n(?=## )/);

  test.each(recipes)('lists what must be set up for $file', ({ file, text }) => {
    const section = sections.find((one) => one.includes(`](${path.basename(file)})`)) ?? '';
    const named = [...text.matchAll(/\b(?:secrets|vars)\.(\w+)/g)].map(([, name = '']) => name);
    // Those are what the action itself pushes.
    const needed = named.filter((name) => !name.startsWith('INSIGHTS_HUB_AGENT_'));
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter((name) => !`${intro}${section}`.includes(`\`${name}\``))).toEqual([]);
    const environments = [...text.matchAll(/^ +environment: (\w+)$/gm)].map(([, name]) => name);
    expect(environments.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the other snippets', () => {
  test('in YAML set inputs that exist', () => {
    const given = fragments.flatMap(({ text }) => Object.keys(parse(text) as object));
    expect(given.filter((name) => !inputs.has(name))).toEqual([]);
  });

  test('in JSON can be parsed', () => {
    for (const { language, text } of snippets) {
      if (language === 'json') expect(() => JSON.parse(text)).not.toThrow();
    }
  });

  test('are in languages that are checked', () => {
    const looked = ['yaml', 'json', 'sh', 'csv', 'text', 'mermaid', ''];
    expect(snippets.filter(({ language }) => !looked.includes(language))).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('in a shell can be parsed by that shell', () => {
    for (const { language, text } of snippets) {
      if (language !== 'sh') continue;
      expect(() => execFileSync('bash', ['-n', '-c', text], { stdio: 'pipe' })).not.toThrow();
    }
  });
});

describe('a name on the pages', () => {
  const all = pages.map(read).join('\n');

  test('of an npm script exists', () => {
    const named = [...all.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(
      ([, name = '']) => name,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('of a fault for the demo exists', () => {
    const named = [...all.matchAll(/--fault ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(2);
    const unknown = named.filter((name) => !parseFault(name) && !parseBrokerFault(name));
    expect(unknown).toEqual([]);
  });

  /** What is in back-ticks, in the text of the pages that users read. */
  const codesIn = (page: string) =>
    [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  const forUsers = pages.filter(
    (page) => !/^(CHANGELOG|CONTRIBUTING)|architecture|dependencies/.test(page),
  );

  test.each(pages)('of a path in the project exists: %s', (page) => {
    const paths = codesIn(page).filter((text) =>
      /^(src|docs|sandbox|scripts|bench|__tests__|\.ci|\.github)\/[\w./-]*$/.test(text),
    );
    // It is what a user would make.
    const missing = paths.filter((name) => !existsSync(path.join(ROOT, name)));
    expect(missing.filter((name) => name !== '.github/workflows/agent.yml')).toEqual([]);
  });

  test.each(forUsers)('of an input or code, in words with hyphens, exists: %s', (page) => {
    const known = new Set<string>([...inputs, ...failureCodes, ...OTHER_WORDS]);
    const words = codesIn(page).flatMap(
      (text) => /^([a-z]+(?:-[a-z]+)+)(?:: .*)?$/.exec(text)?.[1] ?? [],
    );
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });

  test.each(forUsers)('of an output, in camel case, exists: %s', (page) => {
    const words = codesIn(page).filter((text) => /^[a-z]+(?:[A-Z][a-z]+)+$/.test(text));
    const known = new Set<string>([...outputs, ...OTHER_NAMES]);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });

  test('the exceptions are needed', () => {
    const named = new Set(forUsers.flatMap(codesIn));
    expect([...OTHER_WORDS, ...OTHER_NAMES].filter((word) => !named.has(word))).toEqual([]);
  });
});

/** Words with hyphens that are neither inputs nor codes. */
const OTHER_WORDS = [
  ...['would-delete', 'x-amzn-mqtt-ca', 'x-ratelimit-reset'],
  ...['merge-multiple', 'continue-on-error'],
];

/** Names in camel case of Insights Hub's, not outputs. */
const OTHER_NAMES = ['privateKey', 'publicKey', 'mqttClientId'];
