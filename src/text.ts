import { decode } from './decode.ts';
import type { FailedCall, Failure } from './failure.ts';
import type { SecretKeeper } from './secret.ts';

/** How much is shown of a server's text, and of the value of an input, in UTF-16 units. */
const LONGEST_TEXT = 300;
const LONGEST_INPUT = 150;

/** Of a longer text only so much is looked at, in UTF-16 units: redaction takes its time. */
const LONGEST_READ = 10_000;

/** What a service gives as an identifier; all else is free text. */
const IDENTIFIER = /^[\w.:-]{1,128}$/;

/** Private keys, whole or cut: their armour, and how their bodies begin, also in base64. */
const KEY =
  /-----BEGIN.*?(-----END[A-Z ]*-----|$)|(?:\bM(?:I[IG]|HcC|C4C)|LS0tLS1CRUdJTi)[A-Za-z0-9+/=]{12,}/g;

/** What may be a token, or a line of a key. */
const RUN = /[A-Za-z0-9+=_-]{20,}/g;

/** What is too long for a name or a path that a user has given. */
const LONG_RUN = /[A-Za-z0-9+/=_-]{40,}/g;

/** Format characters, such as those that turn the direction of text; others that nobody sees. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Where a new word begins in snake_case, kebab-case and camelCase. */
const WORD_BREAK = /[_-]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;
const WORD = /^(?:[A-Z]?[a-z]{1,20}|[A-Z]{1,20})\d{0,4}$|^\d{1,8}$/;

/** Random letters make shorter words than this on average. */
const LEAST_LENGTH = 3;

/** An identifier on one line, without known secrets; else as it is: a person has to find it again. */
export function cleanIdentifier(text: string, secrets: SecretKeeper): string {
  const clean = oneLine(secrets.redactPieces(text));
  // Cleaning may have put a secret together, and so does who reads over what can't be seen.
  const redacted = clean === text ? clean : secrets.redactPieces(clean);
  const visible = redacted.replace(INVISIBLE, '');
  const seen = visible === redacted ? visible : secrets.redactPieces(visible);
  return seen === visible ? redacted : seen;
}

/**
 * Makes a server's words fit for a log line: decoded, on one line, without invisible characters,
 * secrets, large parts of them, what looks like one, and not too long.
 */
export function cleanText(text: string, secrets: SecretKeeper, longest = LONGEST_TEXT): string {
  const redact = (left: string) => secrets.redactParts(left);
  const hide = (left: string) => left.replace(RUN, (run) => (isHarmless(run) ? run : '***'));
  return clean(text, secrets, { redact, hide, longest });
}

/**
 * The same for a value that a user has given, and has to recognise: short names and paths stay, also
 * when they have a word in common with a secret, such as the tenant's name.
 */
export function cleanInput(value: string, secrets: SecretKeeper): string {
  const redact = (left: string) => secrets.redactPieces(left);
  const hide = (left: string) => left.replace(LONG_RUN, '***');
  return clean(value, secrets, { redact, hide, longest: LONGEST_INPUT });
}

interface Cleaning {
  /** takes out what is known to be secret, and pieces of it */
  readonly redact: (text: string) => string;
  /** takes out what looks like a token or a part of a key, whether it is known or not */
  readonly hide: (text: string) => string;
  /** in UTF-16 units */
  readonly longest: number;
}

/**
 * Secrets are taken out before and after cleaning, because cleaning may change them or put them
 * together. Cut last, and between words only, so that no piece of a secret is left over.
 */
function clean(text: string, secrets: SecretKeeper, { redact, hide, longest }: Cleaning): string {
  const read = text.slice(0, LONGEST_READ);
  const cleaned = secrets.redact(oneLine(decode(secrets.redact(read)).replace(/\p{Cf}/gu, '')));
  const shown = redact(hide(cleaned.replace(KEY, '***')));
  // The end of what was read may be half of a secret, and must not be shown.
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
 * The text with signs that nobody sees, and those that change the direction of what follows, as JSON
 * escapes: a name must not look like another one.
 */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (sign) =>
    sign
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

/** The same without the code, for where that has a place of its own. */
export function messageOf({ message, call }: Failure, secrets: SecretKeeper): string {
  const details = call === undefined ? '' : ` (${describeCall(call, secrets)})`;
  return `${secrets.redact(message)}${details}`.replace(/[\r\n]+/g, ' ');
}

function describeCall({ method, url, status, said }: FailedCall, secrets: SecretKeeper): string {
  // Those of an error are words like its message: nobody needs them to the letter.
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

/** Text as code in a table's cell: nothing in it is taken for Markdown, HTML or the cell's end. */
export function code(text: string | undefined): string {
  if (text === undefined) return '';
  const escaped = escapeInvisible(text).replace(
    /[&<>"'|`*_\\[\]~]/g,
    (sign) => `&#${sign.charCodeAt(0)};`,
  );
  return `<code>${escaped}</code>`;
}

/** GitHub takes a summary of 1 MiB at most; this is for its agents, in bytes. */
export const MOST_SHOWN = 900 * 1024;

/** The first lines, as many as fit. */
export function upTo(bytes: number, lines: readonly string[]): readonly string[] {
  let size = 0;
  const end = lines.findIndex((line) => {
    size += bytesOf([line]);
    return size > bytes;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/** The size of lines with their ends. */
export function bytesOf(lines: readonly string[]): number {
  return lines.reduce((size, line) => size + Buffer.byteLength(line) + 1, 0);
}

/** Lines that a reader can fold and unfold. The title is our own words, shown as they are. */
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
