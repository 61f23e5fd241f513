// Writes the tables of inputs and outputs, from the actions' own files, between the marks in the
// pages that show them: `npm run docs`.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMap, isNode, isScalar, parse, parseDocument } from 'yaml';
import { withBlocks } from './marked-blocks.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The pages that have such tables. */
export const PAGES = ['README.md', 'docs/reference.md', 'docs/deleting-agents.md'];

/** The page with a heading for each group of inputs, and its path from the README. */
const GROUPS_PAGE = 'docs/reference.md';

interface Item {
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
}

interface Group {
  readonly title: string;
  readonly names: readonly string[];
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, Item>>;
  readonly outputs: Readonly<Record<string, Item>>;
}

/** What a mark says: the kind, the action's file, and perhaps names. */
const MARK = /^(inputs|outputs|groups) of ([\w./-]+)(?:: ([\w -]+))?$/;

/**
 * The page with its tables as the actions' files have them: all inputs, in their groups; those that
 * the mark names; or a list of the groups with the inputs that the page does not describe. Throws
 * for a mark without an end, and for names that do not exist.
 */
export function withTables(page: string, read: (file: string) => string): string {
  const write = (mark: string) => {
    const [, kind = '', file = '', only] = MARK.exec(mark) ?? [];
    if (kind === '') throw new Error(`a mark can't be read: ${mark}`);
    const names = only?.split(' ');
    const lines =
      kind === 'groups' ? groupList(read(file), names) : tables(read(file), kind, names);
    return lines.join('\n');
  };
  return withBlocks(page, { kinds: '(?:inputs|outputs|groups) of ', end: 'table', write });
}

function tables(text: string, kind: string, names?: readonly string[]): readonly string[] {
  const { inputs, outputs } = parse(text) as ActionFile;
  if (kind === 'outputs') return outputTable(picked(outputs, names));
  if (names !== undefined) return inputTable(picked(inputs, names));
  const groups = groupsOf(text);
  if (groups.length === 0) return inputTable(inputs);
  return groups.flatMap(({ title, names: own }, index) => [
    ...(index > 0 ? [''] : []),
    ...[`### ${title}`, '', ...inputTable(picked(inputs, own))],
  ]);
}

/** The groups of an action's inputs, each a comment before its first one. */
export function groupsOf(text: string): readonly Group[] {
  const inputs = parseDocument(text).get('inputs');
  if (!isMap(inputs)) throw new Error('there are no inputs');
  const groups: { title: string; names: string[] }[] = [];
  for (const [index, { key }] of inputs.items.entries()) {
    if (!isScalar(key)) continue;
    const comment = index === 0 && isNode(inputs) ? inputs.commentBefore : key.commentBefore;
    if (comment) groups.push({ title: comment.trim(), names: [] });
    groups.at(-1)?.names.push(String(key.value));
  }
  return groups;
}

/** A list of the groups, without the inputs in `told`. */
function groupList(text: string, told: readonly string[] = []): readonly string[] {
  return groupsOf(text).flatMap(({ title, names }) => {
    const left = names.filter((name) => !told.includes(name)).map((name) => `\`${name}\``);
    const anchor = title.toLowerCase().replaceAll(' ', '-');
    return left.length === 0 ? [] : [`- [${title}](${GROUPS_PAGE}#${anchor}): ${left.join(', ')}`];
  });
}

function picked(
  items: Readonly<Record<string, Item>>,
  names: readonly string[] = Object.keys(items),
) {
  return Object.fromEntries(
    names.map((name): [string, Item] => {
      const item = items[name];
      if (item === undefined) throw new Error(`there is no ${name}`);
      return [name, item];
    }),
  );
}

function inputTable(inputs: ActionFile['inputs']): readonly string[] {
  return [
    '| Input | Default | Meaning |',
    '| --- | --- | --- |',
    ...Object.entries(inputs).map(([name, { description, default: value, required }]) => {
      const standard = value === undefined ? (required ? 'required' : '') : `\`${value}\``;
      return `| \`${name}\` |${standard && ` ${standard}`} | ${cell(description)} |`;
    }),
  ];
}

function outputTable(outputs: ActionFile['outputs']): readonly string[] {
  return [
    '| Output | Meaning |',
    '| --- | --- |',
    ...Object.entries(outputs).map(
      ([name, { description }]) => `| \`${name}\` | ${cell(description)} |`,
    ),
  ];
}

/** A text as a cell; outside of code, `<` would be taken for HTML. */
function cell(text: string): string {
  if (/[|\n]/.test(text)) throw new Error(`this can't be in a table: ${text}`);
  return text;
}

async function main(): Promise<void> {
  const files = new Map<string, string>();
  for (const file of ['action.yml', 'delete/action.yml']) {
    files.set(file, await readFile(path.join(ROOT, file), 'utf8'));
  }
  for (const page of PAGES) {
    const target = path.join(ROOT, page);
    const text = await readFile(target, 'utf8');
    await writeFile(
      target,
      withTables(text, (file) => files.get(file) ?? ''),
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
