import type { IncomingHttpHeaders } from 'node:http';

/** The error status if `If-Match` is missing or differs from the tag; undefined if it matches. */
export function refuseByTag(headers: IncomingHttpHeaders, tag: number): 400 | 412 | undefined {
  const wanted = headers['if-match'];
  if (wanted === undefined) return 400;
  return wanted === String(tag) ? undefined : 412;
}

/** Whether the caller accepts responses of a media type (`type/subtype`). */
export function accepts({ accept }: IncomingHttpHeaders, mediaType: string): boolean {
  if (accept === undefined) return true;
  const [type] = mediaType.split('/');
  return accept.split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return !isRefused && ['*/*', `${type}/*`, mediaType].includes(name);
  });
}
