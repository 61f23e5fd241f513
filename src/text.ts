import { decode } from './decode.ts';
import type { FailedCall, Failure } from './failure.ts';
import type { SecretKeeper } from './secret.ts';

/** How much of a server's text and of an input's value is shown, in UTF-16 units. */
const LONGEST_TEXT = 300;
const LONGEST_INPUT = 150;

/** How much of a longer text is looked at, in UTF-16 units: redaction takes time. */
const LONGEST_READ = 10_000;

/** What a service uses as an identifier; everything else is free text. */
const IDENTIFIER = /^[\w.:-]{1,128}$/;

/** Private keys, whole or cut: their armour, and how their bodies begin, also in base64. */
const KEY =
  /-----BEGIN.*?(-----END[A-Z ]*-----|$)|(?:\bM(?:I[IG]|HcC|C4C)|LS0tLS1CRUdJTi)[A-Za-z0-9+/=]{12,}/g;

/** What may be a token or a line of a key. */
const RUN = /[A-Za-z0-9+=_-]{20,}/g;

/** What is too long for a name or a path from a user. */
const LONG_RUN = /[A-Za-z0-9+/=_-]{40,}/g;

/** Format characters, such as those that change the direction of text, and other invisible ones. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Where a new word begins in snake_case, kebab-case and camelCase. */
const WORD_BREAK = /[_-]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;
const WORD = /^(?:[A-Z]?[a-z]{1,20}|[A-Z]{1,20})\d{0,4}$|^\d{1,8}$/;

/** The words in random letters are shorter than this on average. */
const LEAST_LENGTH = 3;

/** An identifier on one line, without known secrets, and otherwise unchanged: people search for it. */
export function cleanIdentifier(text: string, secrets: SecretKeeper): string {
  const clean = oneLine(secrets.redactPieces(text));
  // Cleaning may have joined the parts of a secret, and so does ignoring invisible characters.
  const redacted = clean === text ? clean : secrets.redactPieces(clean);
  const visible = redacted.replace(INVISIBLE, '');
  const seen = visible === redacted ? visible : secrets.redactPieces(visible);
  return seen === visible ? redacted : seen;
}

/**
 * Makes a server's words fit for a log line: decoded, on one line and not too long, without invisible
 * characters, secrets, large parts of secrets, and anything that looks like a secret.
 */
export function cleanText(text: string, secrets: SecretKeeper, longest = LONGEST_TEXT): string {
  const redact = (left: string) => secrets.redactParts(left);
  const hide = (left: string) => left.replace(RUN, (run) => (isHarmless(run) ? run : '***'));
  return clean(text, secrets, { redact, hide, longest });
}

/**
 * The same for a user's value, which the user has to recognise: short names and paths stay, even if
 * they share a word with a secret, such as the tenant's name. Escapes stay too, unless something is
 * hidden behind them: what the job masks, and this step doesn't know, is masked verbatim only.
 */
export function cleanInput(value: string, secrets: SecretKeeper): string {
  const redact = (left: string) => secrets.redactPieces(left);
  const hide = (left: string) => left.replace(LONG_RUN, '***');
  const how = { redact, hide, longest: LONGEST_INPUT };
  const cleaned = clean(value, secrets, how);
  const shows = (text: string, shown: string) =>
    shown === cutBetweenWords(oneLine(text.replace(/\p{Cf}/gu, '')), LONGEST_INPUT);
  if (value.length > LONGEST_READ || !shows(decode(value), cleaned)) return cleaned;
  const escaped = clean(value, secrets, { ...how, keepsEscapes: true });
  return shows(value, escaped) ? escaped : cleaned;
}

interface Cleaning {
  /** replaces known secrets and pieces of them */
  readonly redact: (text: string) => string;
  /** replaces what looks like a token or a part of a key, known or not */
  readonly hide: (text: string) => string;
  /** in UTF-16 units */
  readonly longest: number;
  /** whether the escapes of URLs, HTML and JSON are not decoded */
  readonly keepsEscapes?: boolean;
}

/**
 * Redacts before and after cleaning, because cleaning may change secrets or join their parts. Cuts
 * last, and only between words, so that no piece of a secret is left.
 */
function clean(
  text: string,
  secrets: SecretKeeper,
  { redact, hide, longest, keepsEscapes = false }: Cleaning,
): string {
  const read = text.slice(0, LONGEST_READ);
  const redacted = secrets.redact(read);
  const plain = (keepsEscapes ? redacted : decode(redacted)).replace(/\p{Cf}/gu, '');
  const cleaned = secrets.redact(oneLine(plain));
  const shown = redact(hide(cleaned.replace(KEY, '***')));
  // The end of the text that was read may be half of a secret, and must not be shown.
  return read !== text && shown.length <= longest ? '…' : cutBetweenWords(shown, longest);
}

