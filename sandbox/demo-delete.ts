import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { type DemoReport, filesIn, placesOf, requestsOf, resourcesOf } from './report.ts';
import { Runner, type StepOptions } from './runner/runner.ts';
import type { Screen } from './screen.ts';
import { accessTo, SOURCE, startGitHub, startHub, stepTimeout, usesOf } from './services.ts';
import {
  asLines,
  hideSecrets,
  logLines,
  showEnd,
  showOutputs,
  showRequests,
  showStep,
  showSummary,
  unmetFaults,
} from './show.ts';

/** Runs the delete action once, for agents that already exist. */
export async function demonstrateDelete(
  actions: string,
  options: DemoOptions,
  screen: Screen,
): Promise<DemoReport> {
  const hub = await startHub(options);
  const github = await startGitHub(options);
  const runner = await Runner.start(actions);
  try {
    await prepare(hub, github, options);
    screen.section('What exists before the step', asLines(resourcesOf(hub, github)));
    const given = stepFor(hub, github, options);
    const step = { uses: usesOf('/delete'), with: hideSecrets(given) };
    showStep(screen, step, options);

    const main = await runner.main(given);
    screen.section('The log, masked as on GitHub', logLines(main.lines));
    showOutputs(screen, main.outputs);
    showSummary(screen, main.summary);
    const resources = resourcesOf(hub, github);
    screen.section('What exists now', asLines(resources));
    const report: DemoReport = {
      command: 'delete',
      exitCode: main.exitCode ?? 1,
      step,
      log: main.log,
      outputs: main.outputs,
      summary: main.summary,
      files: await filesIn(runner.workspace),
      resources,
      messages: [],
      requests: requestsOf(hub),
    };
    showRequests(screen, report.requests);
    const services = [hub.faults, ...(github ? [github.faults] : [])];
    showEnd(screen, report, options, unmetFaults(options, services));
    return report;
  } finally {
    await runner.stop();
    await hub.stop();
    await github?.stop();
  }
}

/** Adds the agents and their secrets. The first agent has connected, so it has an asset. */
async function prepare(
  hub: InsightsHub,
  github: GitHub | undefined,
  { names, clientIds }: DemoOptions,
): Promise<void> {
  for (const name of names) await hub.addAgent(name);
  for (const clientId of clientIds) await hub.addAgent(clientId, clientId);
  const [first] = hub.agents.keys();
  if (first !== undefined) hub.connect(first);
  if (github === undefined) return;
  const prefix = new RegExp(`^${hub.tenant}_`);
  const called = clientIds.map((clientId) => clientId.replace(prefix, ''));
  const all = [...names, ...called].map((name) => name.toUpperCase().replace(/\W/g, '_'));
  for (const [, { secrets }] of placesOf(github)) {
    for (const name of all) {
      const base = all.length > 1 ? `INSIGHTS_HUB_AGENT_${name}` : 'INSIGHTS_HUB_AGENT';
      secrets.set(`${base}_PRIVATE_KEY`, 'a key').set(`${base}_CERTIFICATE`, 'a certificate');
    }
  }
}

function stepFor(hub: InsightsHub, github: GitHub | undefined, options: DemoOptions): StepOptions {
  const { names, clientIds, dryRun, debug } = options;
  const { inputs, secrets, env } = accessTo(hub, github, options);
  return {
    action: 'delete',
    inputs: {
      name: names.join('\n'),
      'client-id': clientIds.join('\n'),
      ...inputs,
      ...(dryRun && { 'dry-run': 'true' }),
    },
    secrets,
    env: { ...env, ...SOURCE },
    debug,
    timeout: stepTimeout(options),
  };
}
