import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GitHub } from '../../sandbox/github/github.ts';
import type { ScopeKind } from '../../src/github/scopes.ts';
import type { ScopeSettings } from '../../src/github/settings.ts';
import { asObject, type JsonObject, parseJsonObject } from '../../src/json.ts';
import { Secret } from '../../src/secret.ts';
import { kinds, PERMISSIONS, scopeOf, startGitHub } from './services.ts';

type Entry = GitHub['replies'][number];

/** An operation of the description: where it is, what it is, and the path that it is for. */
interface Operation {
  readonly at: readonly string[];
  readonly value: JsonObject;
  readonly template: string;
}

const JSON_TYPE = 'application/json';

/** Errors of every call, which the description leaves out for most. */
const GENERAL_ERRORS = [401, 403, 404, 409, 422];

/** GitHub's OpenAPI description, and whether requests and answers are as it says. */
class Description {
  readonly #document: JsonObject;
  readonly #ajv = new Ajv({
    strict: false,
    allErrors: true,
    validateSchema: false,
    formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ },
  });

  constructor(document: JsonObject) {
    this.#document = document;
    this.#ajv.addSchema(document, 'https://description.invalid/');
  }

  /** The operation that a request is for: literal parts of a path go before placeholders. */
  operationOf({ method, path }: Pick<Entry, 'method' | 'path'>): Operation {
    const { pathname } = new URL(path, 'http://127.0.0.1');
    const parts = pathname.replace(/^\/api\/v3/, '').split('/');
    const paths = asObject(this.#document['paths']) ?? {};
    const fitting = Object.keys(paths).filter((template) => fits(template, parts));
    const [template = ''] = fitting.sort((one, other) => holesOf(one) - holesOf(other));
    const at = ['paths', template, method.toLowerCase()];
    const value = asObject(asObject(paths[template])?.[method.toLowerCase()]);
    if (value === undefined) throw new Error(`no operation for ${method} ${pathname}`);
    return { at, value, template };
  }

  /** What is wrong with a request's body and parameters. */
  problemsOfRequest(entry: Entry): readonly string[] {
    const { at, value } = this.operationOf(entry);
    const { searchParams } = new URL(entry.path, 'http://127.0.0.1');
    const known = this.#queryOf(value);
    const unknown = [...searchParams.keys()].filter((name) => !known.includes(name));
    const problems = unknown.map((name) => `unknown parameter ${name}`);
    if (value['requestBody'] === undefined) {
      return entry.body === '' ? problems : [...problems, 'a body that is not documented'];
    }
    const pointer = [...at, 'requestBody', 'content', JSON_TYPE, 'schema'];
    return [...problems, ...this.#problemsOf(entry.body, pointer)];
  }

  /** What is wrong with an answer. */
  problemsOfReply(entry: Entry): readonly string[] {
    const { at, value } = this.operationOf(entry);
    const { status, body, type } = entry.reply;
    const documented = asObject(asObject(value['responses'])?.[status]);
    if (documented !== undefined && documented['content'] === undefined) {
      return body === '' ? [] : ['content that is not documented'];
    }
    const problems = type.split(';')[0] === JSON_TYPE ? [] : [`type ${type}`];
    if (documented !== undefined) {
      const response = documented['$ref'];
      const place =
        typeof response === 'string' ? pointerOf(response) : [...at, 'responses', `${status}`];
      return [...problems, ...this.#problemsOf(body, [...place, 'content', JSON_TYPE, 'schema'])];
    }
    if (!GENERAL_ERRORS.includes(status)) return [...problems, `status ${status} is unknown`];
    return [...problems, ...this.#problemsOfError(body)];
  }

  /** The schema of errors demands no property and forbids none, so that is checked too. */
  #problemsOfError(body: string): readonly string[] {
    const pointer = ['components', 'schemas', 'basic-error'];
    const known = Object.keys(asObject(this.#find([...pointer, 'properties'])) ?? {});
    const error = parseJsonObject(body) ?? {};
    const unknown = Object.keys(error).filter((name) => !known.includes(name));
    return [
      ...this.#problemsOf(body, pointer),
      ...unknown.map((name) => `unknown property ${name}`),
      ...(error['message'] === undefined ? ['no message'] : []),
    ];
  }

  #problemsOf(body: string, pointer: readonly string[]): readonly string[] {
    const escaped = pointer.map((part) =>
      encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
    );
    const validate = this.#ajv.getSchema(`https://description.invalid/#/${escaped.join('/')}`);
    if (validate === undefined) throw new Error(`no schema at ${pointer.join(' ')}`);
    if (validate(parseJsonObject(body))) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  #queryOf(operation: JsonObject): readonly unknown[] {
    const parameters = operation['parameters'];
    if (!Array.isArray(parameters)) return [];
    const resolved = parameters.map((parameter: unknown) => {
      const reference = asObject(parameter)?.['$ref'];
      return asObject(typeof reference === 'string' ? this.#find(pointerOf(reference)) : parameter);
    });
    return resolved.flatMap((parameter) =>
      parameter?.['in'] === 'query' ? parameter['name'] : [],
    );
  }

  #find(pointer: readonly string[]): unknown {
    return pointer.reduce<unknown>((value, part) => asObject(value)?.[part], this.#document);
  }
}

const isHole = (part: string) => part.startsWith('{');
const holesOf = (template: string) => template.split('/').filter(isHole).length;

function fits(template: string, parts: readonly string[]): boolean {
  const wanted = template.split('/');
  return (
    wanted.length === parts.length &&
    wanted.every((part, index) => (isHole(part) ? parts[index] !== '' : part === parts[index]))
  );
}

/** The keys that a reference such as `#/components/responses/not_found` goes along. */
function pointerOf(reference: string): readonly string[] {
  return reference.slice(2).split('/');
}

let github: GitHub;
let services: Awaited<ReturnType<typeof startGitHub>>;

beforeEach(async () => {
  services = await startGitHub();
  ({ github } = services);
});

const NAME = 'INSIGHTS_HUB_AGENT';
const secret = { kind: 'secret', name: NAME } as const;
const variable = { kind: 'variable', name: NAME } as const;

/** Sets each secret and variable twice, creates a variable that exists, and deletes them twice. */
async function callAll(kind: ScopeKind): Promise<void> {
  const { limit, apiWith, openScope } = services;
  const scope = openScope(kind);
  const key = await scope.fetchSealingKey(limit);
  for (const value of ['', 'ü'.repeat(100)]) {
    await scope.setSecret(NAME, new Secret(value), key, limit);
  }
  await scope.listNames('secret', limit);
  await scope.checkVariables(limit);
  for (const value of ['one', 'two']) await scope.setVariable({ name: NAME, value }, limit);
  await scope.checkVariables(limit);
  const again = apiWith()(
    {
      what: 'Making a variable again',
      scope: scopeOf(kind),
      kind: 'variable',
      send: (calls) => calls.createVariable({ name: NAME, value: 'three' }),
    },
    limit,
  );
  await expect(again).rejects.toMatchObject({ call: { status: 409 } });
  for (let times = 0; times < 2; times++) {
    await scope.delete(secret, limit);
    await scope.delete(variable, limit);
  }
}

/** Makes every kind of call fail. */
async function beRefused(scope: ScopeSettings): Promise<void> {
  const { limit } = services;
  const key = { id: '1', key: Buffer.alloc(32, 9) };
  await expect(scope.fetchSealingKey(limit)).rejects.toThrow();
  await expect(scope.setSecret(NAME, new Secret('text'), key, limit)).rejects.toThrow();
  await expect(scope.checkVariables(limit)).rejects.toThrow();
  await expect(scope.setVariable({ name: NAME, value: 'one' }, limit)).rejects.toThrow();
  // A setting that the token can't see counts as deleted; one that it may not delete does not.
  for (const setting of [secret, variable]) {
    await Promise.allSettled([scope.delete(setting, limit)]);
  }
}

/** Method, last parts of the path and status of everything that was answered. */
const answered = () =>
  github.replies.map(({ method, path, reply }) => {
    const [, rest = ''] = path.split(/(?:actions|environments\/[^/]+)\//);
    return `${method} ${rest.split('?')[0]} ${reply.status}`;
  });

const refusedWith = (status: number) => [
  `GET secrets/public-key ${status}`,
  `PUT secrets/${NAME} ${status}`,
  `GET variables ${status}`,
  `PATCH variables/${NAME} ${status}`,
  // a variable that does not exist is created
  ...(status === 404 ? [`POST variables ${status}`] : []),
  `DELETE secrets/${NAME} ${status}`,
  `DELETE variables/${NAME} ${status}`,
];

describe.each(['api.github.com', 'ghes-3.19'])('the description of %s', (name) => {
  let description: Description;

  beforeAll(async () => {
    const file = `../../node_modules/@octokit/openapi/generated/${name}.json`;
    const text = await readFile(new URL(file, import.meta.url), 'utf8');
    description = new Description(JSON.parse(text) as JsonObject);
  });

  const expectNoProblems = () => {
    for (const entry of github.replies) {
      const what = `${entry.method} ${entry.path} ${entry.reply.status}`;
      expect(description.problemsOfRequest(entry), `request ${what}`).toEqual([]);
      expect(description.problemsOfReply(entry), `answer ${what}`).toEqual([]);
    }
  };

  describe.each(kinds)('for the $kind', ({ kind }) => {
    test('has all calls, their requests and their answers', async () => {
      await callAll(kind);
      expect(answered()).toEqual([
        'GET secrets/public-key 200',
        `PUT secrets/${NAME} 201`,
        `PUT secrets/${NAME} 204`,
        'GET secrets 200',
        'GET variables 200',
        `PATCH variables/${NAME} 404`,
        'POST variables 201',
        `PATCH variables/${NAME} 204`,
        'GET variables 200',
        'POST variables 409',
        `DELETE secrets/${NAME} 204`,
        `DELETE variables/${NAME} 204`,
        `DELETE secrets/${NAME} 404`,
        `DELETE variables/${NAME} 404`,
      ]);
      expectNoProblems();
    });

    test('has the same paths as the scope', async () => {
      await callAll(kind);
      const base = {
        repository: '/repos/{owner}/{repo}/actions',
        environment: '/repos/{owner}/{repo}/environments/{environment_name}',
      }[kind];
      const templates = github.replies.map((entry) => description.operationOf(entry).template);
      expect([...new Set(templates)]).toEqual([
        `${base}/secrets/public-key`,
        `${base}/secrets/{secret_name}`,
        `${base}/secrets`,
        `${base}/variables`,
        `${base}/variables/{name}`,
      ]);
    });

    test('allows the answer to an unknown token', async () => {
      await beRefused(services.openScope(kind, 'no-token'));
      expect(answered()).toEqual(refusedWith(401));
      expectNoProblems();
    });

    test('allows the answer to a token without permissions', async () => {
      const [secrets, variables] = PERMISSIONS[kind];
      const token = github.issueToken({ [secrets]: 'none', [variables]: 'none' });
      await beRefused(services.openScope(kind, token));
      expect(answered()).toEqual(refusedWith(403));
      expectNoProblems();
    });

    test('allows the answer for a scope that does not exist', async () => {
      const gone = scopeOf(kind, { [kind === 'repository' ? 'repo' : kind]: 'gone' });
      await beRefused(services.openScope(kind, github.issueToken(), gone));
      expect(answered()).toEqual(refusedWith(404));
      expectNoProblems();
    });

    test('allows the answer to a secret that was sealed for someone else, or has an invalid name', async () => {
      const { limit, openScope } = services;
      const scope = openScope(kind);
      const key = await scope.fetchSealingKey(limit);
      const value = new Secret('text');
      const other = { ...key, key: Buffer.alloc(32, 9) };
      await expect(scope.setSecret(NAME, value, other, limit)).rejects.toThrow();
      await expect(scope.setSecret('GITHUB_KEY', value, key, limit)).rejects.toThrow();
      expect(answered().slice(1)).toEqual([
        `PUT secrets/${NAME} 422`,
        'PUT secrets/GITHUB_KEY 422',
      ]);
      expectNoProblems();
    });

    test('would reveal other statuses, requests and answers', async () => {
      await callAll(kind);
      const entryOf = (method: string, status: number) => {
        const found = github.replies.find(
          (entry) => entry.method === method && entry.reply.status === status,
        );
        if (found === undefined) throw new Error(`no ${method} ${status}`);
        return found;
      };
      const replied = (entry: Entry, reply: Partial<Entry['reply']>) =>
        description.problemsOfReply({ ...entry, reply: { ...entry.reply, ...reply } });
      const key = entryOf('GET', 200);
      const put = entryOf('PUT', 201);
      const post = entryOf('POST', 201);
      const missing = entryOf('PATCH', 404);
      const gone = entryOf('DELETE', 204);
      expect(replied(key, { body: '{"key_id":"1"}' })).not.toEqual([]);
      expect(replied(key, { body: '{"key_id":1,"key":"a"}' })).not.toEqual([]);
      expect(replied(key, { body: 'key' })).not.toEqual([]);
      expect(replied(key, { type: 'text/html' })).not.toEqual([]);
      expect(replied(put, { status: 200 })).not.toEqual([]);
      expect(replied(put, { status: 204, body: '{}' })).not.toEqual([]);
      expect(replied(put, { body: '{"id":1}' })).not.toEqual([]);
      expect(replied(gone, { status: 200, body: '{}' })).not.toEqual([]);
      expect(replied(gone, { body: '{}' })).not.toEqual([]);
      expect(replied(missing, { body: '{"message":404}' })).not.toEqual([]);
      expect(replied(missing, { body: '{"message":"no","code":1}' })).not.toEqual([]);
      const sent = (entry: Entry, more: Partial<Entry>) =>
        description.problemsOfRequest({ ...entry, ...more });
      expect(sent(put, { body: '{"encrypted_value":"YWJj"}' })).not.toEqual([]);
      expect(sent(put, { body: '{"encrypted_value":"YWI","key_id":"1"}' })).not.toEqual([]);
      expect(sent(put, { body: '' })).not.toEqual([]);
      expect(sent(post, { body: '{"name":"A"}' })).not.toEqual([]);
      expect(sent(missing, { body: '{"value":1}' })).not.toEqual([]);
      expect(sent(key, { body: '{}' })).not.toEqual([]);
      expect(sent(gone, { body: '{}' })).not.toEqual([]);
      expect(sent(key, { path: `${key.path}?per_page=1` })).not.toEqual([]);
      expect(() => sent(key, { path: `${key.path}/more` })).toThrow('no operation');
    });
  });
});
