import { hash } from 'node:crypto';
import fc from 'fast-check';
import { type Endpoint, gitHubEndpoints, hubEndpoints, namedFaults } from '../../sandbox/faults.ts';
import type { CertificateList } from '../../sandbox/insights-hub/books.ts';
import type { AnswerForm } from '../../sandbox/insights-hub/certificate-answer.ts';
import { type Piece, part, words } from './words.ts';

/** What goes wrong with a call, or what its server says. */
export type Mischief =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'status'; readonly status: number; readonly after: boolean }
  | ErrorMischief
  /** a create's answer with other ids */
  | { readonly kind: 'ids'; readonly ids: Readonly<Record<string, readonly Piece[]>> }
  /** a create's answer with the key of another pair, or a body that only looks like one, and one more */
  | ({
      readonly kind: 'odd-key';
      readonly body: string | undefined;
      readonly id: readonly Piece[];
    } & Wrapping)
  /** a create's answer whose keys are the right ones, but wrapped differently */
  | ({ readonly kind: 'wrapped' } & Wrapping)
  /** the list of certificates, as a hostile service has it */
  | {
      readonly kind: 'list';
      readonly shape: (typeof LIST_SHAPES)[number];
      readonly pages: number;
      readonly records: readonly ListedCertificate[];
    }
  /** any JSON answer with other fields */
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, unknown>> };

/** How a private key is written. */
export interface Wrapping {
  /** of a line, in characters */
  readonly width: number;
  /** the text in the middle of each line */
  readonly blank: string;
}

/** A certificate of a hostile list. */
export interface ListedCertificate {
  readonly field: 'id' | 'certificateId';
  readonly id: readonly Piece[];
  /** one of the client ids that the step is about; words, when not given */
  readonly owner?: number;
  readonly clientId: readonly Piece[];
  /** the text in the place of a private key */
  readonly secret: readonly Piece[];
}

export const LIST_SHAPES = ['array', 'content', 'hal', 'two lists', 'unknown'] as const;

/** An answer whose words are the server's. */
export interface ErrorMischief {
  readonly kind: 'error';
  readonly status: number;
  /** whether the request is processed all the same */
  readonly after: boolean;
  readonly shape: (typeof SHAPES)[number];
  readonly code: readonly Piece[];
  readonly message: readonly Piece[];
  readonly reference: readonly Piece[];
  readonly retryAfter?: string;
}

export const SHAPES = ['errors', 'id', 'oauth', 'github', 'html', 'cut-off', 'text'] as const;

export interface Trouble {
  readonly at: Endpoint;
  /** how many requests it meets, and how many it lets pass before */
  readonly times: number;
  readonly after: number;
  readonly mischief: Mischief;
}

export interface Scenario {
  readonly action: 'create' | 'delete';
  readonly credentials: 'technical-user' | 'application' | 'token';
  readonly clientId: string;
  readonly clientSecret: string;
  /** those that servers issue, in turn */
  readonly tokens: readonly string[];
  readonly gitHubToken: string;
  readonly passphrase: string;
  /** the format in which the service issues keys */
  readonly issuedAs: 'pkcs1' | 'pkcs8';
  readonly names: readonly string[];
  readonly owner: string;
  /** inputs that are no secrets, but can be given anything */
  readonly prefix: Given;
  readonly keyFormat: Given;
  readonly rateLimit: Given;
  readonly certificateIds: readonly Given[];
  readonly list: CertificateList;
  /** whether lists contain the certificates' private keys */
  readonly tellsKeys: boolean;
  readonly destination: string;
  readonly flags: Readonly<Record<Flag, boolean>>;
  readonly concurrency: number;
  readonly debug: boolean;
  readonly form: AnswerForm;
  readonly troubles: readonly Trouble[];
}

/** The value of an input: a text, one of the step's secrets, or an id that is there. */
export type Given = string | { readonly secret: 'client' | 'github' } | { readonly known: number };

const FLAGS = ['variables', 'ephemeral', 'keep-files', 'summary', 'dry-run'] as const;
type Flag = (typeof FLAGS)[number];

/** Stands in every secret, so that none is a word of something else by chance. */
const MARK = 'jX7q';

