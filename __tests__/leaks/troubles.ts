import {
  type Fault,
  type FaultyReply,
  type FaultyRequest,
  namedFaults,
  type OrderedFault,
} from '../../sandbox/faults.ts';
import type { ErrorMischief, ListedCertificate, Mischief, Trouble, Wrapping } from './scenario.ts';
import { type Knowledge, type Piece, say } from './words.ts';

/** What all servers know at the moment; what a request brings comes on top of it. */
export interface Gossip extends Knowledge {
  /** those that the step is about */
  readonly clientIds: readonly string[];
  /** of a pair that is nobody's */
  readonly otherKey: string;
  /** learns of a private key that nobody issued */
  readonly invented: (key: string) => void;
}

/** A trouble as the sandbox's servers make it. */
export function orderOf(trouble: Trouble, gossip: () => Gossip): OrderedFault {
  const { at, times, after, mischief } = trouble;
  return { at, times, after, fault: faultOf(mischief, gossip) };
}

function faultOf(mischief: Mischief, gossip: () => Gossip): Fault {
  switch (mischief.kind) {
    case 'named':
      return namedFaults[mischief.name]?.fault ?? { kind: 'reset-before' };
    case 'status': {
      const { status, after } = mischief;
      return { kind: after ? 'status-after' : 'status', status };
    }
    case 'error': {
      const reply = (request: FaultyRequest) => errorReply(mischief, knownWith(request, gossip()));
      return { kind: mischief.after ? 'reply-after' : 'reply', reply };
    }
    case 'ids':
      return { kind: 'change', change: (answer) => withIds(answer, mischief.ids, gossip()) };
    case 'wrapped':
      return { kind: 'change', change: (answer) => withKeysIn(answer, mischief) };
    case 'odd-key':
      return { kind: 'change', change: (answer) => withOddKey(answer, mischief, gossip()) };
    case 'list':
      return { kind: 'reply', reply: (request) => listReply(request, mischief, gossip()) };
    case 'fields':
      return { kind: 'change', change: (answer) => ({ ...answer, ...mischief.fields }) };
  }
}

/** A server knows what it is sent. */
function knownWith({ headers }: FaultyRequest, known: Knowledge): Knowledge {
  const header = `${headers['authorization'] ?? headers['x-space-auth-key'] ?? ''}`;
  const credential = header.replace(/^\w+ /, '');
  return { ...known, values: [...known.values, credential].filter(Boolean) };
}

function errorReply(mischief: ErrorMischief, known: Knowledge): FaultyReply {
  const { status, shape, retryAfter } = mischief;
  // What looks like a success may be read for its ids.
  const speaker = { ...known, identifies: status < 300 };
  const [code, message, reference] = [mischief.code, mischief.message, mischief.reference].map(
    (pieces) => say(pieces, speaker),
  );
  const headers = {
    'x-github-request-id': inHeader(reference),
    'x-accepted-github-permissions': inHeader(code),
    location: `https://elsewhere.invalid/${encodeURI(inHeader(message))}`,
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  };
  const reply = (body: string, type = 'application/json') => ({ status, type, body, headers });
  switch (shape) {
    case 'errors':
      return reply(JSON.stringify({ errors: [{ code, logref: reference, message }] }));
    case 'id':
      return reply(JSON.stringify({ id: reference, message }));
    case 'oauth':
      return reply(JSON.stringify({ error: code, error_description: message, id: reference }));
    case 'github':
      return reply(JSON.stringify({ message, documentation_url: reference, status: code }));
    case 'html':
      return reply(`<html><title>${code}</title>${message}</html>`, 'text/html');
    case 'cut-off':
      return reply(JSON.stringify({ errors: [{ code, message }] }).slice(0, -3));
    case 'text':
      return reply(`${code} ${message}`, 'text/plain');
  }
}

