import { inspect } from 'node:util';
import { decode } from './decode.ts';
import { hideSpans, sharedSpans } from './shared-spans.ts';

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
  #keys: readonly (readonly Secret[])[] = [];

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

  /**
   * Has a private key masked, by the strings that hide it in a log. A server may repeat the key as it
   * was sent, which may be wrapped in another way.
   */
  maskKey(key: Secret, masks: readonly Secret[], sent = key): void {
    this.#printMasks(masks.map((mask) => mask.reveal()));
    this.#keys = [[key, sent], ...this.#keys].slice(0, MOST_KEYS);
  }

  /** Replaces every known secret by `***`. */
  redact(text: string): string {
    return this.#forms.reduce((redacted, { text: form }) => redacted.replaceAll(form, '***'), text);
  }

  /** Replaces long pieces of known secrets, and of the latest keys, too: for identifiers. */
  redactPieces(text: string): string {
    const redacted = this.redact(text);
    const how = { length: LONG_PIECE, between: /\s/ };
    const forms = this.#forms.filter(({ least }) => least !== undefined);
    const spans = sharedSpans(redacted, forms.map(textOf), how);
    return this.#redactKeys(hideSpans(redacted, spans));
  }

  /** Replaces large parts of short secrets, too, such as one half: for free text. */
  redactParts(text: string): string {
    const byLength = Map.groupBy(this.#forms, ({ least }) => least);
    // Of all secrets at once: what is taken out for one must not be half of what gives another away.
    const spans = [...byLength].flatMap(([length, forms]) =>
      length === undefined ? [] : sharedSpans(text, forms.map(textOf), { length, between: /\s/ }),
    );
    return this.redactPieces(hideSpans(text, spans));
  }

  #redactKeys(text: string): string {
    const plain = text.replace(/%2[BF]|%3D/gi, decodeURIComponent);
    // Most ids are of one case, and need not be looked up.
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
   * the length from which on a piece of it is a large part of the secret, in UTF-16 units; nothing
   * where a longer form has the same pieces
   */
  readonly least?: number;
}

const textOf = ({ text }: Form) => text;

/** A secret as it is and as a server may echo it; the runner masks most of these forms in the log. */
function formsOf(value: string): readonly Form[] {
  // White space says little, and gets lost at the ends of what is shown.
  const bare = value.replace(/\s/g, '');
  const least = leastPart(bare.length);
  const texts = [
    value,
    ...(bare.length < SHORTEST_PIECE ? [] : [bare]),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
  ];
  // Three bytes make four signs, two of which may be of what stands before.
  const encoded = Math.min(LONG_PIECE, Math.max(SHORTEST_PIECE, Math.floor(((least - 2) * 4) / 3)));
  const bytes = Buffer.from(value);
  // Of a text that is shown, escapes are undone.
  const plain = decode(value).replace(/\p{Cf}/gu, '');
  const forms: readonly Form[] = [
    ...texts.map((text) => ({ text, least })),
    ...(plain.length < SHORTEST_PIECE ? [] : [{ text: plain, least: leastPart(plain.length) }]),
    ...[0, 1, 2].flatMap((skip) => base64FormsOf(bytes.subarray(skip), encoded)),
  ];
  // Each once, the first of them.
  return [...new Map(forms.toReversed().map((form) => [form.text, form])).values()];
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
function base64FormsOf(bytes: Buffer, least: number): readonly Form[] {
  const text = bytes.toString('base64');
  const groups = text.slice(0, Math.floor(bytes.length / 3) * 4);
  const forms = [{ text, least }, { text: text.replace(/=+$/, '') }, { text: groups }];
  return forms.filter((form) => form.text.length > 7);
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

/** Whether a text may be a piece of a key: base64 of some length is never all of one case. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text);
}
