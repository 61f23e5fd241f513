import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Host } from '../../src/host/host.ts';
import { type Inputs, readInputs } from '../../src/inputs/create.ts';
import { wantsSummary } from '../../src/inputs/reader.ts';
import { Outputs } from '../../src/report/outputs.ts';
import { CreateReport } from '../../src/report/report.ts';
import { StepSummary } from '../../src/report/step-summary.ts';
import { type Given, sourceOf } from '../inputs/source.ts';
import { agentOf, created, failed } from './agents.ts';

/** A report of a run with some inputs, and what it logs. */
async function start(given: Given) {
  const required = { name: 'a', tenant: 'mqtt1', token: 'a-token' };
  const { source } = sourceOf({ ...required, ...given });
  const inputs: Inputs = await readInputs(source);
  const lines: string[] = [];
  const warnings: string[] = [];
  const groups = new Map<string, readonly string[]>();
  const summaries: string[] = [];
  const outputs = new Map<string, string>();
  const host = {
    ...source,
    info: (line: string) => lines.push(line),
    warn: (line: string) => warnings.push(line),
    group: (title: string, content: Iterable<string>) => groups.set(title, [...content]),
    summarise: async (markdown: string) => summaries.push(markdown),
    setOutput: (name: string, value: string) => outputs.set(name, value),
  };
  const runner = host as unknown as Host;
  const isWanted = wantsSummary(source);
  const summary = new StepSummary(runner, { doing: 'Creating agents', isWanted });
  const report = new CreateReport(runner, inputs, new Outputs(host), summary);
  return { report, lines, warnings, groups, summaries, outputs };
}

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `device${index}`);

const warningOf = (name: string) => ({
  text: `Agent ${name} is odd.`,
  about: { name, kind: 'Some are odd.' },
});

/** Of so many agents, all of which but one were created. */
const resultsOf = (count: number) =>
  namesOf(count).map((name) => (name === 'device3' ? failed(name) : created(name)));