function secretOf(sign: fc.Arbitrary<string>, least: number): fc.Arbitrary<string> {
  const signs = fc.array(sign, { minLength: least, maxLength: 60 });
  return fc
    .tuple(
      fc.stringMatching(/^[A-Za-z0-9]{2,12}$/),
      signs,
      fc.stringMatching(/^[A-Za-z0-9]{2,12}$/),
    )
    .map(([head, middle, tail]) => `${head}${middle.join('')}${MARK}${tail}`);
}

const SPECIAL = ['"', "'", '\\', '%', '%41', '&', '&amp;', '<', '>', '+', '/', '=', '=='].concat([
  ':',
  '::',
  '##[',
  '$&',
  '.*',
  '(',
  '[',
  '-----',
  ',',
  ';',
  '\\n',
  '%0A',
  '\\u0041',
  '~',
  '|',
]);
const visible = fc.oneof(fc.stringMatching(/^[!-~]$/), fc.constantFrom(...SPECIAL));
const anySign = fc
  .oneof(
    visible,
    fc.constantFrom(' ', '  ', 'é', 'ß', '😀', '\u200b', '\u2028', '\u00a0', '**'),
    fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  )
  .filter((sign) => sign.isWellFormed() && !/\p{Cc}/u.test(sign));
const token = fc.oneof(
  fc.stringMatching(/^eyJ[\w-]{30,60}\.[\w-]{50,200}\.[\w-]{40,60}$/),
  fc.stringMatching(/^ghs_[A-Za-z0-9]{36}$/),
  secretOf(visible, 0),
);
const secret = fc.oneof(secretOf(fc.stringMatching(/^[\w-]$/), 6), secretOf(anySign, 0));

const name = fc.oneof(
  { weight: 12, arbitrary: fc.stringMatching(/^[a-z]{1,8}[0-9]{1,3}$/) },
  { weight: 3, arbitrary: fc.stringMatching(/^[!"$-*,-.0-~]{1,30}$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '::warning::owned',
      '::error::owned',
      '%0A::error::owned',
      'ä|`<b>$(id)',
      '😀'.repeat(5),
      '..',
      'a\u2028::add-mask::owned',
      '##[error]owned',
      'two words',
      '-----BEGIN',
    ),
  },
);

const plain = fc.constantFrom<Mischief>(
  ...Object.keys(namedFaults)
    .filter((known) => !['silence', 'slow', 'onboarded', 'wrong-pair', 'expired'].includes(known))
    .map((known) => ({ kind: 'named', name: known }) as const),
);

const STATUSES = [400, 401, 403, 404, 408, 409, 412, 422, 425, 429, 500, 502, 503, 504] as const;

const refused: fc.Arbitrary<Mischief> = fc.record({
  kind: fc.constant('status'),
  status: fc.constantFrom(...STATUSES),
  after: fc.boolean(),
});

const error: fc.Arbitrary<Mischief> = fc.record(
  {
    kind: fc.constant('error'),
    status: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...STATUSES) },
      { weight: 1, arbitrary: fc.constantFrom(200, 201, 204, 302, 307, 418, 599) },
    ),
    after: fc.boolean(),
    shape: fc.oneof(fc.constantFrom('errors', 'id', 'oauth', 'github'), fc.constantFrom(...SHAPES)),
    code: words,
    message: words,
    reference: words,
    retryAfter: fc.constantFrom(
      '0',
      '3',
      '9999',
      'Wed, 21 Oct 2099 07:28:00 GMT',
      '::error::owned',
    ),
  },
  { requiredKeys: ['kind', 'status', 'after', 'shape', 'code', 'message', 'reference'] },
);

const ids: fc.Arbitrary<Mischief> = fc.record({
  kind: fc.constant('ids'),
  ids: fc.record(
    { clientId: words, agentId: words, agentName: words, id: words, name: words },
    { requiredKeys: [] },
  ),
});

/** Base64 as random as a key's, which shrinks to no run of equal letters. */
const randomBody = fc.tuple(fc.nat(), fc.integer({ min: 2, max: 30 })).map(([seed, blocks]) => {
  const parts = Array.from({ length: blocks }, (_, at) =>
    hash('sha256', `${seed} ${at}`, 'buffer'),
  );
  return Buffer.concat(parts).toString('base64');
});

