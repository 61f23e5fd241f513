import type { FailedCall, Failure } from './failure.ts';

/** The longest text of a server that is shown, in UTF-16 units. */
const LONGEST = 300;

/** Opaque runs of this length are more likely a token or a key than words, known to us or not. */
const OPAQUE = /[A-Za-z0-9+/=_-]{64,}/g;

/**
 * Makes text that came from outside one visible line without secrets. Secrets are taken out before
 * and after cleaning, because cleaning may change them or put them together.
 */
export function cleanText(text: string, redact: (text: string) => string): string {
  const clean = redact(text)
    .toWellFormed()
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return redact(clean);
}

/**
 * Makes a server's words fit for a log line: clean, without opaque runs, and not too long. Cut
 * last, and between words only, so that no piece of a secret is left over.
 */
export function showText(
  text: string,
  redact: (text: string) => string,
  longest: number = LONGEST,
): string {
  return cutBetweenWords(cleanText(text, redact).replace(OPAQUE, '***'), longest);
}

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
  if (said?.reference) parts.push(`log reference ${show(said.reference, 100)}`);
  return parts.join(', ');
}
