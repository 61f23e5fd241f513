import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Host } from '../../src/host/host.ts';
import { type Inputs, readInputs } from '../../src/inputs/create.ts';
import { Outputs } from '../../src/report/outputs.ts';
import { CreateReport } from '../../src/report/report.ts';
import { type Given, sourceOf } from '../inputs/source.ts';
import { created, failed } from './agents.ts';

/** A report of a run with some inputs, and what it tells. */
async function start(given: Given) {
  const required = { name: 'a', tenant: 'mqtt1', token: 'a-token' };
  const { source } = sourceOf({ ...required, ...given });
  const inputs: Inputs = await readInputs(source);
  const lines: string[] = [];
  const groups = new Map<string, readonly string[]>();
  const summaries: string[] = [];
  const outputs = new Map<string, string>();
  const host = {
    ...source,
    info: (line: string) => lines.push(line),
    group: (title: string, content: Iterable<string>) => groups.set(title, [...content]),
    summarise: async (markdown: string) => summaries.push(markdown),
    setOutput: (name: string, value: string) => outputs.set(name, value),
  };
  const report = new CreateReport(host as unknown as Host, inputs, new Outputs(host));
  return { report, lines, groups, summaries, outputs };
}

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `device${index}`);

/** Of so many agents, all of which but one were created. */
const resultsOf = (count: number) =>
  namesOf(count).map((name) => (name === 'device3' ? failed(name) : created(name)));

describe('the report of a run', () => {
  test('tells one agent: outputs, its line, details, how to connect, and the summary', async () => {
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

  test('leaves the single outputs of several agents empty, whatever the shard holds', async () => {
    const { report, outputs } = await start({ name: 'a\nb', shard: '0/2' });
    report.known(created('a'));
    expect(outputs).toEqual(new Map());
  });

  const WHY = 'Failed: agent device3 [agent-exists] It is there, says the server.';

  test('tells each of up to ten agents as it is finished, with why it failed', async () => {
    const { report, lines, groups } = await start({ name: namesOf(10).join('\n') });
    const results = resultsOf(10);
    for (const result of results) report.finished(result);
    expect(lines).toHaveLength(10);
    expect(lines[3]).toBe(WHY);
    await report.end(results);
    expect(groups.get('Details of 10 agents')).toHaveLength(9);
  });

  test('tells the progress of more, and their lines among the details', async () => {
    const { report, lines, groups } = await start({ name: namesOf(11).join('\n') });
    const results = resultsOf(11);
    for (const result of results) report.finished(result);
    expect(lines.at(-1)).toMatch(/^10 of 11 done, 1 failed, 0 left/);
    expect(lines.join('\n')).not.toContain('device');
    await report.end(results);
    const details = groups.get('Details of 11 agents') ?? [];
    expect(details).toHaveLength(21);
    expect(details.slice(6, 8)).toEqual([WHY, expect.stringMatching(/^Created agent device4: /)]);
  });

  test('says how long creating will take, where that is long, and then how much is left', async () => {
    const { report, lines } = await start({ name: namesOf(50).join('\n') });
    report.begin(42);
    const line = 'At most 10 creates in 30 s (rate-limit): 42 agents take about 2 min.';
    expect(lines).toEqual([line]);
    const now = Date.now();
    const passing = vi.spyOn(Date, 'now');
    onTestFinished(() => passing.mockRestore());
    passing.mockReturnValue(now + 2_000);
    // Those that are skipped cost no quota: 30 of 42 are left, which are three more windows.
    for (let index = 0; index < 8; index++) report.finished({ ...created('a'), state: 'skipped' });
    expect(lines[1]).toMatch(/^1 of 50 done, 0 failed, 49 left; .* a second, 2 min 0 s to go$/);
    for (let index = 0; index < 11; index++) report.finished(created('a'));
    passing.mockReturnValue(now + 31_000);
    report.finished(failed('a'));
    expect(lines[2]).toMatch(/^19 of 50 done, 1 failed, 30 left; .* a second, 1 min 30 s to go$/);
  });

  test('says nothing of time where it is short, nor in a dry run', async () => {
    const short = await start({ name: namesOf(30).join('\n') });
    short.report.begin(30);
    const dry = await start({ name: namesOf(50).join('\n'), 'dry-run': 'true' });
    dry.report.begin(50);
    expect([...short.lines, ...dry.lines]).toEqual([]);
  });

  test('has details of many that failed, and none of few', async () => {
    const few = await start({});
    await few.report.end([failed('a')]);
    expect(few.groups).toEqual(new Map());
    const many = await start({ name: namesOf(11).join('\n') });
    await many.report.end(namesOf(11).map((name) => failed(name)));
    expect(many.groups.get('Details of 11 agents')).toHaveLength(11);
  });

  test('says of a dry run that nothing was created, unless something failed', async () => {
    const note = 'Dry run: everything was checked, nothing was created.';
    const passed = await start({ 'dry-run': 'true' });
    await passed.report.end([{ name: 'a', state: 'checked' }]);
    expect(passed.lines).toEqual([note]);
    expect(passed.groups).toEqual(new Map());
    expect(passed.summaries).toEqual([expect.stringContaining(note)]);
    const refused = await start({ 'dry-run': 'true' });
    await refused.report.end([failed('a')]);
    expect(refused.lines).toEqual([]);
  });

  test('has no summary where none is wanted', async () => {
    const { report, summaries } = await start({ summary: 'false' });
    await report.end([created('a')]);
    expect(summaries).toEqual([]);
  });
});