describe('the report of a run', () => {
  test('shows one agent: outputs, its line, details, how to connect, and the summary', async () => {
    const { report, lines, groups, summaries, outputs } = await start({});
    report.known(created('a'));
    report.finished(created('a'));
    expect(outputs.get('clientId')).toBe('mqtt1-a');
    expect(outputs.get('privateKeyPath')).toBe('/w/mqtt1-a.key');
    await report.end([created('a')]);
    expect(lines).toEqual([expect.stringMatching(/^Created agent a: client id mqtt1-a, /)]);
    expect([...groups]).toEqual([
      ['Details of agent a', [expect.stringMatching(/^Agent a: agent id id-of-a, /)]],
      [
        'How to connect as mqtt1-a',
        [
          expect.stringMatching(
            /^To publish a first message: mosquitto_pub -h mindconnectmqtt\.eu1\..* -t tc\/mqtt1\/mqtt1-a\/o\/mc_v3\/ts -m .*"timestamp":"20\d\d-/,
          ),
        ],
      ],
    ]);
    expect(summaries).toEqual([
      expect.stringMatching(/^### ✅ Agent .*#### Connect as <code>mqtt1-a/s),
    ]);
  });

  test('leaves the single outputs of several agents empty, whatever the shard contains', async () => {
    const { report, outputs } = await start({ name: 'a\nb', shard: '0/2' });
    report.known(created('a'));
    expect(outputs).toEqual(new Map());
  });

  const WHY_A = 'Failed: agent a [agent-exists] It is there, says the server.';
  const WHY = 'Failed: agent device3 [agent-exists] It is there, says the server.';

  test('logs each of up to twenty agents when it is finished, with why it failed', async () => {
    const { report, lines, warnings, groups } = await start({ name: namesOf(20).join('\n') });
    const results = resultsOf(20);
    for (const result of results) report.finished(result);
    report.warn(warningOf('device4'));
    expect(lines).toHaveLength(20);
    expect(lines[3]).toBe(WHY);
    expect(warnings).toEqual(['Agent device4 is odd.']);
    await report.end(results);
    expect(lines).toHaveLength(20);
    expect(warnings).toHaveLength(1);
    expect(groups.get('Details of 20 agents')).toHaveLength(19);
    expect(groups.has('How to connect as mqtt1-device0')).toBe(true);
  });

  test('logs for more the first failures, one warning of each kind, and the result', async () => {
    const { report, lines, warnings, groups, summaries } = await start({
      name: namesOf(60).join('\n'),
    });
    const results = namesOf(60).map((name, index) => {
      if (index < 25) return failed(name);
      return index < 50 ? { ...agentOf(name), state: 'skipped' as const } : created(name);
    });
    report.begin(35);
    for (const result of results) report.finished(result);
    for (const name of namesOf(22)) report.warn(warningOf(name));
    report.warn({ text: 'The step is odd.' });
    expect(lines[0]).toMatch(/^At most 10 creates/);
    expect(lines.slice(1)).toEqual(
      namesOf(20).map(
        (name) => `Failed: agent ${name} [agent-exists] It is there, says the server.`,
      ),
    );
    expect(warnings).toEqual(['The step is odd.']);
    await report.end(results);
    const twenty = namesOf(20).join(', ');
    expect(warnings.slice(1)).toEqual([`Some are odd. (22: ${twenty} and 2 more)`]);
    const skipped = namesOf(45).slice(25).join(', ');
    expect(lines.slice(21).map((line) => line.replace(/in \d s/, 'in 1 s'))).toEqual([
      `Skipped 25 agents (their files exist): ${skipped} and 5 more`,
      '60 agents: 10 created, 25 skipped (their files exist), 25 failed, in 1 s. The output `agents` says why each failed.',
    ]);
    expect(groups).toEqual(new Map());
    expect(summaries[0]).toContain('#### Connect as <code>mqtt1-device25</code>');
    expect(summaries[0]).toContain('<summary>Warnings: 22</summary>\n\n- `Agent device0 is odd');
  });

  test.each([
    [undefined, 'created in 1 s.'],
    ['a long passphrase', 'created in 1 s. The private keys are encrypted.'],
  ])('says with the result of many whether keys are encrypted', async (passphrase, end) => {
    const given = passphrase === undefined ? {} : { 'key-passphrase': passphrase };
    const { report, lines } = await start({ name: namesOf(21).join('\n'), ...given });
    await report.end(namesOf(21).map((name) => created(name)));
    expect(lines.map((line) => line.replace(/in \d s/, 'in 1 s'))).toEqual([`21 agents ${end}`]);
  });

  test('logs everything about many if the log is the only place', async () => {
    const { report, groups } = await start({ name: namesOf(21).join('\n') });
    await report.end(resultsOf(21), { isOnlyPlace: true });
    const details = groups.get('Details of 21 agents') ?? [];
    expect(details).toHaveLength(41);
    expect(details.slice(6, 9)).toEqual([
      WHY,
      expect.stringMatching(/^Created agent device4: /),
      expect.stringMatching(/^Agent device4: agent id /),
    ]);
  });

  test('counts the agents of the shard', async () => {
    const { report, lines } = await start({ name: namesOf(21).join('\n'), shard: '0/2' });
    report.finished(created('device0'));
    expect(lines).toEqual([expect.stringMatching(/^Created agent device0: /)]);
  });

  test('says how long creating takes, if it is long, and then how much is left', async () => {
    const { report, lines } = await start({ name: namesOf(50).join('\n') });
    report.begin(42);
    const line = 'At most 10 creates in 30 s (rate-limit): 42 agents take about 2 min.';
    expect(lines).toEqual([line]);
    const now = Date.now();
    const passing = vi.spyOn(Date, 'now');
    onTestFinished(() => passing.mockRestore());
    passing.mockReturnValue(now + 12_000);
    // Those that are skipped cost no quota: 30 of 42 are left, which are three more windows.
    for (let index = 0; index < 8; index++) report.finished({ ...created('a'), state: 'skipped' });
    expect(lines[1]).toMatch(/^1 of 50 done, 0 failed, 49 left; 0\.1 a second, .* to go$/);
    for (let index = 0; index < 11; index++) report.finished(created('a'));
    passing.mockReturnValue(now + 31_000);
    report.finished(failed('a'));
    expect(lines[2]).toBe(WHY_A);
    expect(lines[3]).toMatch(/^19 of 50 done, 1 failed, 30 left; .* a second, 1 min 30 s to go$/);
  });

  test('logs progress of a few, too, if that takes long', async () => {
    const given = { name: namesOf(4).join('\n'), 'rate-limit': '1/30s' };
    const { report, lines } = await start(given);
    report.begin(4);
    const now = Date.now();
    const passing = vi.spyOn(Date, 'now');
    onTestFinished(() => passing.mockRestore());
    passing.mockReturnValue(now + 31_000);
    report.finished(created('a'));
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^Created agent a: /),
      expect.stringMatching(/^1 of 4 done, 0 failed, 3 left; .* a second, 1 min 3\d s to go$/),
    ]);
  });

  test('says nothing about time if it is short, nor in a dry run', async () => {
    const short = await start({ name: namesOf(30).join('\n') });
    short.report.begin(30);
    const dry = await start({ name: namesOf(50).join('\n'), 'dry-run': 'true' });
    dry.report.begin(50);
    expect([...short.lines, ...dry.lines]).toEqual([]);
  });

  test('has no details if nothing is known about any agent', async () => {
    const { report, lines, groups } = await start({});
    await report.end([failed('a')]);
    expect(groups).toEqual(new Map());
    expect(lines).toEqual([]);
  });

  test('says for a dry run that nothing was created, unless something failed', async () => {
    const note = 'Dry run: everything was checked, and nothing was created.';
    const passed = await start({ 'dry-run': 'true' });
    await passed.report.end([{ name: 'a', state: 'checked' }]);
    expect(passed.lines).toEqual([note]);
    expect(passed.groups).toEqual(new Map());
    expect(passed.summaries).toEqual([expect.stringContaining(note)]);
    const refused = await start({ 'dry-run': 'true' });
    await refused.report.end([failed('a')]);
    expect(refused.lines).toEqual([]);
  });

  test('has no summary if none is wanted', async () => {
    const { report, summaries } = await start({ summary: 'false' });
    await report.end([created('a')]);
    expect(summaries).toEqual([]);
  });
});
