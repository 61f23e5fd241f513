// Writes the tables of inputs and outputs, from the actions' own files, between the marks in the
// pages that show them: `npm run docs`.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The pages that have such tables. */
export const PAGES = ['README.md', 'docs/deleting-agents.md'];

interface Item {
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, Item>>;
  readonly outputs: Readonly<Record<string, Item>>;
}

/** The page with its tables as the actions' files have them. Throws for a mark without an end. */
export function withTables(page: string, read: (file: string) => string): string {
  const starts = page.match(/^<!-- (inputs|outputs) of /gm)?.length ?? 0;
  let written = 0;
  const table =
    /^(<!-- (inputs|outputs) of (\S+), written by npm run docs -->\n)(?:(?!<!-- ).*\n)*(<!-- end of the table -->)$/gm;
  const whole = page.replace(table, (_, start: string, kind: string, file: string, end: string) => {
    written += 1;
    const action = parse(read(file)) as ActionFile;
    const rows = kind === 'inputs' ? inputRows(action) : outputRows(action);
    return `${start}\n${rows.join('\n')}\n\n${end}`;
  });
  if (written !== starts) throw new Error('a table has a start, but no end');
  return whole;
}

function inputRows({ inputs }: ActionFile): readonly string[] {
  return [
    '| Input | Default | Meaning |',
    '| --- | --- | --- |',
    ...Object.entries(inputs).map(([name, { description, default: value, required }]) => {
      const standard = value === undefined ? (required ? 'required' : '') : `\`${value}\``;
      return `| \`${name}\` |${standard && ` ${standard}`} | ${cell(description)} |`;
    }),
  ];
}

function outputRows({ outputs }: ActionFile): readonly string[] {
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
