import path from 'node:path';
import { readOptions } from '../options.ts';
import { Runner } from '../runner/runner.ts';
import { accessTo, SOURCE, startBroker, startHub } from '../services.ts';

const ACTIONS = path.resolve(import.meta.dirname, '../..');

/** Where GitHub's own runners have the workspace of a repository `octo/device`. */
const WORKSPACE = '/home/runner/work/device/device';

interface Agents {
  readonly names: readonly string[];
  /** those of them that already exist, so that they can't be created */
  readonly existing?: readonly string[];
}

/** The job summary of the bundled create action, in Markdown. */
export async function summaryOf({ names, existing = [] }: Agents): Promise<string> {
  const options = readOptions(names.flatMap((name) => ['--name', name]));
  const hub = await startHub(options);
  const runner = await Runner.start(ACTIONS);
  const { broker, inputs: connection } = await startBroker(hub, runner.temporary, options);
  try {
    for (const name of existing) await hub.addAgent(name);
    const { inputs, secrets } = accessTo(hub, undefined, options);
    const { summary } = await runner.main({
      inputs: {
        ...inputs,
        ...connection,
        name: names.join('\n'),
        owner: options.owner,
        'verify-connection': 'true',
      },
      secrets,
      env: SOURCE,
    });
    if (summary === '') throw new Error(`the action wrote no job summary for ${names.join(', ')}`);
    return summary.replaceAll(runner.workspace, WORKSPACE);
  } finally {
    await broker.stop();
    await runner.stop();
    await hub.stop();
  }
}
