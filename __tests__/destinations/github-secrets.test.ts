import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { gitHubDestinations, gitHubEraser } from '../../src/destinations/github-secrets.ts';
import { type Made, type MadeLog, noLog } from '../../src/destinations/journal.ts';
import type { ScopeKind } from '../../src/github/scopes.ts';
import { kinds, scopeOf, startGitHub } from '../github/services.ts';
import { issuedFor } from './issued.ts';

const KEY = 'X_PRIVATE_KEY';
const CERTIFICATE = 'X_CERTIFICATE';

interface Options {
  readonly variables?: boolean;
  readonly several?: boolean;
  readonly ephemeral?: boolean;
}

async function start({ variables = false, several = false, ephemeral = false }: Options = {}) {
  const started = await startGitHub();
  const { github, vaults, services, settingsWith, limit } = started;
  const scopes = kinds.map(({ kind }) => scopeOf(kind));
  const settings = { ...settingsWith(), scopes, secretPrefix: 'X', variables };
  const notes: string[] = [];
  const note = (...made: readonly Made[]) => {
    for (const entry of made) {
      if (entry.kind !== 'setting') throw new Error('only settings are made');
      const { kind, name } = entry.setting;
      const isThere = vaults.repository[`${kind}s`].has(name);
      notes.push(`${entry.state} ${kind} ${name}${isThere ? ', which is there' : ''}`);
    }
  };
  const made: MadeLog = { record: note, note };
  const destinations = gitHubDestinations(settings, { ...services, several, ephemeral, made });
  const destinationOf = (kind: ScopeKind) => {
    const destination = destinations[kinds.findIndex((one) => one.kind === kind)];
    if (destination === undefined) throw new Error(`no ${kind}`);
    return destination;
  };
  const deliver = async (issued = issuedFor('a'), kind: ScopeKind = 'repository') => {
    const destination = destinationOf(kind);
    await destination.prepare([], limit);
    return destination.deliver(issued, limit);
  };
  const fail = (at: 'secret' | 'variable', ...faults: readonly Fault[]) => {
    for (const fault of faults) github.faults.push({ at, fault, times: 1 });
  };
  const eraser = gitHubEraser(settings, services);
  return { ...started, settings, destinations, destinationOf, deliver, eraser, fail, notes };
}

const refused: Fault = { kind: 'status', status: 403 };

/** Hits the secret of this name. */
const hits = (name: string, status: number): Fault => ({
  kind: 'reply',
  reply: ({ path }) => ({
    status: path.endsWith(name) ? status : 201,
    type: 'application/json',
    body: '{}',
  }),
});

describe('a delivery', () => {
  test.each(kinds)('to the $kind writes key and certificate to secrets', async ({ kind }) => {
    const { deliver, vaults } = await start();
    const scope = scopeOf(kind).title;
    expect(await deliver(issuedFor('a'), kind)).toEqual({
      files: {},
      settings: [
        { kind: 'secret', name: KEY, scope },
        { kind: 'secret', name: CERTIFICATE, scope },
      ],
      keepsKey: true,
    });
    expect(Object.fromEntries(vaults[kind].secrets)).toEqual({
      [KEY]: 'the key of a\n',
      [CERTIFICATE]: 'the certificate of a\n',
    });
    expect(vaults[kind].variables.size).toBe(0);
  });

  test('writes ids to variables if wanted, after the secrets', async () => {
    const { deliver, github, vaults } = await start({ variables: true, several: true });
    const { settings } = await deliver(issuedFor('a', { agentId: 'id-1' }));
    expect(settings.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'secret X_A_PRIVATE_KEY',
      'secret X_A_CERTIFICATE',
      'variable X_A_AGENT_ID',
      'variable X_A_CLIENT_ID',
    ]);
    expect(Object.fromEntries(vaults.repository.variables)).toEqual({
      X_A_AGENT_ID: 'id-1',
      X_A_CLIENT_ID: 'mqtt1_a',
    });
    const written = github.requests.map(({ endpoint }) => endpoint).slice(2);
    expect(new Set(written.slice(0, 2))).toEqual(new Set(['secret']));
    expect(new Set(written.slice(2))).toEqual(new Set(['variable']));
  });

  test('writes no variable for an id that the service did not return', async () => {
    const { deliver, vaults } = await start({ variables: true });
    expect((await deliver()).settings).toHaveLength(3);
    expect([...vaults.repository.variables.keys()]).toEqual(['X_CLIENT_ID']);
  });

  test.each([
    [KEY, CERTIFICATE],
    [CERTIFICATE, KEY],
  ])('keeps no key without %s, and reports what exists', async (missing, there) => {
    const { deliver, fail, github } = await start({ variables: true });
    fail('secret', hits(missing, 403), hits(missing, 403));
    const { settings, keepsKey, failure } = await deliver();
    expect(keepsKey).toBe(false);
    expect(settings.map(({ name }) => name)).toEqual([there]);
    expect(failure).toMatchObject({
      code: 'delivery-failed',
      message: expect.stringContaining(
        `Writing secret ${missing} of repository octo/device failed`,
      ),
      call: { method: 'PUT', status: 403 },
      cause: { code: 'destination-invalid' },
    });
    expect(github.seen('variable')).toEqual([]);
  });

  test('keeps the key when only variables fail', async () => {
    const { deliver, fail } = await start({ variables: true });
    fail('variable', refused);
    const { settings, keepsKey, failure } = await deliver();
    expect(keepsKey).toBe(true);
    expect(settings.map(({ name }) => name)).toEqual([KEY, CERTIFICATE]);
    expect(failure).toMatchObject({ code: 'delivery-failed', call: { method: 'PATCH' } });
  });

  test('that was not prepared is a bug', async () => {
    const { destinationOf, limit, github, notes } = await start();
    const delivered = destinationOf('repository').deliver(issuedFor('a'), limit);
    await expect(delivered).rejects.toThrow('not prepared');
    expect(github.requests).toEqual([]);
    expect(notes).toEqual([]);
  });
});

