import { inspect } from 'node:util';

/** The mask of a shorter secret would blank the log, in characters. */
export const SHORTEST_SECRET = 4;

/** From this length on, a piece of any key or secret is hidden, in characters. */
const LONG_PIECE = 16;

/** A shorter piece of a secret may be a word, in characters. */
const SHORTEST_PIECE = 8;

/** So many private keys are searched for: a server repeats the one that it has just sent. */
const MOST_KEYS = 16;

/** A value that must never be shown: however it is printed or serialised, it reads `***`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way out: called where the value has to leave the program. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

export type SecretKeeper = Pick<
  KnownSecrets,
  'mask' | 'maskKey' | 'redact' | 'redactPieces' | 'redactParts'
>;

/** The secrets of a run: has them masked, and takes them out of text. */
export class KnownSecrets {
  readonly #printMasks: (values: readonly string[]) => void;
  readonly #masked = new Set<string>();
  /** the longest first, so that no secret hides a piece of a longer one */
  #forms: readonly Form[] = [];
  #keys: readonly Secret[] = [];

  /** `printMasks` asks the host to mask values; it gets those of one key in one call. */
  constructor(printMasks: (values: readonly string[]) => void) {
    this.#printMasks = printMasks;
  }

  /** Has values masked in everything that is logged from now on. */
  mask(secrets: readonly Secret[]): void {
    const values = new Set(secrets.map((secret) => secret.reveal()));
    const fresh = [...values].filter((value) => value !== '' && !this.#masked.has(value));
    for (const value of fresh) this.#masked.add(value);
    this.#printMasks(fresh);
    const known = new Set(this.#forms.map(textOf));
    const forms = fresh.flatMap(formsOf).filter(({ text }) => !known.has(text));
    this.#forms = [...this.#forms, ...forms].sort((a, b) => b.text.length - a.text.length);
  }

  /** Has a private key masked, by the strings that hide it in a log. */
  maskKey(key: Secret, masks: readonly Secret[]): void {
    this.#printMasks(masks.map((mask) => mask.reveal()));
    this.#keys = [key, ...this.#keys].slice(0, MOST_KEYS);
  }

  /** Replaces every known secret by `***`. */
  redact(text: string): string {
    return this.#forms.reduce((redacted, { text: form }) => redacted.replaceAll(form, '***'), text);
  }

  /** Replaces long pieces of known secrets, and of the latest keys, too: for identifiers. */
  redactPieces(text: string): string {
    const redacted = hideShared(this.redact(text), this.#forms.map(textOf));
    return this.#redactKeys(redacted);
  }

  /** Replaces large parts of short secrets, too, such as one half: for free text. */
  redactParts(text: string): string {
    const byLength = Map.groupBy(this.#forms, ({ least }) => least);
    // Of all secrets at once: what is taken out for one must not be half of what gives another away.
    const spans = [...byLength].flatMap(([least, forms]) =>
      sharedSpans(text, forms.map(textOf), least),
    );
    return this.redactPieces(hideSpans(text, spans));
  }

  #redactKeys(text: string): string {
    const plain = text.replace(/%2[BF]|%3D/gi, decodeURIComponent);
    if (!mayHoldKey(plain)) return text;
    const forms = this.#keys.flatMap(formsOfKey);
    const hidden = hideShared(plain, forms, mayHoldKey);
    return hidden === plain ? text : hidden;
  }
}

/** A known secret in one of the ways in which it may be echoed. */
interface Form {
  readonly text: string;
  /** the length from which on a piece of it is a large part of the secret, in UTF-16 units */
  readonly least: number;
}

const textOf = ({ text }: Form) => text;

/** A secret as it is and as a server may echo it; the runner masks most of these forms in the log. */
function formsOf(value: string): readonly Form[] {
  const least = leastPart(value.length);
  const texts = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
  ];
  // Three bytes make four signs; where a part begins, one of them may be of what stands before.
  const encoded = Math.min(LONG_PIECE, Math.floor((least * 4) / 3) - 1);
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap((skip) => base64FormsOf(bytes.subarray(skip)));
  const forms = [
    ...texts.map((text) => ({ text, least })),
    ...base64.map((text) => ({ text, least: encoded })),
  ];
  // Each once.
  return [...new Map(forms.map((form) => [form.text, form])).values()];
}

/**
 * From which length on a piece of a secret is a large part of it: one half, but no word. Of a secret
 * that is hardly longer than a word, all but its last sign.
 */
function leastPart(length: number): number {
  const least = Math.max(SHORTEST_PIECE, Math.floor(length / 2));
  return Math.min(LONG_PIECE, least, Math.max(length - 1, SHORTEST_PIECE - 2));
}

/** With padding, without it, and without the last characters, which differ where more text follows. */
function base64FormsOf(bytes: Buffer): readonly string[] {
  const text = bytes.toString('base64');
  const groups = text.slice(0, Math.floor(bytes.length / 3) * 4);
  return [text, text.replace(/=+$/, ''), groups].filter((form) => form.length > 7);
}

/** What a server may make of a private key: its body, and base64 of file, JSON and body. */
function formsOfKey(key: Secret): readonly string[] {
  const pem = key.reveal();
  const body = pem.replace(/-----[^-]*-----|\s/g, '');
  const encoded = [pem, JSON.stringify(pem), body].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64'));
  });
  return [body, ...encoded];
}

