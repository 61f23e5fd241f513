import { styleText } from 'node:util';
import { wrap } from './wrap.ts';

/** The widest line that is printed, in characters. */
export const WIDTH = 100;
const NARROWEST = 40;

type Format = Parameters<typeof styleText>[0];

/** A line of output; it is wrapped if the screen is too narrow for it. */
export interface Line {
  readonly text: string;
  readonly style?: Format;
  /** printed before the text, including the space between the two */
  readonly label?: string;
  /** spaces before the line; defaults to 0 */
  readonly indent?: number;
  /** spaces before its second and further lines; by default, what looks right below the first */
  readonly hang?: number;
  /** whether people copy it, so that it must not be wrapped */
  readonly isCode?: boolean;
}

/** Where the demo prints. */
export interface Screen {
  /** Prints a heading and its lines; in GitHub Actions, as a group that a reader can fold. */
  section(title: string, lines: readonly Line[]): void;
  /** Prints a line outside any section. */
  line(line: Line): void;
}

/** How many characters a line of this stream may have. */
export function widthOf({ columns }: NodeJS.WriteStream): number {
  return Math.max(NARROWEST, Math.min(WIDTH, columns || WIDTH));
}

/** Prints nothing: with `--json`, only the report is printed. */
export const noScreen: Screen = { section: () => {}, line: () => {} };

/** Prints to standard output, in colour if it is a terminal and NO_COLOR isn't set. */
export function standardScreen(environment: NodeJS.ProcessEnv = process.env): Screen {
  const stream = process.stdout;
  const isActions = environment['GITHUB_ACTIONS'] === 'true';
  const width = widthOf(stream);
  const print = (text: string) => stream.write(`${text}\n`);
  const paint = (style: Format | undefined, text: string) =>
    style === undefined || text === '' ? text : styleText(style, text, { stream });
  const show = (line: Line) => {
    for (const text of render(line, width, paint)) print(isActions ? disarm(text) : text);
  };
  return {
    line: show,
    section(title, lines) {
      const rule = '─'.repeat(Math.max(2, width - title.length - 5));
      if (isActions) print(`::group::${title}`);
      else print(`\n${paint('dim', '──')} ${paint('bold', title)} ${paint('dim', rule)}`);
      for (const line of lines.length > 0 ? lines : [NOTHING]) show(line);
      if (isActions) print('::endgroup::');
    },
  };
}

const NOTHING: Line = { text: '(none)', style: 'dim' };

function render(
  { text, style, label, indent = 0, hang, isCode = false }: Line,
  width: number,
  paint: (style: Format | undefined, text: string) => string,
): readonly string[] {
  const before = ' '.repeat(indent);
  const column = label ?? '';
  if (isCode) return [before + paint('cyan', column) + paint(style, text)];
  const own = /^ */.exec(text)?.[0].length ?? 0;
  const below = column.length > 0 ? column.length : own + 2;
  return wrap(column + text, width - indent, hang ?? below).map((line, index) => {
    if (index > 0 || column === '') return before + paint(style, line);
    return before + paint('cyan', column) + paint(style, line.slice(column.length));
  });
}

/** Keeps the demo's own output from being read as workflow commands when it runs on GitHub. */
function disarm(text: string): string {
  return text.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '## [');
}
