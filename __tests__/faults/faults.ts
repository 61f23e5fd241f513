import type { Fault } from '../../sandbox/faults.ts';

/** How a fault of the matrix is brought about. */
export type Way =
  /** an embedded server plays it on the requests of one endpoint; `elsewhere` is a URL of another */
  | { readonly by: 'server'; readonly fault: (elsewhere: string) => Fault }
  /** the URL leads to a host that can't be reached */
  | { readonly by: 'address'; readonly host: Unreachable }
  /** file functions fail in the process of the action: code that follows `failingDisk()` */
  | { readonly by: 'disk'; readonly code: string }
  /** the output directory is removed while the create is under way */
  | { readonly by: 'removal' }
  /** the runner's temporary directory can't be written from the start */
  | { readonly by: 'temporary-directory' };

/** Hosts that no request reaches. */
export type Unreachable =
  | 'unknown'
  | 'refusing'
  /** by their TLS certificates */
  | 'untrusted'
  | 'expired'
  | 'early'
  | 'other-host'
  /** behind proxies that answer so */
  | 'behind-403'
  | 'behind-407';

interface KnownFault {
  /** for a person who reads the page; follows "what goes wrong is:" */
  readonly phrase: string;
  readonly way: Way;
  /** no answer comes; seconds, as the input `timeout`, where none comes to any attempt */
  readonly timeout?: number;
}

const server = (phrase: string, fault: Fault, timeout?: number): KnownFault => ({
  phrase,
  way: { by: 'server', fault: () => fault },
  ...(timeout !== undefined && { timeout }),
});

/** An answer other than a success, instead of processing the request or after it. */
const status = (code: number, headers: Readonly<Record<string, string>> = {}, more = '') =>
  server(`HTTP ${code}${more}`, { kind: 'status', status: code, headers });
/** A refusal that does not come from the service. */
const webPage = (code: number) =>
  server(`HTTP ${code} with a web page`, { kind: 'html', status: code });
const hidden = (code: number) =>
  server(`HTTP ${code}, though it was processed`, { kind: 'status-after', status: code });

type Answer = Readonly<Record<string, unknown>>;

/** An answer whose content is changed after the request was processed. */
const changed = (phrase: string, change: (answer: Answer) => unknown) =>
  server(phrase, { kind: 'change', change });
const without = (phrase: string, field: string) =>
  changed(phrase, (answer) => ({ ...answer, [field]: undefined }));

/** A value of another type than the one that is expected. */
const ofAnotherType = (value: unknown) => (typeof value === 'string' ? 7 : 'text');

const brokenPem = (label: string) =>
  `-----BEGIN ${label}-----\nAAAAAAAAAAAAAAAAAAAAAAAA\n-----END ${label}-----\n`;

const inASecond = () => new Date(Date.now() + 1000).toUTCString();

/** In seconds: longer than any step waits. */
const TOO_LONG = { 'retry-after': '3600' };
const HOUR = ' with `Retry-After` of an hour';

/** Shows that a path is one of the output directory, in code for `failingDisk()`. */
const IN_OUTPUT = `String(file).includes('.insights-hub')`;

/** Opens files, and lets writing into them fail where the disk is full. */
const full = (phrase: string, where: string): KnownFault => ({
  phrase,
  way: {
    by: 'disk',
    code: `const full = new Set();
    fs.openSync = (file, ...args) => {
      const descriptor = openSync(file, ...args);
      if (${where}) full.add(descriptor);
      else full.delete(descriptor);
      return descriptor;
    };
    const { writeFileSync } = fs;
    fs.writeFileSync = (file, ...args) => {
      if (full.has(file)) throw fail('ENOSPC');
      writeFileSync(file, ...args);
    };`,
  },
});
const readOnly = (phrase: string, where: string): KnownFault => ({
  phrase,
  way: {
    by: 'disk',
    code: `fs.openSync = (file, ...args) => {
      if (${where}) throw fail('EROFS');
      return openSync(file, ...args);
    };`,
  },
});

const disk = (phrase: string, code: string): KnownFault => ({ phrase, way: { by: 'disk', code } });

