import { hideOpaque } from '../shown.ts';
import type { Exchange } from './client.ts';

/** Headers in which services, and what stands before them, name an exchange. */
const HEADERS = ['x-request-id', 'x-correlation-id', 'x-amzn-requestid', 'x-github-request-id'];

/** What such a name looks like: nothing that could be a sentence, a command or an escape. */
const REFERENCE = /^\w[\w.:-]{0,63}$/;

/**
 * How the service calls an exchange in its own log: what its support asks for. What does not look
 * like that is left out; what could be a secret is hidden.
 */
export function referencesOf(
  exchange: Exchange,
  readBody: (body: string) => string | undefined = () => undefined,
): readonly string[] {
  if (exchange.kind === 'no-answer') return [];
  const isRefusal = exchange.kind === 'answer' && exchange.status >= 400;
  const found = [
    ...HEADERS.map((name) => exchange.headers[name]),
    isRefusal ? readBody(exchange.body) : undefined,
  ];
  const known = found.flatMap((value) => value ?? []).filter((value) => REFERENCE.test(value));
  return [...new Set(known)].map(hideOpaque);
}
