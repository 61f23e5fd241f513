import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { describe, expect } from 'vitest';
import { logOf, outcomesOf, readRecipe, resultsOf, test } from './services.ts';

const BY_HAND = { event: { name: 'workflow_dispatch', payload: {} } };

describe('a reusable workflow', () => {
  const RECIPE = 'call-reusable.yml';
  const KEY = 'mqtt1_device-1-1.key';

  test('passes the encrypted key to the job of the caller', async ({ services }) => {
    const played = await services.play(RECIPE, BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success', deploy: 'success' });
    expect(logOf(played)).toContain('The key of mqtt1_device-1-1 can be opened');
    expect(played.artifacts.names).toEqual(['agent-device-1-1']);
    const key = played.artifacts.read('agent-device-1-1')[KEY] ?? '';
    expect(key).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const passphrase = services.secrets.KEY_PASSPHRASE;
    expect(createPrivateKey({ key, passphrase }).export({ type: 'pkcs1', format: 'pem' })).toBe(
      services.pairOf('mqtt1_device-1-1').privateKey,
    );
  });

  test('gets only the secrets that are passed by name', async ({ services }) => {
    const line = /^ +KEY_PASSPHRASE: .*\n/m;
    const workflow = readRecipe(RECIPE).replace(line, '');
    await expect(services.play(RECIPE, { ...BY_HAND, workflow })).rejects.toThrow(
      'requires KEY_PASSPHRASE',
    );
    expect(services.hub.requests).toEqual([]);
  });
});

describe.for([
  ['encrypted-artifact.yml', 'certificate-1'],
  ['call-reusable.yml', 'agent-device-1-1'],
] as const)('an artifact that is passed on (%s)', ([recipe, artifact]) => {
  test('can be used again if only the last job is repeated', async ({ services }) => {
    const workflow = readRecipe(recipe).replace('echo "The key of', 'exit 1; echo "The key of');
    const first = await services.play(recipe, { ...BY_HAND, workflow });
    expect(resultsOf(first)).toEqual({ certificate: 'success', deploy: 'failure' });
    const second = await services.rerun(recipe, BY_HAND, first);
    expect(resultsOf(second)).toEqual({ certificate: 'success', deploy: 'success' });
    expect(second.artifacts.names).toEqual([artifact]);
    expect(services.hub.seen('create')).toHaveLength(1);
  });

  test('is refused if it contains another certificate and key', async ({ services }) => {
    // They belong together and are encrypted with the same passphrase, but nobody issued them.
    const forge = `      - env:
          KEY_PASSPHRASE: \${{ secrets.KEY_PASSPHRASE }}
        run: |
          openssl req -x509 -newkey rsa:2048 -subj /CN=other -passout env:KEY_PASSPHRASE \\
            -keyout certificate/mqtt1_device-1-1.key -out certificate/mqtt1_device-1-1.pem 2> log
      # Your deployment`;
    const workflow = readRecipe(recipe).replace('      # Your deployment', forge);
    expect(workflow).not.toBe(readRecipe(recipe));
    const played = await services.play(recipe, { ...BY_HAND, workflow });
    expect(outcomesOf(played.jobs['deploy'])).toEqual(['success', 'success', 'failure']);
    expect(logOf(played).join('\n')).not.toContain('can be opened');
  });
});

describe('a token that the workflow has', () => {
  const RECIPE = 'token.yml';

  test('is masked, and used unchanged', async ({ services }) => {
    const played = await services.play(RECIPE, BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success' });
    expect(logOf(played)).toContain('The private key can be read');
    expect(services.hub.seen('token')).toHaveLength(1);
    expect(played.jobs['certificate']?.files).toEqual([]);
  });

  test('that is missing from the answer fails the job', async ({ services }) => {
    const fault = { kind: 'body', body: '{"token_type":"bearer"}' } as const;
    services.hub.faults.push({ at: 'token', fault });
    const played = await services.play(RECIPE, BY_HAND);
    expect(outcomesOf(played.jobs['certificate'])).toEqual(['failure', 'skipped', 'skipped']);
    expect(services.hub.seen('create')).toEqual([]);
  });
});

describe('the credentials of an application', () => {
  test('get a token from the Technical Token Manager', async ({ services }) => {
    const played = await services.play('application.yml', BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success' });
    expect(logOf(played)).toContain('The private key can be read');
    const [asked] = services.hub.seen('token');
    expect(asked?.path).toContain('/technicaltokenmanager/');
    expect(JSON.parse(asked?.body ?? '')).toMatchObject({ hostTenant: 'mqtt1', appVersion: 'v1' });
  });
});

describe('on Windows', () => {
  const RECIPE = 'windows.yml';
  const hasPowerShell = spawnSync('pwsh', ['-v']).error === undefined;

  test.skipIf(!hasPowerShell)('PowerShell opens key and certificate', async ({ services }) => {
    const [before = '', script = ''] = readRecipe(RECIPE).split(/^ {8}run: \|\n/m);
    const run = `        run: |
          cat > "$RUNNER_TEMP/script.ps1" <<'END'
          $ErrorActionPreference = 'stop'
${script}          END
          pwsh -NoProfile -File "$RUNNER_TEMP/script.ps1"
`;
    const workflow = `${before.replace('shell: pwsh', 'shell: bash')}${run}`;
    const played = await services.play(RECIPE, { ...BY_HAND, workflow });
    expect(resultsOf(played)).toEqual({ certificate: 'success' });
    expect(logOf(played)).toContain("The agent's client id is mqtt1_device-1-1");
    expect(played.jobs['certificate']?.files).toEqual([]);
  });

  test('a bash step reads the same as PowerShell would', async ({ services }) => {
    const [before = ''] = readRecipe(RECIPE).split(/^ {8}run: \|\n/m);
    const script = 'openssl pkey -in "$PRIVATE_KEY" -noout && echo "$CLIENT_ID, $CERTIFICATE"';
    const workflow = `${before.replace('shell: pwsh', 'shell: bash')}        run: ${script}\n`;
    const played = await services.play(RECIPE, { ...BY_HAND, workflow });
    expect(resultsOf(played)).toEqual({ certificate: 'success' });
    expect(logOf(played).at(-1)).toMatch(/^mqtt1_device-1-1, .*\/agent\/mqtt1_device-1-1\.pem$/);
  });
});
