import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { howToConnect } from '../../src/report/connect.ts';
import type { AgentResult } from '../../src/report/result.ts';
import { type CreatedOptions, summaryOfCreated } from '../../src/report/summary.ts';
import { KnownSecrets } from '../../src/secret.ts';
import { agentOf, created, failed, SECRET } from './agents.ts';
import { rowsOf } from './table.ts';

const agent = agentOf('a');

const LOST = new Failure('delivery-failed', 'It was lost, says the server.');

const OPTIONS = {
  dryRun: false,
  encrypted: false,
  warnings: [],
  secrets: new KnownSecrets(() => {}),
  troubleshooting: undefined,
};

/** The summary of agents that were created, with how to connect as the first of them. */
function summaryOf(
  results: readonly AgentResult[],
  options: Partial<Omit<CreatedOptions, 'connect'>> = {},
): string {
  const broker = { host: 'broker.invalid', port: 8883 };
  const inputs = { clientIdPrefix: 'mqtt1', broker, brokerCa: undefined };
  return summaryOfCreated(results, {
    ...OPTIONS,
    ...options,
    connect: howToConnect(results, inputs, new Date(0)),
  });
}

/** The lines of the list before what says how to connect. */
const listOf = (markdown: string) =>
  (markdown.split('\n#### ')[0] ?? '').split('\n').filter((line) => line.startsWith('- '));

