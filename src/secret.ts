import { inspect } from 'node:util';
import { decode } from './decode.ts';
import { hideSpans, sharedSpans } from './shared-spans.ts';

/** The mask of a shorter secret would blank the log, in characters. */
export const SHORTEST_SECRET = 4;

/** From this length on, a piece of any key or secret is hidden, in characters. */
const LONG_PIECE = 16;

/** A shorter piece of a secret may be a word, in characters. */
const SHORTEST_PIECE = 8;

/** The number of private keys that are searched for: a server repeats the one it has just sent. */
const MOST_KEYS = 16;

/** A value that must never be shown: printed or serialised in any way, it reads `***`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way to the value: for the places where it has to leave the program. */
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

/** The secrets of a run: has them masked, and removes them from text. */
export class KnownSecrets {
  readonly #printMasks: (values: readonly string[]) => void;
  readonly #masked = new Set<string>();
  /** the longest first, so that no secret hides a piece of a longer one */
  #forms: readonly Form[] = [];
  #keys: readonly (readonly Secret[])[] = [];

  /** `printMasks` asks the host to mask values; it gets all values of a key in one call. */
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

  /**
   * Has a private key masked, by the strings that hide it in a log. A server may repeat the key as it
   * was sent, which may be wrapped differently.
   */
  maskKey(key: Secret, masks: readonly Secret[], sent = key): void {
    this.#printMasks(masks.map((mask) => mask.reveal()));
    this.#keys = [[key, sent], ...this.#keys].slice(0, MOST_KEYS);
  }

  /** Replaces every known secret by `***`. */
  redact(text: string): string {
    return this.#forms.reduce((redacted, { text: form }) => redacted.replaceAll(form, '***'), text);
  }

  /** Also replaces long pieces of known secrets and of the latest keys: for identifiers. */
  redactPieces(text: string): string {
    const redacted = this.redact(text);
    const how = { length: LONG_PIECE, between: /\s/ };
    const forms = this.#forms.filter(({ least }) => least !== undefined);
    const spans = sharedSpans(redacted, forms.map(textOf), how);
    return this.#redactKeys(hideSpans(redacted, spans));
  }

  /** Also replaces large parts of short secrets, such as one half: for free text. */
  redactParts(text: string): string {
    const byLength = Map.groupBy(this.#forms, ({ least }) => least);
    // All secrets together: hiding a piece of one must not leave a piece of another unnoticed.
    const spans = [...byLength].flatMap(([length, forms]) =>
      length === undefined ? [] : sharedSpans(text, forms.map(textOf), { length, between: /\s/ }),
    );
    return this.redactPieces(hideSpans(text, spans));
  }

  #redactKeys(text: string): string {
    const plain = text.replace(/%2[BF]|%3D/gi, decodeURIComponent);
    // Most ids have only one case, and need no search.
    if (plain.length < LONG_PIECE || !isMixed(plain)) return text;
    const forms = new Set(this.#keys.flatMap((key) => key.flatMap(formsOfKey)));
    const how = { length: LONG_PIECE, between: /[^A-Za-z0-9+/=]/, mayBe: isMixed };
    const spans = sharedSpans(plain, [...forms], how);
    return spans.length > 0 ? hideSpans(plain, spans) : text;
  }
}

/** A known secret in one of the ways in which it may be echoed. */
interface Form {
  readonly text: string;
  /**
   * the least length of a piece that is a large part of the secret, in UTF-16 units; nothing if a
   * longer form has the same pieces
   */
  readonly least?: number;
}

const textOf = ({ text }: Form) => text;

/** A secret in every form in which a server may echo it; the runner masks most of them in the log. */
function formsOf(value: string): readonly Form[] {
  // White space reveals little, and is trimmed where text is shown.
  const bare = value.replace(/\s/g, '');
  const least = leastPart(bare.length);
  const texts = [
    value,
    ...(bare.length < SHORTEST_PIECE ? [] : [bare]),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
  ];
  // Three bytes make four characters, two of which may depend on the text before.
  const encoded = Math.min(LONG_PIECE, Math.max(SHORTEST_PIECE, Math.floor(((least - 2) * 4) / 3)));
  const bytes = Buffer.from(value);
  // Text that is shown has its escapes decoded.
  const plain = decode(value).replace(/\p{Cf}/gu, '');
  const forms: readonly Form[] = [
    ...texts.map((text) => ({ text, least })),
    ...(plain.length < SHORTEST_PIECE ? [] : [{ text: plain, least: leastPart(plain.length) }]),
    ...[0, 1, 2].flatMap((skip) => base64FormsOf(bytes.subarray(skip), encoded)),
  ];
  // Each text once; the first form wins.
  return [...new Map(forms.toReversed().map((form) => [form.text, form])).values()];
}

/**
 * The least length of a piece that is a large part of a secret: one half, but longer than a word. For
 * a secret hardly longer than a word, all but its last character.
 */
function leastPart(length: number): number {
  const least = Math.max(SHORTEST_PIECE, Math.floor(length / 2));
  return Math.min(LONG_PIECE, least, Math.max(length - 1, SHORTEST_PIECE - 2));
}

/** With padding, without it, and without the last characters, which differ where more text follows. */
function base64FormsOf(bytes: Buffer, least: number): readonly Form[] {
  const text = bytes.toString('base64');
  const groups = text.slice(0, Math.floor(bytes.length / 3) * 4);
  const forms = [{ text, least }, { text: text.replace(/=+$/, '') }, { text: groups }];
  return forms.filter((form) => form.text.length > 7);
}

/** The forms in which a server may echo a private key: its body, and base64 of file, JSON and body. */
function formsOfKey(key: Secret): readonly string[] {
  const pem = key.reveal();
  const body = pem.replace(/-----[^-]*-----|\s/g, '');
  const encoded = [pem, JSON.stringify(pem), body].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64'));
  });
  return [body, ...encoded];
}

/** Whether a text may be a piece of a key: base64 of some length always mixes upper and lower case. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text);
}