/** Whether a text may hold a piece of a key: base64 of some length is never all of one case. */
function mayHoldKey(text: string): boolean {
  return (text.match(/[A-Za-z0-9+/=]{16,}/g) ?? []).some(
    (run) => /[a-z]/.test(run) && /[A-Z]/.test(run),
  );
}

/** A part of a text, by the places of its beginning and behind its end. */
type Span = readonly [from: number, to: number];

/** The text with each long piece that it shares with a known text replaced by `***`. */
function hideShared(
  text: string,
  known: readonly string[],
  mayBe?: (piece: string) => boolean,
): string {
  return hideSpans(text, sharedSpans(text, known, LONG_PIECE, mayBe));
}

/** What overlaps is hidden as one. */
function hideSpans(text: string, spans: readonly Span[]): string {
  let hidden = '';
  let done = 0;
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from >= done) hidden += `${text.slice(done, from)}***`;
    done = Math.max(done, to);
  }
  return hidden + text.slice(done);
}

/**
 * Where a text has so many characters, or more, in common with known texts, if `mayBe` says so of any
 * of them. Takes time in proportion to the length of all texts, whatever they hold.
 */
function sharedSpans(
  text: string,
  known: readonly string[],
  length: number,
  mayBe: (piece: string) => boolean = () => true,
): readonly Span[] {
  const shared = sharedPieces(text, known, length);
  const spans: Span[] = [];
  if (shared.size === 0) return spans;
  for (let at = 0; at + length <= text.length; at++) {
    const from = at;
    let isHidden = false;
    // As far as it goes on: the pieces at its ends may not look like a key by themselves.
    for (; shared.has(text.slice(at, at + length)); at++) {
      isHidden ||= mayBe(text.slice(at, at + length));
    }
    if (isHidden) spans.push([from, at + length - 1]);
  }
  return spans;
}

/** The pieces of one length that a text shares with known ones. */
function sharedPieces(text: string, known: readonly string[], length: number): ReadonlySet<string> {
  const wanted = new Set<string>();
  // Most places are ruled out by two characters, which is quick.
  const begins = new Uint8Array(2 ** 16);
  for (let at = 0; at + length <= text.length; at++) {
    wanted.add(text.slice(at, at + length));
    begins[pairAt(text, at)] = 1;
  }
  const shared = new Set<string>();
  if (wanted.size === 0) return shared;
  for (const form of known) {
    for (let at = 0; at + length <= form.length; at++) {
      if (begins[pairAt(form, at)] === 0) continue;
      const piece = form.slice(at, at + length);
      if (wanted.has(piece)) shared.add(piece);
    }
  }
  return shared;
}

/** Two characters as one number; of characters beyond ASCII, several pairs have the same. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) << 8) ^ text.charCodeAt(at + 1)) & 0xffff;
}
