import { hideTraces } from '../key-pair/traces.ts';
import type { KeyMasks, Secret, SecretKeeper } from '../secret.ts';

/**
 * Of a fleet, only the latest private keys are known here, so that memory does not grow with it: a
 * server repeats what it has just sent, if it does at all, and the runner masks every key in the
 * log to the end of the job.
 */
const MOST_KEYS = 16;

/** The secrets of a run: has the runner mask them, and takes them out of text that is shown. */
export class RunnerSecrets implements SecretKeeper {
  readonly #addMasks: (values: readonly string[]) => void;
  readonly #masked = new Set<string>();
  /** longest first, so that no secret hides a piece of a longer one */
  #forms: readonly string[] = [];
  #keys: readonly KeyMasks['traces'][] = [];
  /** what pieces of text came to with these keys */
  #known = new Map<string, string>();

  constructor(addMasks: (values: readonly string[]) => void) {
    this.#addMasks = addMasks;
  }

  mask(secrets: readonly Secret[]): void {
    const values = new Set(secrets.map((secret) => secret.reveal()));
    const fresh = [...values].filter((value) => value !== '' && !this.#masked.has(value));
    for (const value of fresh) this.#masked.add(value);
    this.#addMasks(fresh);
    const forms = new Set([...this.#forms, ...fresh.flatMap(formsOf)]);
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  maskKey({ pieces, traces }: KeyMasks): void {
    this.#addMasks(pieces.map((piece) => piece.reveal()));
    this.#keys = [traces, ...this.#keys].slice(0, MOST_KEYS);
    this.#known.clear();
  }

  redact(text: string): string {
    const withoutForms = this.#forms.reduce(
      (redacted, form) => redacted.replaceAll(form, '***'),
      text,
    );
    return hideTraces(withoutForms, this.#keys, this.#known);
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

/** With padding, without it, and without the last signs, which differ where more text follows. */
function base64FormsOf(bytes: Buffer): readonly string[] {
  const text = bytes.toString('base64');
  const groups = text.slice(0, Math.floor(bytes.length / 3) * 4);
  return [text, text.replace(/=+$/, ''), groups].filter((form) => form.length > 7);
}
