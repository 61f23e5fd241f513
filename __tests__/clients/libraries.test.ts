import { connectAsync } from 'mqtt';
import { expect } from 'vitest';
import { test } from '../action/sandbox.ts';
import { type Equipment, equip, expectPublished, runShown, textOf } from './device.ts';
import {
  compiled,
  describeClient,
  MBEDTLS,
  PAHO_C,
  PAHO_GO,
  PAHO_PYTHON,
  PYTHON,
  programFile,
  run,
  WOLFSSL,
} from './tools.ts';

const FORMS = ['issued', 'pkcs8', 'encrypted'] as const;

describeClient('MQTT.js', ['openssl'], () => {
  test.for(FORMS)('publishes (%s)', async (form, { start }) => {
    const equipped = await equip(await start(), form);
    const { port, clientId, ca, certificate, privateKey, passphrase, ...message } = equipped.device;
    const client = await connectAsync(`mqtts://localhost:${port}`, {
      clientId,
      protocolVersion: 4,
      reconnectPeriod: 0,
      ca: await textOf(ca),
      cert: await textOf(certificate),
      key: await textOf(privateKey),
      ...(passphrase && { passphrase }),
    });
    await client.publishAsync(message.topic, message.message, { qos: 1 });
    await client.endAsync();
    await expectPublished(equipped);
  });
});

/** The order in which the programs here want their files. */
const filesOf = ({ ca, certificate, privateKey }: Equipment) => [ca, certificate, privateKey];

describeClient('Paho for Python', ['openssl', PYTHON, PAHO_PYTHON], () => {
  test.for(FORMS)('publishes (%s)', async (form, { start }) => {
    const equipped = await equip(await start(), form);
    const { device } = equipped;
    const { port, clientId, passphrase, topic, message } = device;
    const args = ['localhost', port, clientId, ...filesOf(device), passphrase, topic, message];
    await expectPublished(equipped, await run(PYTHON, [programFile('device.py'), ...args]));
  });
});

describeClient('Paho for C', ['openssl', 'gcc', PAHO_C], () => {
  const program = compiled('paho.c', (source, out) => [
    ...['gcc', '-o', out, source, '-lpaho-mqtt3cs'],
  ]);
  test.for(FORMS)('publishes (%s)', async (form, { start }) => {
    const equipped = await equip(await start(), form);
    const { device } = equipped;
    const { port, clientId, passphrase, topic, message } = device;
    const url = `ssl://localhost:${port}`;
    const args = [url, clientId, ...filesOf(device), passphrase, topic, message];
    await expectPublished(equipped, await run(program(), args));
  });
});

describeClient('Go, and Paho for Go', ['openssl', 'go', PAHO_GO], () => {
  const program = compiled('paho.go', (source, out) => ['go', 'build', '-o', out, source]);
  const publish = (device: Equipment) => {
    const { port, clientId, topic, message } = device;
    const url = `ssl://localhost:${port}`;
    return run(program(), [url, clientId, ...filesOf(device), topic, message]);
  };

  test.for(['issued', 'pkcs8'] as const)('publishes (%s)', async (form, { start }) => {
    const equipped = await equip(await start(), form);
    await expectPublished(equipped, await publish(equipped.device));
  });

  test('refuses an encrypted key, and accepts what openssl converts it to', async ({ start }) => {
    const equipped = await equip(await start(), 'encrypted');
    const { device } = equipped;
    const refused = await publish(device);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain('failed to parse private key');
    await runShown(device, 'openssl pkey ');
    const opened = { ...device, privateKey: `${device.directory}/agent.key` };
    await expectPublished(equipped, await publish(opened));
  });
});

/** The arguments of the programs that only parse; what they print, by its name. */
async function parseWith(program: string, { privateKey, passphrase, certificate, ca }: Equipment) {
  const { exitCode, output } = await run(program, [privateKey, passphrase, certificate, ca]);
  expect(exitCode).toBe(0);
  return Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );
}

describeClient('mbedTLS', ['openssl', 'gcc', MBEDTLS], () => {
  const program = compiled('mbedtls.c', (source, out) => [
    ...['gcc', '-o', out, source, '-lmbedx509', '-lmbedcrypto'],
  ]);
  const PARSED = { certificate: '0', ca: '0' };

  test.for(['issued', 'pkcs8'] as const)(
    'parses PEM with its NUL (%s)',
    async (form, { start }) => {
      const { device } = await equip(await start(), form);
      const parsed = { ...PARSED, 'key-with-nul': '0', 'key-without-nul': '0x3d00' };
      expect(await parseWith(program(), device)).toEqual(parsed);
    },
  );

  test('refuses an encrypted key, and accepts what openssl converts it to', async ({ start }) => {
    const { device } = await equip(await start(), 'encrypted');
    expect(await parseWith(program(), device)).toMatchObject({
      ...PARSED,
      'key-with-nul': '0x2e80',
    });
    await runShown(device, 'openssl pkey ');
    const opened = { ...device, passphrase: '', privateKey: `${device.directory}/agent.key.der` };
    // DER has no NUL.
    expect(await parseWith(program(), opened)).toMatchObject({ 'key-without-nul': '0' });
  });
});

describeClient('wolfSSL', ['openssl', 'gcc', WOLFSSL], () => {
  const program = compiled('wolfssl.c', (source, out) => ['gcc', '-o', out, source, '-lwolfssl']);
  test.for(FORMS)('loads the files (%s)', async (form, { start }) => {
    const { device } = await equip(await start(), form);
    const loaded = { certificate: '1', key: '1', pair: '1', ca: '1' };
    expect(await parseWith(program(), device)).toEqual(loaded);
  });
});