/** Gives every file one mode, as a mount does that knows no modes. */
const shown = (phrase: string, where: string): KnownFault =>
  disk(
    phrase,
    `const { fchmodSync } = fs;
    const loose = new Set();
    fs.openSync = (file, ...args) => {
      const descriptor = openSync(file, ...args);
      loose.delete(descriptor);
      if (!(${where})) return descriptor;
      fchmodSync(descriptor, 0o644);
      loose.add(descriptor);
      return descriptor;
    };
    fs.fchmodSync = (descriptor, mode) => loose.has(descriptor) || fchmodSync(descriptor, mode);`,
  );

/** In seconds: one attempt waits 30 s for an answer, and a second one as long as is left. */
const TWO_ATTEMPTS = 60;

/** Everything that goes wrong in the matrix. */
export const faults = {
  // On the way there.
  unresolved: {
    phrase: 'the host name can’t be resolved',
    way: { by: 'address', host: 'unknown' },
  },
  refused: {
    phrase: 'the connection is refused',
    way: { by: 'address', host: 'refusing' },
  },
  untrusted: {
    phrase: 'the TLS certificate is not trusted',
    way: { by: 'address', host: 'untrusted' },
  },
  expiredTls: {
    phrase: 'the TLS certificate has expired',
    way: { by: 'address', host: 'expired' },
  },
  earlyTls: {
    phrase: 'the TLS certificate is not valid yet',
    way: { by: 'address', host: 'early' },
  },
  otherHost: {
    phrase: 'the TLS certificate is for another host',
    way: { by: 'address', host: 'other-host' },
  },
  proxy403: {
    phrase: 'the proxy refuses with HTTP 403',
    way: { by: 'address', host: 'behind-403' },
  },
  proxy407: {
    phrase: 'the proxy wants credentials (HTTP 407)',
    way: { by: 'address', host: 'behind-407' },
  },
  reset: server('the connection breaks before the request is processed', { kind: 'reset-before' }),
  resetLate: server('the connection breaks after the request was processed', {
    kind: 'reset-after',
  }),
  slowStart: server('the answer is slow to begin', { kind: 'delay', milliseconds: 700 }),
  slowEnd: server('the answer is slow to end', { kind: 'trickle', milliseconds: 700 }),
  silence: server('no answer comes, nothing is processed', { kind: 'silence' }, TWO_ATTEMPTS),
  silenceLate: server(
    'no answer comes, though it was processed',
    { kind: 'silence-after' },
    TWO_ATTEMPTS,
  ),
  stall: server('the answer begins, and its end never comes', { kind: 'stall' }, TWO_ATTEMPTS),
  cut: server('the connection breaks in the middle of the answer', { kind: 'cut-off' }),

  // Statuses. They come instead of processing the request, unless it is said otherwise.
  400: status(400),
  401: status(401),
  403: status(403),
  '403 wait': status(403, { 'retry-after': '1' }, ' with `Retry-After`'),
  '403 hour': status(403, TOO_LONG, HOUR),
  404: status(404),
  408: status(408),
  409: status(409),
  412: status(412),
  422: status(422),
  425: status(425),
  429: status(429),
  '429 seconds': status(429, { 'retry-after': '1' }, ' with `Retry-After` in seconds'),
  '429 date': {
    phrase: 'HTTP 429 with `Retry-After` as a date',
    way: {
      by: 'server',
      fault: () => ({ kind: 'status', status: 429, headers: { 'retry-after': inASecond() } }),
    },
  },
  '429 hour': status(429, TOO_LONG, HOUR),
  500: status(500),
  502: status(502),
  503: status(503),
  '503 wait': status(503, { 'retry-after': '1' }, ' with `Retry-After`'),
  '503 hour': status(503, TOO_LONG, HOUR),
  504: status(504),
  '401 page': webPage(401),
  '403 page': webPage(403),
  '404 page': webPage(404),
  '500 late': hidden(500),
  '502 late': hidden(502),
  '503 late': hidden(503),
  '504 late': hidden(504),

  // Answers that look like a success.
  page: server('a web page comes instead of JSON', { kind: 'html' }),
  redirect: {
    phrase: 'a redirect leads to another host',
    way: { by: 'server', fault: (elsewhere) => ({ kind: 'redirect', location: elsewhere }) },
  },
  empty: changed('the answer is empty', () => undefined),
  half: server('the answer is half of the JSON', { kind: 'half' }),
  types: changed('the fields have wrong types', (answer) =>
    Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, ofAnotherType(value)])),
  ),
  fields: changed('all fields are missing', () => ({})),
  large: changed('the answer has 2 MiB', (answer) => ({
    ...answer,
    padding: 'x'.repeat(2 * 1024 * 1024),
  })),

  // Unusual answers that HTTP allows, and some that can't be used.
  gzip: server('the answer is compressed (`gzip`)', { kind: 'encode', codings: ['gzip'] }),
  br: server('the answer is compressed (`br`)', { kind: 'encode', codings: ['br'] }),
  deflate: server('the answer is compressed (`deflate`)', {
    kind: 'encode',
    codings: ['deflate'],
  }),
  bareDeflate: server('the answer is compressed (`deflate` without the header of zlib)', {
    kind: 'encode',
    codings: ['raw-deflate'],
  }),
  twice: server('the answer is compressed twice (`gzip`, then `br`)', {
    kind: 'encode',
    codings: ['gzip', 'br'],
  }),
  coding: server('the answer has a content coding that nobody knows', {
    kind: 'encode',
    codings: ['unheard-of'],
  }),
  headers: server('the answer has 56 KiB of headers', { kind: 'large-headers', kilobytes: 56 }),
  interim: server('informational answers (100, 102, 103) come first, unasked', {
    kind: 'interim',
    statuses: [100, 102, 103],
  }),
  pieces: server('each byte of the answer is a chunk of its own', { kind: 'pieces' }),
  padding: server('chunks of one byte, with long extensions, come without an end', {
    kind: 'padding',
  }),

  // Of the create alone.
  continue: server('an unasked 100 comes first', { kind: 'interim', statuses: [100] }),
  processing: server('a 102 comes first', { kind: 'interim', statuses: [102] }),
  hints: server('a 103 comes first', { kind: 'interim', statuses: [103] }),
  withoutKey: without('the private key is missing', 'privateKey'),
  withoutCertificate: without('the certificate is missing', 'publicKey'),
  withoutClientId: without('the client id is missing', 'clientId'),
  brokenKey: changed('the private key is PEM that does not parse', (answer) => ({
    ...answer,
    privateKey: brokenPem('RSA PRIVATE KEY'),
  })),
  brokenCertificate: changed('the certificate is PEM that does not parse', (answer) => ({
    ...answer,
    publicKey: brokenPem('CERTIFICATE'),
  })),
  wrongPair: server('the private key is another certificate’s', { kind: 'wrong-pair' }),
  expired: server('the certificate has expired already', { kind: 'expired' }),
  notReady: changed('the status is another one than READY', (answer) => ({
    ...answer,
    status: 'PENDING',
  })),

  // The disk.
  full: full('the disk is full from the start', IN_OUTPUT),
  fullLate: full('the disk is full when the key is to be written', `armed && ${IN_OUTPUT}`),
  fullEverywhere: full(
    'the disk is full when the key is to be written, under `RUNNER_TEMP` too',
    'armed',
  ),
  readOnly: readOnly('the output directory is read-only from the start', IN_OUTPUT),
  readOnlyLate: readOnly(
    'the output directory is read-only when the key is to be written',
    `armed && ${IN_OUTPUT}`,
  ),
  readOnlyEverywhere: readOnly('everything is read-only when the key is to be written', 'armed'),
  removed: {
    phrase: 'the output directory is removed while the agent is created',
    way: { by: 'removal' },
  },
  noTemporary: {
    phrase: 'the runner’s temporary directory can’t be written',
    way: { by: 'temporary-directory' },
  },
  noModes: disk(
    'modes can’t be changed',
    `fs.fchmodSync = fs.chmodSync = () => { throw fail('EPERM'); };`,
  ),
  noLinks: disk('there are no hard links', `fs.linkSync = () => { throw fail('ENOTSUP'); };`),
  noIgnoreFile: disk(
    '`.gitignore` can’t be written',
    `const { linkSync } = fs;
    fs.linkSync = (from, to) => {
      if (to.endsWith('.gitignore')) throw fail('EDQUOT');
      linkSync(from, to);
    };`,
  ),
  shown: shown('the output directory shows every file to others', IN_OUTPUT),
  shownLate: shown(
    'the output directory shows every file to others when the key is to be written',
    `armed && ${IN_OUTPUT}`,
  ),
} as const satisfies Readonly<Record<string, KnownFault>>;

export type FaultName = keyof typeof faults;

export function faultOf(name: FaultName): KnownFault {
  return faults[name];
}