const wrapping = {
  width: fc.constantFrom(12, 15, 16, 20, 63, 64, 76, 1000, 2000),
  blank: fc.constantFrom('', '', ' ', '\t', '  '),
};

const oddKey: fc.Arbitrary<Mischief> = fc.record({
  kind: fc.constant('odd-key'),
  body: fc.option(randomBody, { nil: undefined }),
  ...wrapping,
  id: words,
});

const wrapped: fc.Arbitrary<Mischief> = fc.record({ kind: fc.constant('wrapped'), ...wrapping });

const odd = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constant(null),
  fc.constant([]),
  fc.constant({}),
);
const fields: fc.Arbitrary<Mischief> = fc.record({
  kind: fc.constant('fields'),
  fields: fc.record(
    {
      access_token: odd,
      token_type: odd,
      expires_in: odd,
      privateKey: odd,
      publicKey: odd,
      credentials: odd,
      content: odd,
      id: odd,
      eTag: odd,
      status: odd,
      key: odd,
      key_id: odd,
    },
    { requiredKeys: [] },
  ),
});

/** Looks like an id, but contains a secret, or a piece of a key. */
const secretId: fc.Arbitrary<readonly Piece[]> = fc
  .tuple(
    fc.constantFrom('', '01G16QJSRNKA3JD4DQE2Z7KPEK', 'a-'),
    fc.oneof(
      fc.record({
        kind: fc.constant('secret' as const),
        which: fc.nat({ max: 20 }),
        form: fc.constantFrom('raw' as const, 'raw' as const, 'base64 without padding' as const),
        part,
      }),
      fc.record({
        kind: fc.constant('key' as const),
        which: fc.nat({ max: 20 }),
        form: fc.constantFrom('body' as const, 'base64' as const),
        cut: fc.tuple(fc.nat({ max: 2_500 }), fc.integer({ min: 16, max: 60 })),
      }),
    ),
  )
  .map(([head, secret]) => [{ kind: 'text', text: head }, secret]);
const plainId: fc.Arbitrary<readonly Piece[]> = fc
  .constantFrom(
    '01G16QJSRNKA3JD4DQE2Z7KPEK',
    'a',
    '::error::owned',
    '../agents/a',
    'a\n::add-mask::owned',
  )
  .map((text) => [{ kind: 'text', text }]);
const anyId = fc.oneof(
  { weight: 1, arbitrary: words },
  { weight: 5, arbitrary: secretId },
  { weight: 2, arbitrary: plainId },
);

const list: fc.Arbitrary<Mischief> = fc.record({
  kind: fc.constant('list'),
  shape: fc.constantFrom('array', 'array', ...LIST_SHAPES),
  pages: fc.constantFrom(1, 1, 2, 3),
  records: fc.array(
    fc.record(
      {
        field: fc.constantFrom('id', 'id', 'certificateId'),
        id: anyId,
        owner: fc.nat({ max: 2 }),
        clientId: words,
        secret: words,
      },
      { requiredKeys: ['field', 'id', 'clientId', 'secret'] },
    ),
    { minLength: 1, maxLength: 4 },
  ),
});

const general = fc.oneof(
  { weight: 8, arbitrary: error },
  { weight: 1, arbitrary: plain },
  { weight: 1, arbitrary: refused },
  { weight: 1, arbitrary: fields },
);

function troubleAt(at: Endpoint, mischief: fc.Arbitrary<Mischief>): fc.Arbitrary<Trouble> {
  return fc.record({
    at: fc.constant(at),
    times: fc.constantFrom(1, 2, 9, 9),
    after: fc.constantFrom(0, 0, 0, 1),
    mischief,
  });
}

const trouble = fc.oneof(
  { weight: 3, arbitrary: troubleAt('token', general) },
  { weight: 4, arbitrary: troubleAt('create', general) },
  { weight: 4, arbitrary: troubleAt('create', fc.oneof(ids, oddKey, wrapped)) },
  { weight: 2, arbitrary: troubleAt('find-agent', general) },
  { weight: 3, arbitrary: troubleAt('list-certificates', fc.oneof(list, list, general)) },
  { weight: 2, arbitrary: troubleAt('delete-certificate', general) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<Endpoint>(...hubEndpoints, ...gitHubEndpoints)
      .chain((at) => troubleAt(at, general)),
  },
);

