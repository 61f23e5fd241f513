/**
 * Masks as GitHub's runner does: replaces every registered value, each of its lines, and their
 * common encodings anywhere in a text. Matches that overlap or touch become one `***`.
 */
export class Masker {
  readonly #forms = new Set<string>();

  add(value: string): void {
    const lines = value.split(/[\r\n]+/).map((line) => line.trim());
    for (const text of [value, ...lines]) {
      if (text.trim() === '') continue;
      for (const encode of ENCODERS) {
        const form = encode(text);
        if (form !== '') this.#forms.add(form);
      }
    }
  }

  mask(text: string): string {
    const hits = [...this.#forms].flatMap((form) => occurrences(text, form));
    hits.sort(([a], [b]) => a - b);
    let masked = '';
    let end = 0;
    for (const [from, to] of hits) {
      if (from > end || masked === '') masked += `${text.slice(end, from)}***`;
      end = Math.max(end, to);
    }
    return masked + text.slice(end);
  }
}

function occurrences(text: string, form: string): (readonly [number, number])[] {
  const hits: [number, number][] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
    hits.push([at, at + form.length]);
  }
  return hits;
}

const ENCODERS: readonly ((text: string) => string)[] = [
  (text) => text,
  ...[0, 1, 2].map((skip) => (text: string) => Buffer.from(text).subarray(skip).toString('base64')),
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => encodeURIComponent(text.toWellFormed()),
  (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
  (text) => text.replaceAll('"', '\\"'),
  (text) => text.replaceAll("'", "''"),
  (text) => (/^".{8,}"$/.test(text) ? text.slice(1, -1) : ''),
  // PowerShell splits a value at its last ampersand when it prints an error.
  (text) => (text.includes('&') ? text.slice(0, text.lastIndexOf('&')) : ''),
  (text) => (text.includes('&') ? text.slice(text.lastIndexOf('&') + 1) : ''),
];
