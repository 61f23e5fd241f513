import { hash } from 'node:crypto';
import fc from 'fast-check';
import { type Endpoint, gitHubEndpoints, hubEndpoints, namedFaults } from '../../sandbox/faults.ts';
import type { AnswerForm } from '../../sandbox/insights-hub/certificate-answer.ts';
import { type Piece, words } from './words.ts';

/** What goes wrong with a call, or what its server says. */
export type Mischief =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'status'; readonly status: number; readonly after: boolean }
  | ErrorMischief
  /** a create's answer with other ids */
  | { readonly kind: 'ids'; readonly ids: Readonly<Record<string, readonly Piece[]>> }
  /** a create's answer with the key of another pair, or a body that only looks like one, and one more */
  | {
      readonly kind: 'odd-key';
      readonly body: string | undefined;
      readonly width: number;
      readonly id: readonly Piece[];
    }
  /** any JSON answer with other fields */
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, unknown>> };

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
  readonly names: readonly string[];
  readonly owner: string;
  readonly destination: string;
  readonly flags: Readonly<Record<Flag, boolean>>;
  readonly concurrency: number;
  readonly debug: boolean;
  readonly form: AnswerForm;
  readonly troubles: readonly Trouble[];
}

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

const oddKey: fc.Arbitrary<Mischief> = fc.record({
  kind: fc.constant('odd-key'),
  body: fc.option(randomBody, { nil: undefined }),
  width: fc.constantFrom(16, 20, 64, 76, 2000),
  id: words,
});

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
  { weight: 4, arbitrary: troubleAt('create', fc.oneof(ids, oddKey)) },
  { weight: 2, arbitrary: troubleAt('find-agent', general) },
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

/** A step of either action, with what it is given and what its servers do and say. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  action: fc.constantFrom('create', 'create', 'create', 'create', 'delete'),
  credentials: fc.constantFrom('technical-user', 'application', 'token'),
  clientId: fc.oneof(fc.constant('mqtt1-ci'), fc.stringMatching(/^[!-9;-~]{1,30}$/)),
  clientSecret: secret,
  tokens: fc.array(token, { minLength: 1, maxLength: 3 }),
  gitHubToken: token,
  passphrase: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: secret }),
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  owner: fc.oneof(fc.constant(''), fc.string({ maxLength: 40 }), fc.constant('\n::error::owned')),
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
