import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { DemoOptions } from './options.ts';
import { Runner, type StepOptions } from './runner/runner.ts';
import { accessTo, startGitHub, startHub } from './services.ts';
import { placesOf, showBooks, showLines, showPairs, showRequests, showStep } from './show.ts';

/** One run of the delete action over agents that an earlier run made; gives its exit code. */
export async function demonstrateDelete(actions: string, options: DemoOptions): Promise<number> {
  const hub = await startHub(options);
  const github = await startGitHub(options);
  const runner = await Runner.start(actions);
  try {
    await prepare(hub, github, options);
    showBooks('What there is before', hub, github);
    const step = stepFor(hub, github, options);
    showStep(step, hub);
    const main = await runner.main(step);
    showLines('The log, masked as on GitHub', [...main.log, `(exit code ${main.exitCode})`]);
    showPairs('Outputs', main.outputs);
    showLines('Job summary', main.summary.trim().split('\n'));
    showBooks('What there is now', hub, github);
    showRequests(hub);
    return main.exitCode ?? 1;
  } finally {
    await runner.stop();
    await hub.stop();
    await github?.stop();
  }
}

/** The agents, the first of which has connected, and what was pushed for them. */
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
  const all = [...names, ...clientIds].map((name) => name.toUpperCase().replace(/\W/g, '_'));
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
    env,
    debug,
  };
}
