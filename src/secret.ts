import { inspect } from 'node:util';

/** The mask of a shorter secret would blank the log, in characters. */
export const SHORTEST_SECRET = 4;

/** A shorter piece of a key or secret gives nothing away, in characters. */
const SHORTEST_PIECE = 16;

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

export type SecretKeeper = Pick<KnownSecrets, 'mask' | 'maskKey' | 'redact' | 'redactPieces'>;

/** The secrets of a run: has them masked, and takes them out of text. */
export class KnownSecrets {
  readonly #printMasks: (values: readonly string[]) => void;
  readonly #masked = new Set<string>();
  /** the longest first, so that no secret hides a piece of a longer one */
  #forms: readonly string[] = [];
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
    const forms = new Set([...this.#forms, ...fresh.flatMap(formsOf)]);
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  /** Has a private key masked, by the strings that hide it in a log. */
  maskKey(key: Secret, masks: readonly Secret[]): void {
    this.#printMasks(masks.map((mask) => mask.reveal()));
    this.#keys = [key, ...this.#keys].slice(0, MOST_KEYS);
  }

  /** Replaces every known secret by `***`. */
  redact(text: string): string {
    return this.#forms.reduce((redacted, form) => redacted.replaceAll(form, '***'), text);
  }

  /** Replaces pieces of known secrets, and of the latest keys, too: for what a server says. */
  redactPieces(text: string): string {
    const redacted = hideShared(this.redact(text), this.#forms.join('\n'), () => true);
    const plain = redacted.replace(/%2[BF]|%3D/gi, decodeURIComponent);
    const hidden = this.#keys.reduce(
      (left, key) => (mayHoldKey(left) ? hideShared(left, formsOfKey(key), mayHoldKey) : left),
      plain,
    );
    return hidden === plain ? redacted : hidden;
  }
}

/** A secret as it is and as a server may echo it; the runner masks most of these forms in the log. */
function formsOf(value: string): readonly string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    ...[0, 1, 2].flatMap((skip) => base64FormsOf(Buffer.from(value).subarray(skip))),
  ];
}

/** With padding, without it, and without the last characters, which differ where more text follows. */
function base64FormsOf(bytes: Buffer): readonly string[] {
  const text = bytes.toString('base64');
  const groups = text.slice(0, Math.floor(bytes.length / 3) * 4);
  return [text, text.replace(/=+$/, ''), groups].filter((form) => form.length > 7);
}

/** What a server may make of a private key: its body, and base64 of file, JSON and body. */
function formsOfKey(key: Secret): string {
  const pem = key.reveal();
  const body = pem.replace(/-----[^-]*-----|\s/g, '');
  const encoded = [pem, JSON.stringify(pem), body].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64'));
  });
  return [body, ...encoded].join('\n');
}

/** Whether a text may hold a piece of a key: base64 of some length is never all of one case. */
function mayHoldKey(text: string): boolean {
  return (text.match(/[A-Za-z0-9+/=]{16,}/g) ?? []).some(
    (run) => /[a-z]/.test(run) && /[A-Z]/.test(run),
  );
}

/** The text with each longer piece that it shares with `known` replaced by `***`. */
function hideShared(text: string, known: string, mayBe: (piece: string) => boolean): string {
  let hidden = '';
  let done = 0;
  for (let at = 0; at + SHORTEST_PIECE <= text.length; at++) {
    let end = at + SHORTEST_PIECE;
    if (!mayBe(text.slice(at, end)) || !known.includes(text.slice(at, end))) continue;
    while (end < text.length && known.includes(text.slice(at, end + 1))) end++;
    // What stands before may be of the piece, too, though it didn't look like one by itself.
    let start = at;
    while (start > done && known.includes(text.slice(start - 1, end))) start--;
    hidden += `${text.slice(done, start)}***`;
    done = end;
    at = end - 1;
  }
  return hidden + text.slice(done);
}
