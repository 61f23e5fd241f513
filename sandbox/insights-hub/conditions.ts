import type { IncomingHttpHeaders } from 'node:http';

type Fields = Readonly<Record<string, string>>;

/** Whether a record has the requested values. */
export type Filter = (fields: Fields) => boolean;

/**
 * Parses the parameter `filter`, e.g. `{"name":"a"}`, whose fields must all match. Returns
 * undefined if it is malformed or names an unknown field.
 */
export function readFilter(path: string, known: readonly string[]): Filter | undefined {
  const text = new URL(path, 'http://127.0.0.1').searchParams.get('filter') ?? '{}';
  const wanted = parse(text);
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return undefined;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(wanted);
  if (entries.some(([field, value]) => !known.includes(field) || typeof value !== 'string')) {
    return undefined;
  }
  return (fields) => entries.every(([field, value]) => fields[field] === value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error status if `If-Match` is missing or differs from the tag; undefined if it matches. */
export function refuseByTag(headers: IncomingHttpHeaders, tag: number): 400 | 412 | undefined {
  const wanted = headers['if-match'];
  if (wanted === undefined) return 400;
  return wanted === String(tag) ? undefined : 412;
}
