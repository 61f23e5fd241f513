import { describe, expect, test } from 'vitest';
import { mqttxConnection } from '../../src/mqtt/broker.ts';

const files = {
  authorities: '/w/out/broker-ca.pem',
  certificate: '/w/out/mqtt1_a.pem',
  privateKey: '/w/out/mqtt1_a.key',
};
const connection = {
  id: '0b6c1f9e-6f0c-4a57-9d6b-3d3f8f0d6a11',
  clientId: 'mqtt1_a',
  broker: { host: 'broker.invalid', port: 8883 },
  files,
};

type Fields = Readonly<Record<string, unknown>>;

/** The importer takes one object or an array of them. */
function importedFrom(text: string): Fields {
  const parsed = JSON.parse(text) as Fields | readonly Fields[];
  const [first] = Array.isArray(parsed) ? (parsed as readonly Fields[]) : [parsed as Fields];
  return first ?? {};
}

/** What MQTTX's import dialog asks of every connection before it takes a file. */
function isTaken(fields: Fields): boolean {
  const { clientId, name, host, port, ssl, certType, ca } = fields;
  if (!clientId || !name || !host || !port) return false;
  return !(ssl && !certType) && !(certType === 'self' && !ca);
}

/** The columns of its database that have no default and may not be null, with their types. */
const REQUIRED: Readonly<Record<string, string>> = {
  clientId: 'string',
  name: 'string',
  host: 'string',
  port: 'number',
  connectTimeout: 'number',
  reconnect: 'boolean',
  ssl: 'boolean',
  mqttVersion: 'string',
  unreadMessageCount: 'number',
  ca: 'string',
  cert: 'string',
  key: 'string',
};

describe('a connection for MQTTX', () => {
  const fields = importedFrom(mqttxConnection(connection));

  test('is accepted by the importer', () => {
    expect(isTaken(fields)).toBe(true);
    expect(isTaken({ ...fields, ca: '' })).toBe(false);
  });

  test('has an id, without which it is silently ignored', () => {
    expect(fields['id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('has every field that its database requires', () => {
    const types = Object.keys(REQUIRED).map((name) => [name, typeof fields[name]]);
    expect(Object.fromEntries(types)).toEqual(REQUIRED);
    expect(Number.isInteger(fields['port'])).toBe(true);
    expect(['ws', 'wss', 'mqtt', 'mqtts']).toContain(fields['protocol']);
    expect(['', 'server', 'self']).toContain(fields['certType']);
    expect(['3.1', '3.1.1', '5.0']).toContain(fields['mqttVersion']);
  });

  test('connects with the files, verifies the broker, and keeps the client id', () => {
    expect(fields).toMatchObject({
      clientId: 'mqtt1_a',
      clientIdWithTime: false,
      protocol: 'mqtts',
      host: 'broker.invalid',
      port: 8883,
      ssl: true,
      certType: 'self',
      rejectUnauthorized: true,
      ca: files.authorities,
      cert: files.certificate,
      key: files.privateKey,
      username: '',
      password: '',
    });
    expect(fields['host']).not.toContain('://');
  });

  test('contains nothing that the importer refuses', () => {
    for (const refused of ['parent', 'children', 'connections']) {
      expect(fields).not.toHaveProperty(refused);
    }
    expect(fields).toMatchObject({
      messages: [],
      subscriptions: [],
      isCollection: false,
      parentId: null,
    });
  });

  test('names the protocol for port 443, and only there', () => {
    expect(fields).not.toHaveProperty('ALPNProtocols');
    const broker = { host: 'broker.invalid', port: 443 };
    const other = importedFrom(mqttxConnection({ ...connection, broker }));
    expect(other['ALPNProtocols']).toBe('x-amzn-mqtt-ca');
  });
});