describe('a setting that the post step has to delete', () => {
  test('is noted before it is written, and again once GitHub has confirmed it', async () => {
    const { deliver, notes } = await start({ variables: true });
    await deliver();
    expect(notes.slice(0, 2)).toEqual([`writing secret ${KEY}`, `writing secret ${CERTIFICATE}`]);
    expect(notes.slice(2, 4).sort()).toEqual([
      `written secret ${CERTIFICATE}, which is there`,
      `written secret ${KEY}, which is there`,
    ]);
    expect(notes.slice(4)).toEqual([
      'writing variable X_CLIENT_ID',
      'written variable X_CLIENT_ID, which is there',
    ]);
  });

  test('is noted as absent if it was certainly not written', async () => {
    const { deliver, fail, notes } = await start();
    fail('secret', hits(KEY, 403), hits(KEY, 403));
    await deliver();
    expect(notes.slice(2).sort()).toEqual([
      `absent secret ${KEY}`,
      `written secret ${CERTIFICATE}`,
    ]);
  });

  test('stays uncertain if it may have been written', async () => {
    const { deliver, fail, notes } = await start();
    fail('secret', hits(KEY, 503), hits(KEY, 503), ...Array(4).fill(hits(KEY, 503)));
    expect((await deliver()).keepsKey).toBe(false);
    expect(notes).toEqual([
      `writing secret ${KEY}`,
      `writing secret ${CERTIFICATE}`,
      `written secret ${CERTIFICATE}`,
    ]);
  });
});

describe('a setting that is deleted with the job', () => {
  const agents = ['a', 'b'].map((name) => ({
    name,
    owner: undefined,
    expectedClientId: `mqtt1_${name}`,
    keyFormat: 'issued' as const,
    passphrase: undefined,
    ephemeral: true,
  }));
  const options = { ephemeral: true, several: true };

  test.each(kinds)('must not exist in the $kind before', async ({ kind }) => {
    const { destinationOf, limit, vaults } = await start({ ...options, variables: true });
    for (const name of ['OTHER', 'X_B_PRIVATE_KEY']) vaults[kind].secrets.set(name, '');
    for (const name of ['OTHER', 'X_A_AGENT_ID']) vaults[kind].variables.set(name, '');
    await expect(destinationOf(kind).prepare(agents, limit)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: `These already exist in ${scopeOf(kind).title}: secret X_B_PRIVATE_KEY, variable X_A_AGENT_ID. With \`ephemeral\`, they would be overwritten, and deleted after the job. Delete them, or choose another \`secret-prefix\`.`,
    });
  });

  test('may exist beside others, and beside variables that are not set', async () => {
    const { destinationOf, limit, vaults } = await start(options);
    vaults.repository.secrets.set('X_C_PRIVATE_KEY', '');
    vaults.repository.variables.set('X_A_AGENT_ID', '');
    await destinationOf('repository').prepare(agents, limit);
  });

  test('is not looked up if nothing is deleted', async () => {
    const { destinationOf, limit, vaults, github } = await start({ several: true });
    vaults.repository.secrets.set('X_A_PRIVATE_KEY', '');
    await destinationOf('repository').prepare(agents, limit);
    expect(github.seen('secrets')).toEqual([]);
  });
});

