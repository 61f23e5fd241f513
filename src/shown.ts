import type { FailedCall, Failure } from './failure.ts';

/** The longest text of a server that is shown, in UTF-16 units. */
const LONGEST = 300;

/** Of a longer text only so much is looked at, in UTF-16 units: redaction takes its time. */
const LONGEST_READ = 10_000;

/**
 * Keys, what begins like one (in base64, DER begins so) and was cut, and opaque runs that are longer
 * than ids: more likely secrets than words, known or not.
 */
const OPAQUE =
  /-----BEGIN.*?(-----END[A-Z ]*-----|$)|\bM(?:I[IG]|HcC)[A-Za-z0-9+/=]{12,}|[A-Za-z0-9+/=_-]{40,}/g;

/** An identifier that came from outside, on one line and without secrets. */
export function showIdentifier(text: string, redact: (text: string) => string): string {
  const clean = oneLine(redact(text));
  // Cleaning may have put a secret together.
  return clean === text ? clean : redact(clean);
}

/**
 * Makes a server's words fit for a log line: decoded, on one line, without invisible characters,
 * secrets and opaque runs, and not too long. Secrets are taken out before and after cleaning,
 * because cleaning may change them or put them together. Cut last, and between words only, so that
 * no piece of a secret is left over.
 */
export function showText(
  text: string,
  redact: (text: string) => string,
  longest: number = LONGEST,
): string {
  const read = text.slice(0, LONGEST_READ);
  const clean = oneLine(decode(redact(read)).replace(/\p{Cf}/gu, ''));
  const shown = hideOpaque(redact(clean));
  // The end of what was read may be half of a secret, and must not be shown.
  return read !== text && shown.length <= longest ? '…' : cutBetweenWords(shown, longest);
}

/** The text without keys and long opaque runs, whether they are known or not. */
export function hideOpaque(text: string): string {
  return text.replace(OPAQUE, '***');
}

function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

/** Undoes the escapes of URLs, HTML and JSON, in which a secret would not be recognised. */
function decode(text: string): string {
  return text
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('%', ''), 'hex').toString(),
    )
    .replace(/&#(\d{1,6});|&#x([0-9a-f]{1,5});|\\u([0-9a-f]{4})/gi, (_, decimal, hex, json) =>
      String.fromCodePoint(
        decimal === undefined ? Number.parseInt(hex ?? json, 16) : Number(decimal),
      ),
    )
    .replace(/&(amp|lt|gt|quot|apos);|\\(["\\/])/g, (_, name, sign) => sign ?? ENTITIES[name]);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function cutBetweenWords(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = text.lastIndexOf(' ', longest);
  return end > 0 ? `${text.slice(0, end)} …` : '…';
}

/** The one line that a failure is: `[code] what happened. What to do. (details)`. */
export function showFailure(failure: Failure, redact: (text: string) => string): string {
  const details = failure.call === undefined ? '' : ` (${showCall(failure.call, redact)})`;
  return `[${failure.code}] ${redact(failure.message)}${details}`;
}

function showCall(call: FailedCall, redact: (text: string) => string): string {
  const { said } = call;
  const show = (text: string, longest?: number) => showText(text, redact, longest);
  const parts = [`${call.method} ${redact(`${call.url.origin}${call.url.pathname}`)}`];
  if (call.status !== undefined) parts.unshift(`HTTP ${call.status}`);
  if (said?.code) parts.push(`code ${show(said.code, 100)}`);
  if (said?.message) parts.push(`the server says "${show(said.message)}"`);
  if (said?.permissions) parts.push(`accepted permissions ${show(said.permissions, 100)}`);
  if (said?.reference) parts.push(`log reference ${show(said.reference, 100)}`);
  return parts.join(', ');
}
