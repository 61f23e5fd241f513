// Writes the examples in the pages, between marks, from what the bundles print and write:
// `npm run docs`, after `npm run build`.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { casIn } from '../src/report/log.ts';
import { type ExampleRuns, runExamples } from './example-runs.ts';
import { withBlocks } from './marked-blocks.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

/** The pages that have examples. */
export const PAGES = ['docs/reference.md', 'docs/connecting.md', 'docs/deleting-agents.md'];

interface Example {
  /** of a code block; what has none is quoted, as the Markdown that it is */
  readonly language?: 'json' | 'sh' | 'text';
  readonly lines: readonly string[];
}

const BROKER = 'mqtts://mindconnectmqtt.eu1.mindsphere.io:8883';

/** Every example, by the name in its mark. */
export function examplesOf({ one, failed, deleted }: ExampleRuns) {
  return {
    log: text(one.log),
    'log of a failure': text(failed.log),
    'summary of a failure': { lines: failed.summary.trimEnd().split('\n') },
    'output agents': json(one.outputs),
    'output agents, failed': json(failed.outputs),
    files: text(one.files.map(({ path: file, mode }) => `${mode} ${file}`)),
    'CA files': text(
      (['proved', 'trusted', 'given'] as const).map((kind) =>
        casIn({ kind, count: kind === 'trusted' ? 265 : 1, broker: BROKER }),
      ),
    ),
    mosquitto_pub: { language: 'sh', lines: commandIn(one.log) },
    'output agents, deleted': json(deleted.outputs),
  } as const satisfies Readonly<Record<string, Example>>;
}

/** The page with its examples. Throws for a mark without an end, or with a name that is unknown. */
export function withExamples(page: string, examples: Readonly<Record<string, Example>>): string {
  const write = (mark: string) => {
    const name = mark.replace(/^example: /, '');
    const example = examples[name];
    if (example === undefined) throw new Error(`there is no example called ${name}`);
    return shown(example);
  };
  return withBlocks(page, { kinds: 'example: ', end: 'example', write });
}

function shown({ language, lines }: Example): string {
  if (language === undefined) return lines.map((line) => `> ${line}`.trimEnd()).join('\n');
  return `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``;
}

function text(lines: readonly string[]): Example {
  return { language: 'text', lines };
}

function json({ agents = '' }: Readonly<Record<string, string>>): Example {
  return { language: 'json', lines: [JSON.stringify(JSON.parse(agents), undefined, 2)] };
}

/** The command in a log, in several lines, with the names of files instead of their paths. */
function commandIn(log: readonly string[]): readonly string[] {
  const start = 'mosquitto_pub ';
  const line = log.find((candidate) => candidate.includes(start));
  if (line === undefined) throw new Error(`the log has no "${start}"`);
  return line
    .slice(line.indexOf(start))
    .replaceAll(/ \/\S+\/(?=[\w.-]+ -)/g, ' ')
    .replaceAll(/ (?=--cafile |-t |-m )/g, ' \\\n  ')
    .split('\n');
}

async function main(): Promise<void> {
  const examples = examplesOf(await runExamples());
  for (const page of PAGES) {
    const target = path.join(ROOT, page);
    await writeFile(target, withExamples(await readFile(target, 'utf8'), examples));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
