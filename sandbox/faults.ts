/** The calls to Insights Hub and GitHub that can be made to fail. */
export const hubEndpoints = [
  'token',
  'token-keys',
  'create',
  'list-certificates',
  'read-certificate',
  'delete-certificate',
  'find-agent',
  'read-agent',
  'boarding-status',
  'offboard',
  'delete-agent',
  'find-asset',
  'read-asset',
  'delete-asset',
] as const;
export const gitHubEndpoints = [
  'public-key',
  'secrets',
  'secret',
  'variables',
  'variable',
  'delete-secret',
  'delete-variable',
] as const;
export const endpoints = [...hubEndpoints, ...gitHubEndpoints];

export type HubEndpoint = (typeof hubEndpoints)[number];
export type GitHubEndpoint = (typeof gitHubEndpoints)[number];
export type Endpoint = HubEndpoint | GitHubEndpoint;

/**
 * What goes wrong. The first kinds, up to `reply`, replace the processing of the request. The next
 * ones, up to `reply-after`, happen after it was processed. The last ones delay the processing or
 * change the response. `wrong-pair` and `expired` only apply to a create. `change` changes any JSON
 * response that is not an error. After `down`, the service accepts no more connections. `encode`
 * names the content codings in the order in which they are applied: `raw-deflate` is `deflate`
 * without zlib's header, and any other unknown name stands for an unknown coding. With `pieces`,
 * each byte is a chunk. With `padding`, there is no end of chunks of one byte with long extensions.
 */
export type Fault =
  | { readonly kind: 'reset-before' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Headers }
  | { readonly kind: 'html'; readonly status?: number }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'body'; readonly body: string; readonly status?: number }
  | { readonly kind: 'echo'; readonly status: number }
  | { readonly kind: 'reply'; readonly reply: (request: FaultyRequest) => FaultyReply }
  | { readonly kind: 'reset-after' }
  | { readonly kind: 'silence-after' }
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'trickle'; readonly milliseconds: number }
  | { readonly kind: 'half' }
  | { readonly kind: 'down'; readonly answers: boolean }
  | { readonly kind: 'status-after'; readonly status: number; readonly headers?: Headers }
  | { readonly kind: 'encode'; readonly codings: readonly string[] }
  | { readonly kind: 'large-headers'; readonly kilobytes: number }
  | { readonly kind: 'interim'; readonly statuses: readonly number[] }
  | { readonly kind: 'pieces' }
  | { readonly kind: 'padding' }
  | { readonly kind: 'reply-after'; readonly reply: (request: FaultyRequest) => FaultyReply }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  | { readonly kind: 'wrong-pair' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'change'; readonly change: (answer: Answer) => unknown };

/** The parts of a request that a reply may depend on. */
export interface FaultyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** A reply of any kind. */
export interface FaultyReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Headers;
}

type Headers = Readonly<Record<string, string>>;
type Answer = Readonly<Record<string, unknown>>;

/** The faults that the command line knows by name, with a description for the help text. */
export const namedFaults: Readonly<
  Record<
    string,
    {
      readonly fault: Fault;
      readonly shows: string;
      /** the endpoints that it applies to; defaults to all */
      readonly of?: readonly Endpoint[];
    }
  >
> = {
  'reset-before': {
    fault: { kind: 'reset-before' },
    shows: 'the connection breaks before the service processes the request',
  },
  'reset-after': {
    fault: { kind: 'reset-after' },
    shows: 'the connection breaks after the service has processed the request',
  },
  'cut-off': { fault: { kind: 'cut-off' }, shows: 'the response ends halfway' },
  half: {
    fault: { kind: 'half' },
    shows: 'the body is only half of the JSON, but the response looks complete',
  },
  silence: { fault: { kind: 'silence' }, shows: 'the service never responds' },
  html: { fault: { kind: 'html' }, shows: 'the response is a web page instead of JSON' },
  empty: { fault: { kind: 'body', body: '' }, shows: 'the response is empty' },
  'too-large': {
    fault: { kind: 'body', body: ' '.repeat(2 * 1024 * 1024) },
    shows: 'the response is 2 MiB long',
  },
  echo: {
    fault: { kind: 'echo', status: 400 },
    shows: 'the error repeats the request, including its secrets',
  },
  redirect: {
    fault: { kind: 'redirect', location: 'https://elsewhere.invalid/' },
    shows: 'the service redirects to another host',
  },
  'wrong-pair': {
    fault: { kind: 'wrong-pair' },
    shows: 'create: the private key belongs to another certificate',
    of: ['create'],
  },
  expired: {
    fault: { kind: 'expired' },
    shows: 'create: the certificate has already expired',
    of: ['create'],
  },
  onboarded: {
    fault: { kind: 'change', change: (answer) => ({ ...answer, status: 'ONBOARDED' }) },
    shows:
      'delete: the agent stays onboarded; use offboard:onboarded with boarding-status:onboarded:99',
    of: ['offboard', 'boarding-status'],
  },
  gzip: { fault: { kind: 'encode', codings: ['gzip'] }, shows: 'the response is compressed' },
  'unknown-coding': {
    fault: { kind: 'encode', codings: ['unheard-of'] },
    shows: 'the response has an unknown content coding',
  },
  'large-headers': {
    fault: { kind: 'large-headers', kilobytes: 48 },
    shows: 'the response has 48 KiB of headers',
  },
  interim: {
    fault: { kind: 'interim', statuses: [100, 102, 103] },
    shows: 'unsolicited informational responses (1xx) come first',
  },
  pieces: { fault: { kind: 'pieces' }, shows: 'each byte of the response is a chunk of its own' },
  padding: {
    fault: { kind: 'padding' },
    shows: 'the response is an endless series of tiny chunks',
  },
  slow: { fault: { kind: 'delay', milliseconds: 3000 }, shows: 'the response takes 3 s' },
};

/** A fault, and the requests that it affects. */
export interface OrderedFault {
  readonly at: Endpoint;
  readonly fault: Fault;
  /** how many requests it affects; defaults to all of them */
  readonly times?: number;
  /** how many requests to the endpoint succeed before it */
  readonly after?: number;
}

/**
 * Parses `ENDPOINT:FAULT` or `ENDPOINT:FAULT:TIMES`, where FAULT is a name from the list or a
 * status, for example `create:reset-after` or `token:503:2`. Returns undefined for anything else.
 */
export function parseFault(text: string): OrderedFault | undefined {
  const [first = '', name = '', count = '1'] = text.split(':');
  const at = endpoints.find((endpoint) => endpoint === first);
  if (at === undefined || !/^[1-9]\d*$/.test(count)) return undefined;
  const { fault, of = endpoints } = /^[45]\d\d$/.test(name)
    ? { fault: { kind: 'status', status: Number(name) } as const }
    : (namedFaults[name] ?? {});
  if (fault === undefined || !of.includes(at)) return undefined;
  return { at, fault, times: Number(count) };
}