const DESTINATIONS = ['workspace', 'workspace', 'repository', 'workspace, repository'].concat([
  'environment',
  'repository, environment, workspace',
]);

const ownSecret = fc.constantFrom<Given>({ secret: 'client' }, { secret: 'github' });
const HOSTILE = fc.constantFrom<Given>(
  '::error::owned',
  '%0A::add-mask::owned',
  'ä b',
  '-----BEGIN',
);
const usually = (weight: number, ...usual: readonly string[]): fc.Arbitrary<Given> =>
  fc.oneof(
    { weight, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: ownSecret },
    { weight: 1, arbitrary: HOSTILE },
  );
const certificateId = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 2 }).map((known): Given => ({ known })) },
  { weight: 6, arbitrary: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/) },
  { weight: 1, arbitrary: ownSecret },
  { weight: 1, arbitrary: HOSTILE },
);

const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  action: fc.constantFrom('create', 'create', 'create', 'delete'),
  credentials: fc.constantFrom('technical-user', 'application', 'token'),
  clientId: fc.oneof(fc.constant('mqtt1-ci'), fc.stringMatching(/^[!-9;-~]{1,30}$/)),
  clientSecret: secret,
  tokens: fc.array(token, { minLength: 1, maxLength: 3 }),
  gitHubToken: token,
  passphrase: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    // 12 printable ASCII characters or more
    { weight: 1, arbitrary: secretOf(fc.oneof(visible, fc.constant(' ')), 4) },
  ),
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  owner: fc.oneof(fc.constant(''), fc.string({ maxLength: 40 }), fc.constant('\n::error::owned')),
  issuedAs: fc.constantFrom('pkcs1', 'pkcs1', 'pkcs8'),
  keyFormat: usually(30, '', 'issued', 'pkcs8', 'pkcs8'),
  prefix: usually(30, '', '', 'mqtt1', 'oldname'),
  rateLimit: usually(30, '', '10000/1s', '10/30s', '1/3600s'),
  certificateIds: fc.oneof(
    fc.constant([]),
    fc.uniqueArray(certificateId, { maxLength: 3, selector: (given) => JSON.stringify(given) }),
  ),
  list: fc.constantFrom('array', 'content', 'hal', 'unknown'),
  tellsKeys: fc.boolean(),
  destination: fc.constantFrom(...DESTINATIONS),
  flags: fc.record({
    variables: fc.boolean(),
    ephemeral: fc.boolean(),
    'keep-files': fc.boolean(),
    summary: fc.constantFrom(true, true, false),
    'dry-run': fc.constantFrom(false, false, false, false, true),
  }),
  concurrency: fc.constantFrom(1, 1, 4),
  debug: fc.boolean(),
  form: fc.record({
    shape: fc.constantFrom('flat', 'nested'),
    lineEnds: fc.constantFrom('lf', 'crlf', 'escaped', 'trimmed'),
  }),
  troubles: fc.array(trouble, { minLength: 1, maxLength: 4 }),
});

/** What is shown of a hostile list: its ids, if a certificate is found or stays. */
const listing: fc.Arbitrary<Partial<Scenario>> = fc
  .record({
    action: fc.constantFrom('create' as const, 'delete' as const),
    list: troubleAt('list-certificates', list),
    broken: troubleAt('create', fc.constant({ kind: 'named', name: 'reset-before' })),
    deleting: troubleAt('delete-certificate', fc.oneof(refused, error)),
  })
  .map(({ action, list, broken, deleting }) => ({
    action,
    names: ['device1', 'device2'],
    prefix: '',
    keyFormat: '',
    rateLimit: '',
    certificateIds: [],
    flags: {
      variables: false,
      ephemeral: false,
      'keep-files': false,
      summary: true,
      'dry-run': false,
    },
    troubles: [
      { ...list, times: 9, after: 0 },
      { ...broken, times: 1, after: 0 },
      { ...deleting, times: 9, after: 0 },
    ],
  }));

/** A step of either action, with what it is given and what its servers do and say. */
export const scenario: fc.Arbitrary<Scenario> = fc.oneof(
  { weight: 4, arbitrary: anyScenario },
  {
    weight: 1,
    arbitrary: fc.tuple(anyScenario, listing).map(([any, its]) => ({ ...any, ...its })),
  },
);
