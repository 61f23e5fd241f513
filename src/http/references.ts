import { hideOpaque } from '../shown.ts';

/** Headers in which services, and what stands before them, name an exchange. */
const HEADERS = ['x-request-id', 'x-correlation-id', 'x-amzn-requestid', 'x-github-request-id'];

/** What such a name looks like: nothing that could be a sentence, a command or an escape. */
const REFERENCE = /^\w[\w.:-]{0,63}$/;

/** As much of an exchange as can hold a name of it. */
export interface Named {
  readonly kind: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: string;
}

/**
 * How the service calls an exchange in its own log: what its support asks for. What does not look
 * like that is left out; what could be a secret is hidden.
 */
export function referencesOf(
  { status = 0, headers = {}, body = '' }: Named,
  readBody: (body: string) => string | undefined = () => undefined,
): readonly string[] {
  const found = [
    ...HEADERS.map((name) => headers[name]),
    status >= 400 ? readBody(body) : undefined,
  ];
  const known = found.flatMap((value) => value ?? []).filter((value) => REFERENCE.test(value));
  return [...new Set(known)].map(hideOpaque);
}
