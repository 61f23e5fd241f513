import { describe, expect } from 'vitest';
import { codeOf, errorOf, test } from './sandbox.ts';

describe.concurrent('a hostile server', () => {
  test('can’t keep the step busy with an endless key', async ({ start }) => {
    const sandbox = await start();
    // Each piece of the client id is found in the key so often that comparing them takes for ever.
    const answer = {
      privateKey: `-----BEGIN PRIVATE KEY-----\n${'Aa'.repeat(400_000)}\n-----END PRIVATE KEY-----\n`,
      publicKey: 'none',
      clientId: 'Aa'.repeat(60_000),
    };
    sandbox.hub.faults.push({
      at: 'create',
      fault: { kind: 'body', status: 200, body: JSON.stringify(answer) },
    });
    const result = await sandbox.main();
    expect(codeOf(result)).toBe('response-invalid');
    expect(errorOf(result)).toContain('its private key is too long');
  });
});