function listReply(
  request: FaultyRequest,
  { shape, pages, records }: Extract<Mischief, { kind: 'list' }>,
  gossip: Gossip,
): FaultyReply {
  const known = knownWith(request, gossip);
  const speaker = { ...known, identifies: true };
  const list = records.map((record) => listed(record, speaker, gossip.clientIds));
  const number = Number(new URL(request.path, 'http://hub').searchParams.get('page') ?? 0);
  const page = { totalPages: pages, number, totalElements: list.length * pages };
  const body = {
    array: list,
    content: { content: list, ...page, last: number + 1 === pages },
    hal: { _embedded: { agentCertificates: list }, page },
    'two lists': { _embedded: { agentCertificates: list, others: list } },
    unknown: { result: list },
  }[shape];
  return { status: 200, type: 'application/json', body: JSON.stringify(body) };
}

function listed(
  { field, id, owner, clientId, secret }: ListedCertificate,
  known: Knowledge,
  clientIds: readonly string[],
): Answer {
  const said = say(secret, known);
  const [key = said] = [...known.keys, ...known.strangeKeys];
  return {
    [field]: say(id, known),
    clientId: owner === undefined ? say(clientId, known) : clientIds[owner % clientIds.length],
    status: said,
    privateKey: key,
    credentials: { privateKey: key, certificatePem: said },
  };
}

/** As many words of a text as fit into a header: nobody knows a piece of an unknown key. */
function inHeader(text = ''): string {
  const line = text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
  return line.length <= 4_000 ? line : line.slice(0, line.lastIndexOf(' ', 4_000) + 1);
}

type Answer = Readonly<Record<string, unknown>>;

function keysIn(answer: Answer): readonly string[] {
  const nested = answer['credentials'] as Answer | undefined;
  return [answer['privateKey'], nested?.['privateKey']]
    .filter((key) => typeof key === 'string')
    .map((key) => `${key.replaceAll('\\n', '\n').replaceAll('\r', '').trimEnd()}\n`);
}

/** A create's answer is read as a whole: its secrets are known when its ids are checked. */
function withIds(
  answer: Answer,
  ids: Readonly<Record<string, readonly Piece[]>>,
  gossip: Gossip,
): Answer {
  const known = { ...gossip, keys: [...gossip.keys, ...keysIn(answer)], identifies: true };
  const said = Object.entries(ids).map(([field, pieces]) => [field, say(pieces, known)]);
  return { ...answer, ...Object.fromEntries(said) };
}

function pemOf(body: string, wrapping: Wrapping): string {
  const kind = 'RSA PRIVATE KEY';
  const lines = linesOf(body, wrapping);
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ''].join('\n');
}

/** Lines of a width, with a blank in the middle of each. */
function linesOf(body: string, { width, blank }: Wrapping): readonly string[] {
  const lines = body.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return lines.map((line) => {
    const middle = Math.floor(line.length / 2);
    return line.slice(0, middle) + blank + line.slice(middle);
  });
}

/** The answer to a create with its private keys wrapped differently. */
function withKeysIn(answer: Answer, wrapping: Wrapping): Answer {
  const rewrap = (fields: Answer): Answer => {
    const { privateKey } = fields;
    if (typeof privateKey !== 'string') return fields;
    const [head = '', ...rest] = privateKey
      .replace(/\\r|\r/g, '')
      .trimEnd()
      .split(/\\n|\n/);
    const last = rest.findLastIndex((line) => line !== '');
    const body = linesOf(rest.slice(0, last).join(''), wrapping);
    return { ...fields, privateKey: [head, ...body, rest[last], ''].join('\n') };
  };
  const { credentials } = answer;
  if (typeof credentials !== 'object' || credentials === null) return rewrap(answer);
  return { ...rewrap(answer), credentials: rewrap(credentials as Answer) };
}

function withOddKey(
  answer: Answer,
  { body, id, ...wrapping }: Extract<Mischief, { kind: 'odd-key' }>,
  gossip: Gossip,
): Answer {
  const key = body === undefined ? gossip.otherKey : pemOf(body, wrapping);
  gossip.invented(key);
  const keys = [key, ...keysIn(answer)];
  const agentId = say(id, { ...gossip, keys: [...gossip.keys, ...keys], identifies: true });
  const credentials = { ...(answer['credentials'] as Answer | undefined), privateKey: keys[1] };
  return { ...answer, privateKey: key, credentials, agentId };
}
