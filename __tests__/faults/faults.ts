import type { Fault } from '../../sandbox/faults.ts';
import { type Phrase, phraseOf, type Words } from './phrases.ts';

/** How a fault of the matrix is caused. */
export type Way =
  /** an embedded server plays it on the requests of one endpoint; `elsewhere` is a URL of another */
  | { readonly by: 'server'; readonly fault: (elsewhere: string) => Fault }
  /** the URL leads to a host that can't be reached */
  | { readonly by: 'address'; readonly host: Unreachable }
  /** file functions fail in the process of the action: code that follows `failingDisk()` */
  | { readonly by: 'disk'; readonly code: string }
  /** the output directory is deleted while the create is in progress */
  | { readonly by: 'removal' }
  /** the runner's temporary directory can't be written from the start */
  | { readonly by: 'temporary-directory' };

/** Hosts that can't be reached. */
export type Unreachable =
  | 'unknown'
  | 'refusing'
  /** by their TLS certificates */
  | 'untrusted'
  | 'expired'
  | 'early'
  | 'other-host'
  /** behind proxies with these answers */
  | 'behind-403'
  | 'behind-407';

interface KnownFault extends Phrase {
  readonly way: Way;
  /** if no answer comes to any attempt: the input `timeout`, in seconds */
  readonly timeout?: number;
}

const server = (words: Words, fault: Fault, timeout?: number): KnownFault => ({
  ...phraseOf(words),
  way: { by: 'server', fault: () => fault },
  ...(timeout !== undefined && { timeout }),
});
const address = (words: Words, host: Unreachable): KnownFault => ({
  ...phraseOf(words),
  way: { by: 'address', host },
});

/** Kinds of phrases. */
const TLS = 'the TLS certificate …';
const PROXY = 'the proxy …';
const BREAKS = 'the connection breaks …';
const SLOW = 'the answer is slow to …';
const VALID = 'an unusual, valid answer: …';
const UNEXPECTED = 'an unexpected answer: …';
const LACKS = 'the answer has no …';
const BROKEN_PEM = 'the … is PEM that can’t be parsed';
const DISK_FULL = 'the disk is full …';
const READ_ONLY = 'the output directory is read-only …';
const READABLE = 'all files in the output directory can be read by others …';

/** An answer other than a success, instead of processing the request or after it. */
const status = (code: number, headers: Readonly<Record<string, string>> = {}, more = '') =>
  server([`HTTP …${more}`, `${code}`], { kind: 'status', status: code, headers });
/** A rejection that does not come from the service. */
const webPage = (code: number) =>
  server(['HTTP … with a web page', `${code}`], { kind: 'html', status: code });
const hidden = (code: number) =>
  server(['HTTP …, although the request was processed', `${code}`], {
    kind: 'status-after',
    status: code,
  });

type Answer = Readonly<Record<string, unknown>>;

/** An answer whose content is changed after the request was processed. */
const changed = (words: Words, change: (answer: Answer) => unknown) =>
  server(words, { kind: 'change', change });
const without = (own: string, field: string) =>
  changed([LACKS, own], (answer) => ({ ...answer, [field]: undefined }));

/** A value of another type than the one that is expected. */
const ofAnotherType = (value: unknown) => (typeof value === 'string' ? 7 : 'text');

const brokenPem = (label: string) =>
  `-----BEGIN ${label}-----\nAAAAAAAAAAAAAAAAAAAAAAAA\n-----END ${label}-----\n`;

const inASecond = () => new Date(Date.now() + 1000).toUTCString();

/** In seconds: longer than any step waits. */
const TOO_LONG = { 'retry-after': '3600' };
const HOUR = ' with `Retry-After` of an hour';
const WAIT = 'HTTP 429 with `Retry-After` …';

/** Whether a path is in the output directory, as code for `failingDisk()`. */
const IN_OUTPUT = `String(file).includes('.insights-hub')`;

