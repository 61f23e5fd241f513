import type { Secret, SecretKeeper } from '../secret.ts';

/** The secrets of a run: has the runner mask them, and takes them out of text that is shown. */
export class RunnerSecrets implements SecretKeeper {
  readonly #addMask: (value: string) => void;
  readonly #masked = new Set<string>();
  /** longest first, so that no secret hides a piece of a longer one */
  #forms: readonly string[] = [];

  constructor(addMask: (value: string) => void) {
    this.#addMask = addMask;
  }

  mask(secrets: readonly Secret[]): void {
    const values = secrets.map((secret) => secret.reveal()).filter((value) => value !== '');
    for (const value of values) {
      if (this.#masked.has(value)) continue;
      this.#masked.add(value);
      this.#addMask(value);
    }
    const forms = new Set([...this.#forms, ...values.flatMap(formsOf)]);
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  redact(text: string): string {
    return this.#forms.reduce((redacted, form) => redacted.replaceAll(form, '***'), text);
  }
}

/** A secret as it is and as a server may echo it; the runner masks the same forms in the log. */
function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64'));
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value.toWellFormed()),
    ...base64.flatMap((text) => [text, text.replace(/=+$/, '')]).filter((text) => text.length > 7),
  ];
}
