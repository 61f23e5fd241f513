import { expect, test } from 'vitest';
import { connectionsAhead } from '../../src/create/ahead.ts';
import { type Inputs, readInputs } from '../../src/create/inputs.ts';
import { proxySettings } from '../../src/http/proxy.ts';
import { type Given, sourceOf } from '../inputs/source.ts';

const TOKEN = 'https://acme.piam.eu1.mindsphere.io';
const GATEWAY = 'https://gateway.eu1.mindsphere.io';
const GITHUB = 'https://api.github.com';

const USER = { 'oauth-client-id': 'ci', 'oauth-client-secret': 'hidden away' };
const SECRETS = { destination: 'repository', repository: 'o/r', 'github-token': 'ghs_0123456789' };

/** The origins that are connected to, after what the inputs ask for. */
async function originsFor(given: Given, changes: Partial<Inputs> = {}): Promise<readonly string[]> {
  const { source } = sourceOf({ tenant: 'acme', name: 'device', ...given });
  return connectionsAhead({ ...(await readInputs(source)), ...changes }).map(
    ({ origin }) => origin,
  );
}

test('connects for the token first, then for the create', async () => {
  expect(await originsFor(USER)).toEqual([TOKEN, GATEWAY]);
});

test('connects once for each agent that is made at the same time', async () => {
  const name = 'a\nb\nc';
  expect(await originsFor({ ...USER, name })).toEqual([TOKEN, GATEWAY, GATEWAY, GATEWAY]);
  expect(await originsFor({ ...USER, name, concurrency: '2' })).toEqual([TOKEN, GATEWAY, GATEWAY]);
});

test('connects for key and certificate of each place for secrets', async () => {
  expect(await originsFor({ ...USER, ...SECRETS })).toEqual([TOKEN, GATEWAY, GITHUB, GITHUB]);
});

test('needs no connection for a token that is given', async () => {
  expect(await originsFor({ token: 'a.given.token' })).toEqual([GATEWAY]);
});

test('uses the connection of the token for the first agent where both are at one place', async () => {
  const application = { ...USER, 'app-name': 'app', 'app-version': '1' };
  expect(await originsFor(application)).toEqual([GATEWAY]);
  expect(await originsFor({ ...application, name: 'a\nb' })).toEqual([GATEWAY, GATEWAY]);
});

test('connects for nothing but the token in a dry run', async () => {
  expect(await originsFor({ ...USER, ...SECRETS, 'dry-run': 'true' })).toEqual([TOKEN]);
});

test('connects to nothing when perhaps nothing is to be made', async () => {
  expect(await originsFor({ ...USER, 'if-exists': 'skip' })).toEqual([]);
  expect(await originsFor(USER, { agents: [] })).toEqual([]);
});

test('leaves what goes through a proxy to it', async () => {
  const proxies = proxySettings({ https_proxy: 'http://proxy:3128', no_proxy: 'api.github.com' });
  expect(await originsFor({ ...USER, ...SECRETS }, { proxies })).toEqual([GITHUB, GITHUB]);
});
