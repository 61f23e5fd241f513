import { styleText } from 'node:util';
import { wrap } from './wrap.ts';

/** What is printed is never wider, in characters. */
export const WIDTH = 100;
const NARROWEST = 40;

type Format = Parameters<typeof styleText>[0];

/** One line for a person; what is too long for the screen is wrapped. */
export interface Line {
  readonly text: string;
  readonly style?: Format;
  /** stands before the text, with the space that follows it */
  readonly label?: string;
  /** spaces before the line; 0 if not given */
  readonly indent?: number;
  /** is to be pasted into a shell, and so never wrapped */
  readonly isCode?: boolean;
}

/** Where the demo is shown. */
export interface Screen {
  /** A heading and what belongs to it: a group in GitHub Actions, where a reader can fold it. */
  section(title: string, lines: readonly Line[]): void;
  /** A line that belongs to no section. */
  line(line: Line): void;
}

/** Shows nothing: for who wants the report alone. */
export const noScreen: Screen = { section: () => {}, line: () => {} };

/** Standard output: with colours where it has them, unless NO_COLOR says otherwise. */
export function standardScreen(environment: NodeJS.ProcessEnv = process.env): Screen {
  const stream = process.stdout;
  const isActions = environment['GITHUB_ACTIONS'] === 'true';
  const width = Math.max(NARROWEST, Math.min(WIDTH, stream.columns || WIDTH));
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
  { text, style, label, indent = 0, isCode = false }: Line,
  width: number,
  paint: (style: Format | undefined, text: string) => string,
): readonly string[] {
  if (isCode) return [paint(style, text)];
  const before = ' '.repeat(indent);
  const column = label ?? '';
  const own = /^ */.exec(text)?.[0].length ?? 0;
  const hang = column.length > 0 ? column.length : own + 2;
  return wrap(column + text, width - indent, hang).map((line, index) => {
    if (index > 0 || column === '') return before + paint(style, line);
    return before + paint('cyan', column) + paint(style, line.slice(column.length));
  });
}

/** No line of ours is a command for the runner that the demo itself may run on. */
function disarm(text: string): string {
  return text.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '## [');
}