/** Whether a long run is an id or words: hexadecimal, UUID, ULID, camelCase, snake_case. */
function isHarmless(run: string): boolean {
  if (/^[0-9a-f]{1,32}$/i.test(run.replaceAll('-', ''))) return true;
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(run)) return true;
  const words = run.split(WORD_BREAK).filter(Boolean);
  return words.every((word) => WORD.test(word)) && words.length * LEAST_LENGTH <= run.length;
}

/**
 * The text with JSON escapes for invisible characters and those that change the direction of text: a
 * name must not look like another one.
 */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

function cutBetweenWords(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = text.lastIndexOf(' ', longest);
  return end > 0 ? `${text.slice(0, end)} …` : '…';
}

/** A failure as one line: `[code] what happened. What to do. (details)`. */
export function describeFailure(failure: Failure, secrets: SecretKeeper): string {
  return `[${failure.code}] ${messageOf(failure, secrets)}`;
}

/** The same without the code, for places that show the code separately. */
export function messageOf({ message, call }: Failure, secrets: SecretKeeper): string {
  const details = call === undefined ? '' : ` (${describeCall(call, secrets)})`;
  return `${secrets.redact(message)}${details}`.replace(/[\r\n]+/g, ' ');
}

function describeCall({ method, url, status, said }: FailedCall, secrets: SecretKeeper): string {
  // The identifiers of an error are words like its message: nobody needs them unaltered.
  const identifier = (text: string) =>
    IDENTIFIER.test(text) ? secrets.redactParts(text) : cleanText(text, secrets, 100);
  const parts = [`${method} ${cleanIdentifier(`${url.origin}${url.pathname}`, secrets)}`];
  if (status !== undefined) parts.unshift(`HTTP ${status}`);
  if (said?.code) parts.push(`code ${identifier(said.code)}`);
  if (said?.message) parts.push(`the server says "${cleanText(said.message, secrets)}"`);
  if (said?.permissions) parts.push(`accepted permissions ${identifier(said.permissions)}`);
  if (said?.reference) parts.push(`log reference ${identifier(said.reference)}`);
  return parts.join(', ');
}

/** Text as code in a table's cell: nothing in it acts as Markdown, as HTML or as the cell's end. */
export function code(text: string | undefined): string {
  if (text === undefined) return '';
  const escaped = escapeInvisible(text).replace(
    /[&<>"'|`*_\\[\]~]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
  return `<code>${escaped}</code>`;
}

/**
 * A sentence as code in a paragraph or a list, where nothing in it acts as Markdown or HTML either. It
 * stays verbatim: GitHub's runner masks a job's secrets in a summary too, also those that this step
 * doesn't know, but would not find them behind escapes.
 */
export function verbatim(text: string): string {
  const shown = escapeInvisible(text);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  // Markdown drops one space at each end, if there are two.
  const space = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return shown === '' ? '' : `${fence}${space}${shown}${space}${fence}`;
}

/** GitHub accepts a summary of at most 1 MiB; this is the part for agents, in bytes. */
export const MOST_SHOWN = 900 * 1024;

/** As many of the first lines as fit. */
export function upTo(bytes: number, lines: readonly string[]): readonly string[] {
  let size = 0;
  const end = lines.findIndex((line) => {
    size += bytesOf([line]);
    return size > bytes;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/** The size of lines including their line ends, in bytes. */
export function bytesOf(lines: readonly string[]): number {
  return lines.reduce((size, line) => size + Buffer.byteLength(line) + 1, 0);
}

/** Lines that a reader can fold and unfold. The title is our own text, and not escaped. */
export function folded(
  title: string,
  lines: readonly string[],
  { open }: { readonly open: boolean },
): readonly string[] {
  const head = `<details${open ? ' open' : ''}><summary>${title}</summary>`;
  return [head, '', ...lines, '', '</details>', ''];
}

/** Blocks of lines as a document: one blank line between them, one line end at the end. */
export function document(blocks: readonly (string | readonly string[])[]): string {
  const lines = blocks.flatMap((block) => [block, ''].flat());
  const kept = lines.filter((line, index) => line !== '' || lines[index - 1] !== '');
  return `${kept.join('\n').trim()}\n`;
}
