import { stripVTControlCharacters } from 'node:util';

/** The sections to show; the others would only make the picture longer. */
const SECTIONS = [
  'The workflow step',
  'The log, masked as on GitHub',
  'Files in the workspace',
  'The certificate',
  "A device's first message, as the broker received it",
  'Files in the workspace after the job',
  'Requests sent to Insights Hub',
];

/** The heading of a section, without its styles. */
const HEADING = /^\n?── (.*?) ─+$/m;

/** Picks the sections to show, and the last line, and says where other sections are left out. */
export function abridged(transcript: string): string {
  const parts: string[] = [];
  let left: string[] = [];
  for (const section of transcript.split(/\n(?=\n)/)) {
    const [, title] = HEADING.exec(stripVTControlCharacters(section)) ?? [];
    // Blank lines within a section are no headings.
    const isShown = title === undefined ? left.length === 0 : SECTIONS.includes(title);
    if (title !== undefined && !isShown) left.push(title);
    if (!isShown && !section.includes('Exit code')) continue;
    if (left.length > 0) parts.push(leftOut(left));
    left = [];
    parts.push(section);
  }
  return parts.join('\n');
}

function leftOut(titles: readonly string[]): string {
  return `\n\u001b[2m[… left out here: ${titles.join('; ')}]\u001b[22m`;
}

/** Leaves out the last part of a job summary, on how to connect, and says so. */
export function withoutConnect(markdown: string): string {
  return markdown.replace(
    /^#### (Connect as .*)\n[\s\S]*/m,
    (_, title) => `[… left out here: ${title}]`,
  );
}
