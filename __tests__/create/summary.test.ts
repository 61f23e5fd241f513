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

/** The lines of the list before what says how to connect. */
const listOf = (markdown: string) =>
  (markdown.split('\n#### ')[0] ?? '').split('\n').filter((line) => line.startsWith('- '));

const second: Agent = {
  ...agent,
  name: 'device002',
  clientId: 'mqtt1-device002',
  privateKeyPath: '/w/mqtt1-device002.key',
  certificatePath: '/w/mqtt1-device002.pem',
};

describe('the summary of one agent', () => {
  test('says in a list what was issued, until when, and where it is; and how to connect', () => {
    const markdown = summaryOf([{ agent }], options);
    expect(markdown).toMatch(/^### ✅ Agent <code>device001<\/code> was created\n\n- /);
    expect(listOf(markdown)).toEqual([
      '- **Client id**: <code>mqtt1-device001</code>',
      '- **Valid until**: <code>2049-12-31</code>',
      '- **Private key**: <code>/w/mqtt1-device001.key</code>',
      '- **Certificate**: <code>/w/mqtt1-device001.pem</code>',
      '- **SHA-256 of the certificate**: <code>AB:CD</code>',
    ]);
    expect(markdown).toContain('#### Connect as <code>mqtt1-device001</code>');
    expect(markdown).toContain(
      'Connect to <code>mqtts://broker.invalid:8883</code> over MQTT 3.1.1',
    );
    expect(markdown).toContain('```sh\nmosquitto_pub -h broker.invalid -p 8883 ');
    expect(markdown).toContain('<details><summary>Topics</summary>\n\n- ');
    expect(markdown).toContain(
      '- The agent publishes to <code>tc/mqtt1/mqtt1-device001/o/mc&#95;v3/ts</code> (time series)',
    );
    expect(markdown).toContain(
      '- It subscribes to <code>tc/mqtt1/mqtt1-device001/i/cmd&#95;v3/c</code> (commands)',
    );
  });

  test('says that the broker accepted the certificate', () => {
    const markdown = summaryOf([{ agent, isVerified: true }], options);
    expect(markdown).toMatch(/^### ✅ .* was created and connected\n/);
    expect(listOf(markdown)).toContain('- **Connection**: accepted by the broker');
  });

  test('names secrets and their place, and no files where there are none', () => {
    const { privateKeyPath: _, certificatePath: __, ...pushed } = agent;
    const settings = [{ kind: 'secret', name: 'KEY', place: 'repository octo/device' }] as const;
    const markdown = summaryOf([{ agent: pushed, settings }], {
      ...options,
      connect: howToConnect([{ agent: pushed }], connectOptions),
    });
    expect(listOf(markdown)).toContain(
      '- **Stored**: secret <code>KEY</code> of <code>repository octo/device</code>',
    );
    expect(markdown).toContain('Connect to <code>');
    expect(markdown).not.toMatch(/mosquitto_pub|MQTTX|Private key/);
  });

  test('tells a failure by code and without words, with what is known all the same', () => {
    const early = summaryOf([{ agent: { name: 'a' }, failure }], {
      ...options,
      connect: undefined,
    });
    expect(early).toBe(
      '### ❌ Agent <code>a</code> failed: <code>agent-exists</code>\n\nThe log says why, and what to do.\n',
    );
    const late = summaryOf([{ agent, failure }], options);
    expect(late).toMatch(/^### ❌ /);
    expect(listOf(late)).toContain('- **Private key**: <code>/w/mqtt1-device001.key</code>');
    expect(late).not.toContain('says the server');
  });

  test('that was left as it is says so', () => {
    expect(summaryOf([{ agent, isSkipped: true }], options)).toMatch(
      /^### ✅ Agent <code>device001<\/code> was there already\n/,
    );
  });
});

describe('the summary of several agents', () => {
  test('has the counts first, then what failed, then the others', () => {
    const lost: Agent = {
      ...agent,
      name: 'c',
      privateKeyPath: '/t/c.key',
      certificatePath: '/t/c',
    };
    const fates: readonly Fate[] = [
      { agent, isSkipped: true },
      { agent: { name: 'b' }, failure },
      { agent: second, isVerified: true },
      { agent: lost, failure: new Failure('delivery-failed', 'It was lost, says the server.') },
    ];
    const markdown = summaryOf(fates, options);
    expect(markdown).toMatch(
      /^### ❌ 2 of 4 agents failed\n\n4 agents: 1 created, 1 there already, \*\*2 failed\*\*\.\n\n- /,
    );
    expect(listOf(markdown)).toEqual([
      '- <code>b</code> failed: <code>agent-exists</code>',
      '- <code>c</code> failed: <code>delivery-failed</code>, client id <code>mqtt1-device001</code>, <code>/t/c.key</code>, <code>/t/c</code>',
    ]);
    expect(markdown.indexOf('\n- <code>c')).toBeLessThan(markdown.indexOf('\n| Agent |'));
    expect(rowsOf(markdown).map(([name, result]) => [name, result])).toEqual([
      ['<code>device001</code>', 'there already'],
      ['<code>device002</code>', 'created and connected'],
    ]);
    expect(markdown).not.toContain('says the server');
  });

  test('names the directory once where all files are in one', () => {
    const markdown = summaryOf([{ agent }, { agent: second }], options);
    expect(markdown).toMatch(/^### ✅ 2 agents\n\n2 agents: 2 created\.\n/);
    expect(markdown).toContain('Files are in <code>/w</code>.');
    expect(rowsOf(markdown)[1]).toEqual([
      '<code>device002</code>',
      'created',
      '<code>mqtt1-device002</code>',
      '<code>2049-12-31</code>',
      '<code>mqtt1-device002.key</code><br><code>mqtt1-device002.pem</code>',
      '<code>AB:CD</code>',
    ]);
    const pairs = Array.from({ length: 32 }, () => 'AB').join(':');
    const long = { ...second, fingerprint: pairs };
    const [, row] = rowsOf(summaryOf([{ agent }, { agent: long }], options));
    expect(row?.[5]).toMatch(/^(<code>(AB:){8}<\/code><br>){3}<code>(AB:){7}AB<\/code>$/);
    const elsewhere = { agent: { ...second, privateKeyPath: '/x/2.key' } };
    const apart = summaryOf([{ agent }, elsewhere], options);
    expect(apart).not.toContain('Files are in');
    expect(rowsOf(apart)[1]?.[4]).toContain('<code>/x/2.key</code>');
  });

  test('folds those that did not fail where they are many', () => {
    const fates = Array.from({ length: 11 }, (_, index) => ({
      agent: { ...agent, name: `device${index}` },
    }));
    expect(summaryOf(fates.slice(1), options)).toContain('<details open><summary>10 agents that');
    const markdown = summaryOf([...fates, { agent: { name: 'a' }, failure }], options);
    expect(markdown).toContain(
      '<details><summary>11 agents that did not fail</summary>\n\n| Agent',
    );
    expect(rowsOf(markdown)).toHaveLength(11);
  });

  test('fits into what GitHub takes, and says how many have no room', () => {
    const long = { ...agent, name: 'n'.repeat(1000) };
    const fates: readonly Fate[] = [
      ...Array.from({ length: 600 }, () => ({ agent: long })),
      ...Array.from({ length: 600 }, () => ({ agent: long, failure })),
    ];
    const markdown = summaryOf(fates, options);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(listOf(markdown)).toHaveLength(600);
    const left = 600 - rowsOf(markdown).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(600);
    expect(markdown).toContain(`${left} more agents have no room here; the log has all of them.`);
  });
});

describe('the summary of a dry run', () => {
  test('says that nothing was created', () => {
    const fates = [{ agent: { name: 'a' } }, { agent: { name: 'b' }, failure }];
    const markdown = summaryOf(fates, { connect: undefined, dryRun: true });
    expect(markdown).toContain('Dry run: everything was checked, nothing was created.');
    expect(listOf(markdown)).toEqual(['- <code>b</code> failed: <code>agent-exists</code>']);
    expect(rowsOf(markdown).map((cells) => cells[1])).toEqual(['checked']);
    expect(markdown).toContain('2 agents: 1 checked, **1 failed**');
    expect(summaryOf(fates, options)).not.toContain('Dry run');
  });
});

test('nothing is said of how to connect when nothing was issued', () => {
  const fates = [{ agent: { name: 'a' }, failure }];
  expect(howToConnect(fates, connectOptions)).toBeUndefined();
  expect(summaryOf(fates, { ...options, connect: undefined })).not.toContain('Connect');
});

describe('what a name holds', () => {
  const FOLDS = ['<details>', '<details open>', '</details>', '<summary>', '</summary>'];
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
    const named = { agent: { ...agent, name } };
    const [cells] = rowsOf(summaryOf([named, { agent }], options));
    expect(cells).toHaveLength(6);
    expect(cells?.[0]).toMatch(/^<code>[^<>|`*[\]\\]*<\/code>$/);
    expect(shown(cells?.[0])).toBe(name);
    const failed = summaryOf([{ ...named, failure }, { agent }], options);
    const [, item = ''] = /^- (<code>.*?<\/code>) failed: /m.exec(failed) ?? [];
    expect(shown(item)).toBe(name);
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
        expect(rows.map((cells) => cells.length)).toEqual([6, 6]);
        const tags = markdown.match(/<[^>]*>/g) ?? [];
        expect(new Set(tags)).toEqual(new Set(['<code>', '</code>', '<br>', ...FOLDS]));
        expect(shown(rows[0]?.[0])).toBe(name);
        expect(shown(rows[0]?.[2])).toBe(clientId);
      }),
    );
  });
});