describe('the summary of one agent', () => {
  test('lists what was issued, until when, and where it is, and how to connect', () => {
    const markdown = summaryOf([created('a')]);
    expect(markdown).toMatch(/^### ✅ Agent <code>a<\/code> was created\n\n- /);
    expect(listOf(markdown)).toEqual([
      '- **Client id**: <code>mqtt1-a</code>',
      '- **Valid until**: <code>2049-12-31</code>',
      '- **Private key**: <code>/w/mqtt1-a.key</code>',
      '- **Certificate**: <code>/w/mqtt1-a.pem</code>',
      '- **Certificate SHA-256**: <code>AB:CD</code>',
    ]);
    expect(markdown).toContain('\n\n#### Connect as <code>mqtt1-a</code>\n\n');
    expect(markdown).toContain(
      'Connect to <code>mqtts://broker.invalid:8883</code> over MQTT 3.1.1',
    );
    expect(markdown).toContain(
      '\n\nPublish a first message:\n\n```sh\nmosquitto_pub -h broker.invalid -p 8883 ',
    );
    expect(markdown).toContain('\n```\n\n<details><summary>Topics</summary>\n\n- ');
    expect(markdown).toContain(
      '- Publish to <code>tc/mqtt1/mqtt1-a/o/mc&#95;v3/ts</code> (time series)',
    );
    expect(markdown).toContain(
      '- Subscribe to <code>tc/mqtt1/mqtt1-a/i/cmd&#95;v3/c</code> (commands)',
    );
    expect(markdown).not.toContain('MQTTX');
  });

  test('says that the broker accepted the certificate', () => {
    const markdown = summaryOf([{ ...agent, state: 'connected' }]);
    expect(markdown).toMatch(/^### ✅ .* was created and connected\n/);
    expect(listOf(markdown)).toContain('- **Connection**: accepted by the broker');
  });

  test('has secrets and the file for MQTTX behind key and certificate', () => {
    const files = { ...agent.delivery.files, mqttx: '/w/a.mqttx.json' };
    const delivery = { files, settings: [SECRET] };
    const markdown = summaryOf([{ ...created('a'), delivery }]);
    expect(listOf(markdown).slice(3, -1)).toEqual([
      '- **Certificate**: <code>/w/mqtt1-a.pem</code>',
      '- **Stored**: secret <code>KEY</code> of <code>repository octo/device</code>',
      '- **File for MQTTX**: <code>/w/a.mqttx.json</code>',
    ]);
    expect(markdown).toContain('\n\nIn MQTTX, import <code>/w/a.mqttx.json</code>.\n\n');
  });

  test('says that nothing is stored without an asset model, and which data point the message has', () => {
    expect(summaryOf([created('a')])).toMatch(
      /\n\nInsights Hub stores the data of a message only if there is an asset model and a mapping for its data points \(<code>temperature<\/code> in the message below\)\. \[.*\]\(https:.*howto-create-data-model-mqtt-agent\.html\)\.\n\nPublish a first message:\n/,
    );
  });

  test('says what the CA file contains', () => {
    const authorities = { kind: 'proved', count: 1, broker: 'mqtts://b_1.invalid:8883' } as const;
    const files = { ...agent.delivery.files, brokerCa: '/w/broker-ca.pem' };
    const delivery = { files, settings: [SECRET], authorities };
    const vouched = '(1 CA, the one that verifies <code>mqtts://b&#95;1.invalid:8883</code>)';
    expect(listOf(summaryOf([{ ...created('a'), delivery }])).at(-2)).toBe(
      `- **CA file**: <code>/w/broker-ca.pem</code> ${vouched}`,
    );
    const all = {
      ...delivery,
      authorities: { ...authorities, kind: 'trusted', count: 265 } as const,
    };
    expect(listOf(summaryOf([{ ...created('a'), delivery: all }])).at(-2)).toBe(
      '- **CA file**: <code>/w/broker-ca.pem</code> (all 265 trusted CAs)',
    );
    // Several share it.
    const markdown = summaryOf([created('b'), { ...created('a'), delivery }]);
    expect(markdown).toContain(`\n\nCA file: <code>/w/broker-ca.pem</code> ${vouched}.\n\n`);
    expect(rowsOf(markdown)[1]?.[4]).not.toContain('broker-ca');
  });

  test('names no files if there are only secrets', () => {
    const markdown = summaryOf([{ ...created('a'), delivery: { files: {}, settings: [SECRET] } }]);
    expect(markdown).toContain('Connect to <code>');
    expect(markdown).toContain('and a mapping for its data points. [Siemens’ manual');
    expect(markdown).not.toMatch(/mosquitto_pub|MQTTX|Private key/);
  });

  test('says that the private key is encrypted, in a file and in a secret', () => {
    const key = { ...SECRET, name: 'A_PRIVATE_KEY' };
    const delivery = { ...agent.delivery, settings: [key, SECRET] };
    const markdown = summaryOf([{ ...created('a'), delivery }], { encrypted: true });
    expect(listOf(markdown).slice(2, -1)).toEqual([
      '- **Encrypted private key**: <code>/w/mqtt1-a.key</code>',
      '- **Certificate**: <code>/w/mqtt1-a.pem</code>',
      '- **Stored**: secret <code>A&#95;PRIVATE&#95;KEY</code> of <code>repository octo/device</code> (encrypted private key)',
      '- **Stored**: secret <code>KEY</code> of <code>repository octo/device</code>',
    ]);
  });

  test('shows the complete message of a failure, and what is known nevertheless', () => {
    expect(summaryOf([failed('a')])).toBe(
      "### ❌ Agent <code>a</code> failed: <code>agent-exists</code>\n\n`It is there, says the server.`\n\nTo find out what to do, look up the code in <code>docs/troubleshooting.md</code> of the action's repository.\n",
    );
    const markdown = summaryOf([{ ...agent, ...failed('a') }]);
    expect(markdown).toMatch(/^### ❌ /);
    expect(listOf(markdown)).toContain('- **Private key**: <code>/w/mqtt1-a.key</code>');
  });

  test('links the code of a failure to its entry on the troubleshooting page', () => {
    const troubleshooting = 'https://github.com/octo/action/blob/v1/docs/troubleshooting.md';
    const link = `[<code>agent-exists</code>](${troubleshooting}#agent-exists)`;
    const markdown = summaryOf([failed('a')], { troubleshooting });
    expect(markdown).toContain(`### ❌ Agent <code>a</code> failed: ${link}\n`);
    const ofTwo = summaryOf([failed('a'), created('b')], { troubleshooting });
    expect(markdown).toContain(
      `\n\n[What it means and what to do](${troubleshooting}#agent-exists)\n`,
    );
    expect(ofTwo).toContain(`- <code>a</code> failed: ${link}: \`It is there,`);
    expect(ofTwo).toContain(`(${troubleshooting}#agent-exists)\n`);
    const ofKinds = summaryOf([failed('a'), failed('b', LOST)], { troubleshooting });
    expect(ofKinds).toContain(
      `- <code>b</code> failed: [<code>delivery-failed</code>](${troubleshooting}#delivery-failed): `,
    );
    expect(ofKinds).not.toContain('What it means');
  });

  test('says that the job was cancelled if its own failure does not', () => {
    const failure = new Failure('cancelled', 'The job was cancelled. And more.');
    const told = '\n\n<code>cancelled</code>: The job was cancelled before everything was done.\n';
    expect(summaryOf([failed('a', LOST)], { failure })).toContain(told);
    expect(summaryOf([created('a'), failed('b', LOST)], { failure })).toContain(told);
    expect(summaryOf([failed('a', failure)], { failure })).not.toContain(told);
    expect(summaryOf([failed('a', LOST)], { failure: LOST })).not.toContain('cancelled');
  });

  test('that was skipped says so', () => {
    expect(summaryOf([{ ...agent, state: 'skipped' }])).toMatch(
      /^### ✅ Agent <code>a<\/code> was skipped \(its files exist\)\n/,
    );
  });
});

describe('the summary of several agents', () => {
  test('has the counts first, then what failed, then the others', () => {
    const markdown = summaryOf([
      { ...agent, state: 'skipped' },
      failed('b'),
      { ...agentOf('c'), state: 'connected' },
      { ...agentOf('d', '/t'), ...failed('d', LOST) },
    ]);
    expect(markdown).toMatch(
      /^### ❌ 4 agents: 1 created, 1 skipped \(their files exist\), 2 failed\n\n- /,
    );
    expect(listOf(markdown)).toEqual([
      '- <code>b</code> failed: <code>agent-exists</code>: `It is there, says the server.`',
      '- <code>d</code> failed: <code>delivery-failed</code>, client id <code>mqtt1-d</code>, <code>/t/mqtt1-d.key</code>, <code>/t/mqtt1-d.pem</code>: `It was lost, says the server.`',
    ]);
    expect(markdown).toMatch(/says the server\.`\n\nTo find out what to do, .*\n\n<details open>/);
    expect(rowsOf(markdown).map(([name, result]) => [name, result])).toEqual([
      ['<code>a</code>', 'skipped (its files exist)'],
      ['<code>c</code>', 'created and connected'],
    ]);
  });

  test('has a message that several share once, complete, and without active content', () => {
    const text = 'See <b>https://elsewhere.invalid</b> @octo `a` |.';
    const [first, second] = [1, 2].map(() => new Failure('forbidden', text));
    const markdown = summaryOf([
      failed('a', first),
      failed('b'),
      { ...agentOf('c'), ...failed('c', second) },
    ]);
    const [head, ...others] = (markdown.split('\n\n')[1] ?? '').split('\n');
    // Between two backticks, nothing but two backticks acts.
    expect(head).toBe(`- 2 failed: <code>forbidden</code>: \`\`${text}\`\``);
    expect(others).toEqual([
      '  - <code>a</code>',
      '  - <code>c</code>, client id <code>mqtt1-c</code>, <code>mqtt1-c.key</code>, <code>mqtt1-c.pem</code>',
      '- <code>b</code> failed: <code>agent-exists</code>: `It is there, says the server.`',
    ]);
  });

  test('says once that the private keys are encrypted, if there are any', () => {
    const note = '\n\nThe private keys are encrypted.\n';
    const encrypted = true;
    expect(summaryOf([created('a'), created('b')], { encrypted })).toContain(note);
    expect(summaryOf([{ ...agent, state: 'skipped' }, failed('b')], { encrypted })).toContain(note);
    expect(summaryOf([failed('a'), failed('b')], { encrypted })).not.toContain(note);
    expect(summaryOf([created('a'), created('b')])).not.toContain(note);
  });

  test('has the warnings that the log left out, folded', () => {
    const warnings = ['The one <b>.', 'The other.'];
    expect(summaryOf([created('a'), created('b')], { warnings })).toContain(
      '<details><summary>Warnings: 2</summary>\n\n- `The one <b>.`\n- `The other.`\n',
    );
    expect(summaryOf([created('a'), created('b')])).not.toContain('Warnings');
  });

  test('names the directory once if all files are in one', () => {
    const markdown = summaryOf([created('a'), created('b')]);
    expect(markdown).toMatch(/^### ✅ 2 agents created\n\nFiles are in /);
    expect(markdown).toContain('Files are in <code>/w</code>.');
    expect(rowsOf(markdown)[1]).toEqual([
      '<code>b</code>',
      'created',
      '<code>mqtt1-b</code>',
      '<code>2049-12-31</code>',
      '<code>mqtt1-b.key</code><br><code>mqtt1-b.pem</code>',
      '<code>AB:CD</code>',
    ]);
    const apart = summaryOf([created('a'), { ...agentOf('b', '/x'), state: 'created' }]);
    expect(apart).not.toContain('Files are in');
    expect(rowsOf(apart)[1]?.[4]).toContain('<code>/x/mqtt1-b.key</code>');
  });

  test('names files and secrets in a row, and breaks a fingerprint into short lines', () => {
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
    const [, row] = rowsOf(
      summaryOf([
        created('a'),
        {
          ...created('b'),
          certificate: { fingerprint, expiresAt: undefined },
          delivery: {
            files: { mqttx: '/x/b.mqttx.json', brokerCa: '/x/broker-ca.pem' },
            settings: [SECRET],
          },
        },
      ]),
    );
    expect(row?.[3]).toBe('');
    expect(row?.[4]).toBe(
      '<code>/x/b.mqttx.json</code><br>secret <code>KEY</code> of <code>repository octo/device</code>',
    );
    expect(row?.[5]).toMatch(/^(<code>(AB:){8}<\/code><br>){3}<code>(AB:){7}AB<\/code>$/);
  });

  test('folds those that did not fail if they are many', () => {
    const results = Array.from({ length: 11 }, (_, index) => created(`device${index}`));
    expect(summaryOf(results.slice(1))).toContain('<details open><summary>10 agents</summary>');
    expect(summaryOf([created('a'), failed('b')])).toContain('<summary>1 agent that did not fail');
    const markdown = summaryOf([...results, failed('a')]);
    expect(markdown).toContain(
      '<details><summary>11 agents that did not fail</summary>\n\n| Agent | Result | Client id | Valid until | Stored | Certificate SHA-256 |\n| --- | --- | --- | --- | --- | --- |\n',
    );
    expect(rowsOf(markdown)).toHaveLength(11);
  });

  test('fits into what GitHub accepts, and says how many don’t fit', () => {
    const long = { ...created('a'), name: 'n'.repeat(1000) };
    const results: readonly AgentResult[] = [
      ...Array.from({ length: 600 }, () => long),
      ...Array.from({ length: 600 }, () => ({ ...long, ...failed(long.name) })),
    ];
    const markdown = summaryOf(results);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(markdown.match(/^ {2}- /gm)).toHaveLength(600);
    const left = 600 - rowsOf(markdown).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(600);
    expect(markdown).toContain(
      `${left} more agents don't fit here. The output \`agents\` has all of them.`,
    );
  });

  test('says for a dry run that nothing was created', () => {
    const results: readonly AgentResult[] = [{ name: 'a', state: 'checked' }, failed('b')];
    const markdown = summaryOf(results, { dryRun: true });
    expect(markdown).toContain('\n\nDry run: nothing was created.\n');
    expect(listOf(markdown)).toEqual([
      '- <code>b</code> failed: <code>agent-exists</code>: `It is there, says the server.`',
    ]);
    expect(rowsOf(markdown).map((cells) => cells[1])).toEqual(['checked']);
    expect(markdown).toContain('2 agents: 1 checked, 1 failed');
    expect(summaryOf(results)).not.toContain('Dry run');
    expect(summaryOf(results.slice(0, 1), { dryRun: true })).toContain(
      '\n\nDry run: everything was checked, and nothing was created.\n',
    );
  });

  test('says nothing about how to connect if nothing was issued', () => {
    expect(summaryOf([failed('a'), failed('b')])).not.toContain('Connect');
  });
});

describe('a name in the summary', () => {
  const FOLDS = ['<details>', '<details open>', '</details>', '<summary>', '</summary>'];

  /** The text that a reader sees of a cell. */
  const seenIn = (cell = '') =>
    cell
      .replace(/^<code>|<\/code>$/g, '')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

  test.each([
    'a|b',
    'a\\|b',
    '`a`|b',
    '</code><img src=x onerror=alert(1)>',
    '[a](https://elsewhere.invalid)',
    '**a**_b_~~c~~',
    '&lt;a&gt;',
    `'a' "b"`,
  ])('is shown verbatim and has no effect: %s', (name) => {
    const [cells] = rowsOf(summaryOf([{ ...created('a'), name }, created('b')]));
    expect(cells).toHaveLength(6);
    expect(cells?.[0]).toMatch(/^<code>[^<>|`*[\]\\]*<\/code>$/);
    expect(seenIn(cells?.[0])).toBe(name);
    const markdown = summaryOf([failed(name), created('b')]);
    const [, item = ''] = /^- (<code>.*?<\/code>) failed: /m.exec(markdown) ?? [];
    expect(seenIn(item)).toBe(name);
  });

  test('can’t break the table, whatever it contains', () => {
    const sign = fc.constantFrom('|', '\\', '<', '>', '&', '`', '*', '_', '~', '[', ']', '"', "'");
    const text = fc
      .array(fc.oneof(sign, fc.string()), { minLength: 1 })
      .map((parts) => parts.join('').replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(text, text, text, (name, clientId, privateKey) => {
        const files = { ...agent.delivery.files, privateKey };
        const hostile = { name, ids: { clientId }, delivery: { files, settings: [] } };
        const markdown = summaryOf([{ ...created('a'), ...hostile }, created('b')]);
        const rows = rowsOf(markdown);
        expect(rows.map((cells) => cells.length)).toEqual([6, 6]);
        // A block of code is shown as it is.
        const tags = markdown.replace(/```sh\n[^\n]*\n```/, '').match(/<[^>]*>/g) ?? [];
        expect(new Set(tags)).toEqual(new Set(['<code>', '</code>', '<br>', ...FOLDS]));
        expect(seenIn(rows[0]?.[0])).toBe(name);
        expect(seenIn(rows[0]?.[2])).toBe(clientId);
      }),
    );
  });
});