/** Opens files, and makes writing to them fail where the disk is full. */
const full = (words: Words, where: string): KnownFault => ({
  ...phraseOf(words),
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
const readOnly = (words: Words, where: string): KnownFault => ({
  ...phraseOf(words),
  way: {
    by: 'disk',
    code: `fs.openSync = (file, ...args) => {
      if (${where}) throw fail('EROFS');
      return openSync(file, ...args);
    };`,
  },
});

const disk = (words: Words, code: string): KnownFault => ({
  ...phraseOf(words),
  way: { by: 'disk', code },
});

/** Gives every file the same mode, as a mount without modes does. */
const shown = (own: string, where: string): KnownFault =>
  disk(
    [READABLE, own],
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
  unresolved: address('the host name can’t be resolved', 'unknown'),
  refused: address('the connection is refused', 'refusing'),
  untrusted: address([TLS, 'is not trusted'], 'untrusted'),
  expiredTls: address([TLS, 'has expired'], 'expired'),
  earlyTls: address([TLS, 'is not valid yet'], 'early'),
  otherHost: address([TLS, 'is for another host'], 'other-host'),
  proxy403: address([PROXY, 'refuses (HTTP 403)'], 'behind-403'),
  proxy407: address([PROXY, 'asks for credentials (HTTP 407)'], 'behind-407'),
  reset: server([BREAKS, 'before the request is processed'], { kind: 'reset-before' }),
  resetLate: server([BREAKS, 'after the request was processed'], { kind: 'reset-after' }),
  slowStart: server([SLOW, 'begin'], { kind: 'delay', milliseconds: 700 }),
  slowEnd: server([SLOW, 'end'], { kind: 'trickle', milliseconds: 700 }),
  silence: server(
    'no answer comes, and the request is not processed',
    { kind: 'silence' },
    TWO_ATTEMPTS,
  ),
  silenceLate: server(
    'no answer comes, although the request was processed',
    { kind: 'silence-after' },
    TWO_ATTEMPTS,
  ),
  stall: server('the answer begins and never ends', { kind: 'stall' }, TWO_ATTEMPTS),
  cut: server([BREAKS, 'in the middle of the answer'], { kind: 'cut-off' }),

  // Statuses. They come instead of processing the request, unless the phrase says otherwise.
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
  '429 seconds': server([WAIT, 'in seconds'], {
    kind: 'status',
    status: 429,
    headers: { 'retry-after': '1' },
  }),
  '429 date': {
    ...phraseOf([WAIT, 'as a date']),
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
  page: server([UNEXPECTED, 'a web page instead of JSON'], { kind: 'html' }),
  redirect: {
    ...phraseOf('a redirect to another host'),
    way: { by: 'server', fault: (elsewhere) => ({ kind: 'redirect', location: elsewhere }) },
  },
  empty: changed([UNEXPECTED, 'empty'], () => undefined),
  half: server([UNEXPECTED, 'half of the JSON'], { kind: 'half' }),
  types: changed([UNEXPECTED, 'fields of the wrong types'], (answer) =>
    Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, ofAnotherType(value)])),
  ),
  fields: changed([UNEXPECTED, 'no fields'], () => ({})),
  large: changed([UNEXPECTED, 'a body of 2 MiB'], (answer) => ({
    ...answer,
    padding: 'x'.repeat(2 * 1024 * 1024),
  })),

  // Unusual but valid answers, and some that can't be used.
  gzip: server([VALID, 'compressed with `gzip`'], { kind: 'encode', codings: ['gzip'] }),
  br: server([VALID, 'compressed with `br`'], { kind: 'encode', codings: ['br'] }),
  deflate: server([VALID, 'compressed with `deflate`'], {
    kind: 'encode',
    codings: ['deflate'],
  }),
  bareDeflate: server([VALID, 'compressed with `deflate` without the zlib header'], {
    kind: 'encode',
    codings: ['raw-deflate'],
  }),
  twice: server([VALID, 'compressed twice (`gzip`, then `br`)'], {
    kind: 'encode',
    codings: ['gzip', 'br'],
  }),
  coding: server([UNEXPECTED, 'an unknown content coding'], {
    kind: 'encode',
    codings: ['unheard-of'],
  }),
  headers: server([VALID, '56 KiB of headers'], { kind: 'large-headers', kilobytes: 56 }),
  interim: server([VALID, 'unrequested 100, 102 and 103 first'], {
    kind: 'interim',
    statuses: [100, 102, 103],
  }),
  pieces: server([VALID, 'one byte per chunk'], { kind: 'pieces' }),
  padding: server([UNEXPECTED, 'endless one-byte chunks with long extensions'], {
    kind: 'padding',
  }),

  // Only for the create.
  continue: server([VALID, 'an unrequested 100 first'], { kind: 'interim', statuses: [100] }),
  processing: server([VALID, 'a 102 first'], { kind: 'interim', statuses: [102] }),
  hints: server([VALID, 'a 103 first'], { kind: 'interim', statuses: [103] }),
  withoutKey: without('private key', 'privateKey'),
  withoutCertificate: without('certificate', 'publicKey'),
  withoutClientId: without('client id', 'clientId'),
  brokenKey: changed([BROKEN_PEM, 'private key'], (answer) => ({
    ...answer,
    privateKey: brokenPem('RSA PRIVATE KEY'),
  })),
  brokenCertificate: changed([BROKEN_PEM, 'certificate'], (answer) => ({
    ...answer,
    publicKey: brokenPem('CERTIFICATE'),
  })),
  wrongPair: server('the private key belongs to another certificate', { kind: 'wrong-pair' }),
  expired: server('the agent’s certificate has already expired', { kind: 'expired' }),
  notReady: changed('the agent’s status is not READY', (answer) => ({
    ...answer,
    status: 'PENDING',
  })),

  // The disk.
  full: full([DISK_FULL, 'from the start'], IN_OUTPUT),
  fullLate: full([DISK_FULL, 'when the key is written'], `armed && ${IN_OUTPUT}`),
  fullEverywhere: full([DISK_FULL, 'when the key is written, even under `RUNNER_TEMP`'], 'armed'),
  readOnly: readOnly([READ_ONLY, 'from the start'], IN_OUTPUT),
  readOnlyLate: readOnly([READ_ONLY, 'when the key is written'], `armed && ${IN_OUTPUT}`),
  readOnlyEverywhere: readOnly('everything is read-only when the key is written', 'armed'),
  removed: {
    ...phraseOf('the output directory is deleted while the agent is created'),
    way: { by: 'removal' },
  },
  noTemporary: {
    ...phraseOf('the runner’s temporary directory is not writable'),
    way: { by: 'temporary-directory' },
  },
  noModes: disk(
    'file modes can’t be changed',
    `fs.fchmodSync = fs.chmodSync = () => { throw fail('EPERM'); };`,
  ),
  noLinks: disk(
    'the file system has no hard links',
    `fs.linkSync = () => { throw fail('ENOTSUP'); };`,
  ),
  noIgnoreFile: disk(
    '`.gitignore` can’t be written',
    `const { linkSync } = fs;
    fs.linkSync = (from, to) => {
      if (to.endsWith('.gitignore')) throw fail('EDQUOT');
      linkSync(from, to);
    };`,
  ),
  shown: shown('from the start', IN_OUTPUT),
  shownLate: shown('when the key is written', `armed && ${IN_OUTPUT}`),
} as const satisfies Readonly<Record<string, KnownFault>>;

export type FaultName = keyof typeof faults;

export function faultOf(name: FaultName): KnownFault {
  return faults[name];
}