describe('the eraser', () => {
  test.each(kinds)(
    'deletes settings in the $kind, and ignores those that don’t exist',
    async ({ kind }) => {
      const { eraser, limit, vaults } = await start();
      const scope = scopeOf(kind).title;
      vaults[kind].secrets.set('A', 'text');
      vaults[kind].variables.set('A', 'text');
      for (let times = 0; times < 2; times++) {
        await eraser.delete({ kind: 'secret', name: 'A', scope }, limit);
        expect(vaults[kind].secrets.size).toBe(0);
        await eraser.delete({ kind: 'variable', name: 'A', scope }, limit);
        expect(vaults[kind].variables.size).toBe(0);
      }
    },
  );

  test.each([
    { variables: false, paths: [/actions\/secrets/, /environments\/[^/]+\/secrets/] },
    {
      variables: true,
      paths: [
        /actions\/secrets/,
        /actions\/variables/,
        /environments\/[^/]+\/secrets/,
        /environments\/[^/]+\/variables/,
      ],
    },
  ])(
    'first checks that the token sees every scope, variables: $variables',
    async ({ variables, paths }) => {
      const { eraser, limit, github } = await start({ variables });
      await eraser.prepare(limit);
      const asked = github.requests.map(({ path }) => path).sort();
      expect(asked).toEqual(paths.map((path) => expect.stringMatching(path)));
    },
  );

  test.each(['public-key', 'variables'] as const)(
    'does not start when the token does not see the %s of a scope',
    async (at) => {
      const { eraser, limit, github } = await start({ variables: true });
      github.faults.push({ at, fault: { kind: 'status', status: 404 }, after: 1 });
      await expect(eraser.prepare(limit)).rejects.toMatchObject({ code: 'destination-invalid' });
    },
  );

  test('leaves settings in a scope that the inputs don’t name', async () => {
    const { eraser, limit, github } = await start();
    const setting = { kind: 'secret', name: 'A', scope: 'repository octo/other' } as const;
    await expect(eraser.delete(setting, limit)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringMatching(
        /^The secret A of repository octo\/other was not deleted, because /,
      ),
    });
    expect(github.requests).toEqual([]);
  });

  test('fails if GitHub does not allow it', async () => {
    const { eraser, limit, github } = await start();
    github.faults.push({ at: 'delete-secret', fault: refused });
    const setting = { kind: 'secret', name: 'A', scope: scopeOf('repository').title } as const;
    await expect(eraser.delete(setting, limit)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringMatching(/^Deleting secret A of repository octo\/device failed: /),
    });
  });
});

describe('the code that calls GitHub', () => {
  const FILE = '../../src/github/settings.ts';

  afterEach(() => {
    vi.doUnmock(FILE);
    vi.resetModules();
  });

  /** Resets the modules, so that the file is loaded again, which `tell` is told. */
  async function startAnew(tell: (what: 'loaded' | 'opened') => void) {
    vi.resetModules();
    vi.doMock(FILE, async (load) => {
      tell('loaded');
      const file = await load<typeof import('../../src/github/settings.ts')>();
      const scopeOpener: typeof file.scopeOpener = (...given) => {
        tell('opened');
        return file.scopeOpener(...given);
      };
      return { ...file, scopeOpener };
    });
    const { settings, services, ...started } = await start();
    const room = await import('../../src/destinations/github-secrets.ts');
    const issued = (await import('./issued.ts')).issuedFor('a');
    const forDestinations = { ...services, several: false, ephemeral: false, made: noLog };
    const destinations = room.gitHubDestinations(settings, forDestinations);
    const eraser = room.gitHubEraser(settings, services);
    await vi.dynamicImportSettled();
    return { ...started, destinations, eraser, issued };
  }

  test('is loaded when the first destination is prepared, once for all of them', async () => {
    const tell = vi.fn();
    const { destinations, issued, limit, vaults } = await startAnew(tell);
    expect(destinations).toHaveLength(2);
    expect(tell).not.toHaveBeenCalled();
    await Promise.all(destinations.map((destination) => destination.prepare([], limit)));
    for (const destination of destinations) await destination.deliver(issued, limit);
    for (const { kind } of kinds) expect(vaults[kind].secrets.size).toBe(2);
    expect(tell.mock.calls).toEqual([['loaded'], ['opened']]);
  });

  test('is loaded when the eraser is prepared, once', async () => {
    const tell = vi.fn();
    const { eraser, limit, vaults } = await startAnew(tell);
    vaults.repository.secrets.set('A', 'text');
    expect(tell).not.toHaveBeenCalled();
    await eraser.prepare(limit);
    await eraser.delete({ kind: 'secret', name: 'A', scope: scopeOf('repository').title }, limit);
    expect(vaults.repository.secrets.size).toBe(0);
    expect(tell.mock.calls).toEqual([['loaded'], ['opened']]);
  });

  // Octokit does so when it can't read the context of the job.
  test('makes the destination invalid if it throws while it is loaded', async () => {
    const { destinations, eraser, limit, github } = await startAnew(() => {
      throw new Error('the words of a file');
    });
    const invalid = {
      code: 'destination-invalid',
      message:
        "The context of the job, which is needed for GitHub's secrets, can't be read (Error). Check the file that GITHUB_EVENT_PATH names, and the proxy variables.",
      cause: expect.any(Error),
    };
    await expect(destinations[0]?.prepare([], limit)).rejects.toMatchObject(invalid);
    await expect(eraser.prepare(limit)).rejects.toMatchObject(invalid);
    expect(github.requests).toEqual([]);
  });
});
