import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Agent, Fate } from '../../src/create/fate.ts';
import { howToConnect } from '../../src/create/how-to-connect.ts';
import { summaryOf } from '../../src/create/summary.ts';
import { Failure } from '../../src/failure.ts';

const agent: Agent = {
  name: 'device001',
  agentId: '9eyf37799b5949099a5287a547f8e001',
  clientId: 'mqtt1-device001',
  fingerprint: 'AB:CD',
  expiresAt: '2049-12-31T23:59:59.000Z',
  privateKeyPath: '/w/mqtt1-device001.key',
  certificatePath: '/w/mqtt1-device001.pem',
};
const failure = new Failure('agent-exists', 'It is there, says the server.');
const connectOptions = {
  tenant: 'mqtt1',
  broker: { host: 'broker.invalid', port: 8883 },
  brokerCa: undefined,
  now: new Date(0),
};
const connect = howToConnect([{ agent }], connectOptions);
const options = { connect, dryRun: false };

/** The cells of each row below the head. */
function rowsOf(markdown: string): readonly (readonly string[])[] {
  const table = markdown.split('\n').filter((line) => line.startsWith('|'));
  return table.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the summary', () => {
  test('tells of each agent, and how to connect', () => {
    const markdown = summaryOf([{ agent }], options);
    expect(rowsOf(markdown)).toEqual([
      [
        '<code>device001</code>',
        '<code>mqtt1-device001</code>',
        '<code>AB:CD</code>',
        '<code>2049-12-31</code>',
        '<code>/w/mqtt1-device001.key</code><br><code>/w/mqtt1-device001.pem</code>',
      ],
    ]);
    expect(markdown).toMatch(/^### .*\n\n\| Agent \|/);
    expect(markdown).toContain('#### Connect as <code>mqtt1-device001</code>');
    expect(markdown).toContain(
      'Connect to <code>mqtts://broker.invalid:8883</code> over MQTT 3.1.1',
    );
    expect(markdown).toContain('```sh\nmosquitto_pub -h broker.invalid -p 8883 ');
    expect(markdown).toContain(
      '- The agent publishes to: <code>tc/mqtt1/mqtt1-device001/o/mc&#95;v3/ts</code> (time series)',
    );
    expect(markdown).toContain(
      '- It subscribes to: <code>tc/mqtt1/mqtt1-device001/i/cmd&#95;v3/c</code> (commands)',
    );
  });

  test('says that the broker accepted the certificate', () => {
    const [cells] = rowsOf(summaryOf([{ agent, isVerified: true }], options));
    expect(cells?.[4]).toMatch(/^connected<br>/);
  });

  test('tells of no files where there are none', () => {
    const { privateKeyPath: _, certificatePath: __, ...pushed } = agent;
    const markdown = summaryOf([{ agent: pushed }], {
      ...options,
      connect: howToConnect([{ agent: pushed }], connectOptions),
    });
    expect(markdown).toContain('Connect to <code>');
    expect(markdown).not.toMatch(/mosquitto_pub|MQTTX/);
  });

  test('tells of agents that failed, by code and without words', () => {
    const fates: readonly Fate[] = [
      { agent: { name: 'a' }, failure },
      { agent, failure },
    ];
    const markdown = summaryOf(fates, options);
    const [early, late] = rowsOf(markdown);
    expect(early).toEqual(['<code>a</code>', '', '', '', 'failed: <code>agent-exists</code>']);
    expect(late?.[4]).toBe(
      'failed: <code>agent-exists</code><br><code>/w/mqtt1-device001.key</code><br><code>/w/mqtt1-device001.pem</code>',
    );
    expect(markdown).not.toContain('says the server');
  });

  test('does not say how to connect when nothing was issued', () => {
    const fates = [{ agent: { name: 'a' }, failure }];
    expect(howToConnect(fates, connectOptions)).toBeUndefined();
    const markdown = summaryOf(fates, { ...options, connect: undefined });
    expect(markdown).not.toContain('Connect');
  });

  test('of a dry run says that nothing was created', () => {
    const fates = [{ agent: { name: 'a' } }, { agent: { name: 'b' }, failure }];
    const markdown = summaryOf(fates, { ...options, dryRun: true });
    expect(markdown).toContain('Dry run: everything was checked, nothing was created.');
    expect(rowsOf(markdown).map((cells) => cells[4])).toEqual([
      'failed: <code>agent-exists</code>',
      'checked',
    ]);
    expect(markdown).toContain('2 agents: 1 checked, **1 failed**');
    expect(summaryOf(fates, options)).not.toContain('Dry run');
  });
});

describe('what a name holds', () => {
  const hostile = [
    'a|b',
    'a\\|b',
    '`a`|b',
    '</code><img src=x onerror=alert(1)>',
    '[a](https://elsewhere.invalid)',
    '**a**_b_~~c~~',
    '&lt;a&gt;',
    `'a' "b"`,
  ];
  test.each(hostile)('is shown to the letter and nothing else: %s', (name) => {
    const [cells] = rowsOf(summaryOf([{ agent: { ...agent, name } }], options));
    expect(cells).toHaveLength(5);
    expect(cells?.[0]).toMatch(/^<code>[^<>|`*[\]\\]*<\/code>$/);
    expect(shown(cells?.[0])).toBe(name);
  });

  /** The text that a reader sees of a cell. */
  const shown = (cell = '') =>
    cell
      .replace(/^<code>|<\/code>$/g, '')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

  test('can’t break the table, whatever it is', () => {
    const sign = fc.constantFrom('|', '\\', '<', '>', '&', '`', '*', '_', '~', '[', ']', '"', "'");
    const text = fc
      .array(fc.oneof(sign, fc.string()), { minLength: 1 })
      .map((parts) => parts.join('').replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(text, text, text, (name, clientId, privateKeyPath) => {
        const fates = [{ agent: { ...agent, name, clientId, privateKeyPath } }, { agent }];
        const markdown = summaryOf(fates, options);
        const rows = rowsOf(markdown);
        expect(rows.map((cells) => cells.length)).toEqual([5, 5]);
        const tags = markdown.match(/<[^>]*>/g) ?? [];
        expect(new Set(tags)).toEqual(new Set(['<code>', '</code>', '<br>']));
        expect(shown(rows[0]?.[0])).toBe(name);
        expect(shown(rows[0]?.[1])).toBe(clientId);
      }),
    );
  });
});
