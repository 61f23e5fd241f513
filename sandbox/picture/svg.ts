import { xmlOf } from './theme.ts';

/** In pixels. */
const FONT = 13;
const CHARACTER = 7.83;
const LINE = 18;
const MARGIN = 18;
const BAR = 34;

/** A dark terminal, which looks right on both light and dark pages. */
const COLOURS = {
  window: '#161b22',
  edge: '#3d444d',
  bar: '#21262d',
  text: '#d1d7e0',
  faint: '#9198a1',
} as const;

/** The CSS class for each ANSI style (ECMA-48, SGR). */
const STYLES: Readonly<Record<string, string>> = {
  '1': 'b',
  '2': 'd',
  '31': 'r',
  '32': 'g',
  '33': 'y',
  '36': 'c',
};

/** The codes that end styles. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  '0': ['b', 'd', 'r', 'g', 'y', 'c'],
  '22': ['b', 'd'],
  '39': ['r', 'g', 'y', 'c'],
};

/** Draws a terminal's output, with its colours; `columns` is the width of the terminal. */
export function terminalAsSvg(
  transcript: string,
  { title, columns }: { readonly title: string; readonly columns: number },
): string {
  const lines = transcript
    .trim()
    .split('\n')
    .flatMap((line) => cut(line, columns));
  const width = Math.ceil(columns * CHARACTER + 2 * MARGIN);
  const height = BAR + lines.length * LINE + 2 * MARGIN;
  const rows = drawLines(lines);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${xmlOf(title)}">
<title>${xmlOf(title)}</title>
<style>
text { font: ${FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; fill: ${COLOURS.text}; white-space: pre }
.b { font-weight: bold } .d { fill: ${COLOURS.faint} } .r { fill: #ff7b72 } .g { fill: #56d364 } .y { fill: #e3b341 } .c { fill: #76e3ea }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="${COLOURS.window}" stroke="${COLOURS.edge}"/>
<path d="M1 ${BAR}V10a9 9 0 0 1 9-9H${width - 10}a9 9 0 0 1 9 9V${BAR}z" fill="${COLOURS.bar}"/>
<circle cx="20" cy="17" r="6" fill="#ff5f57"/><circle cx="40" cy="17" r="6" fill="#febc2e"/><circle cx="60" cy="17" r="6" fill="#28c840"/>
<text x="${width / 2}" y="22" text-anchor="middle" class="d">${xmlOf(title)}</text>
${rows.join('\n')}
</svg>
`;
}

function drawLines(lines: readonly string[]): readonly string[] {
  const styles = new Set<string>();
  return lines.flatMap((line, index) => {
    const y = BAR + MARGIN + index * LINE + FONT;
    const spans = spansOf(line, styles);
    return spans.length === 0
      ? []
      : [`<text y="${y}" xml:space="preserve">${spans.join('')}</text>`];
  });
}

/** Places each run of one style at its column, so that the layout doesn't depend on the font. */
function spansOf(line: string, styles: Set<string>): readonly string[] {
  const spans: string[] = [];
  let column = 0;
  for (const part of line.split(new RegExp(`(${ESCAPE}\\[[\\d;]*m)`))) {
    if (part.startsWith(ESCAPE)) {
      for (const code of part.slice(2, -1).split(';')) apply(code, styles);
    } else if (part !== '') {
      const x = (MARGIN + column * CHARACTER).toFixed(1);
      const length = (part.length * CHARACTER).toFixed(1);
      const style = styles.size > 0 ? ` class="${[...styles].join(' ')}"` : '';
      spans.push(
        `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${style}>${xmlOf(part)}</tspan>`,
      );
      column += part.length;
    }
  }
  return spans;
}

const ESCAPE = '\u001b';

function apply(code: string, styles: Set<string>): void {
  for (const style of ENDS[code || '0'] ?? []) styles.delete(style);
  const style = STYLES[code];
  if (style !== undefined) styles.add(style);
}

/** Cuts a line at the edge of the terminal, as terminals do; codes for styles take no room. */
function cut(line: string, columns: number): readonly string[] {
  const character = `(?:${ESCAPE}\\[[\\d;]*m)*[^${ESCAPE}]`;
  const rows = line.match(
    new RegExp(`(?:${character}){1,${columns}}(?:${ESCAPE}\\[[\\d;]*m)*`, 'g'),
  );
  return rows ?? [line];
}
