import { expect } from 'vitest';
import { test } from '../action/sandbox.ts';
import { type Equipment, equip, expectPublished, PASSPHRASE, runShown } from './device.ts';
import { compiled, describeClient, run, succeed } from './tools.ts';

interface Stores {
  readonly keys?: string;
  readonly trust?: string;
}

describeClient('Java and Kotlin', ['javac', 'java', 'keytool', 'openssl'], () => {
  const classes = compiled('Device.java', (source, out) => ['javac', '-d', out, source]);

  /** Publishes with Java, with the files as they are or with stores that were made of them. */
  function publish(device: Equipment, { keys = '', trust = device.ca }: Stores = {}) {
    const { port, clientId, certificate, privateKey, passphrase, topic, message } = device;
    const password = keys === '' ? passphrase : PASSPHRASE;
    const files = [trust, keys, certificate, privateKey];
    return run('java', [
      ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classes(), 'Device'],
      ...[port, clientId, ...files, password, topic, message],
    ]);
  }

  test('refuse the key as issued', async ({ start }) => {
    const { broker, device } = await equip(await start(), 'issued');
    const before = broker.attempts;
    const { exitCode, output } = await publish(device);
    expect(exitCode).toBe(1);
    expect(output).toContain('algid parse error, not a sequence');
    expect(broker.attempts).toBe(before);
  });

  test('connect with PKCS#8', async ({ start }) => {
    const equipped = await equip(await start(), 'pkcs8');
    await expectPublished(equipped, await publish(equipped.device));
  });

  test('connect with the encrypted key', async ({ start }) => {
    const equipped = await equip(await start(), 'encrypted');
    await expectPublished(equipped, await publish(equipped.device));
  });

  test.for(['issued', 'encrypted'] as const)(
    'connect with key stores created from the files (%s)',
    async (form, { start }) => {
      const equipped = await equip(await start(), form);
      const { device } = equipped;
      await runShown(device, 'keytool -importcert');
      const { directory } = device;
      const stores = { keys: `${directory}/agent.p12`, trust: `${directory}/trust.p12` };
      const listed = await succeed(
        'keytool',
        ['-list', '-keystore', stores.trust, '-storepass:env', 'PASSWORD'],
        { env: { PASSWORD: PASSPHRASE } },
      );
      expect(listed).toContain('contains 1 entry');
      await expectPublished(equipped, await publish(device, stores));
    },
  );
});
