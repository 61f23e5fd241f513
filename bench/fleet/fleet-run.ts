import path from 'node:path';
import { checkKeyFiles } from '../key-files.ts';
import { measureAction, type Usage } from '../processes/action-process.ts';
import type { RemoteHub } from './hub.ts';
import type { HubCounts } from './hub-process.ts';

export interface FleetOptions {
  readonly agents: number;
  /** agents in parallel */
  readonly concurrency: number;
  /** of the hub, in milliseconds */
  readonly latency: number;
  /** where CPU profiles go, if any */
  readonly profile?: string | undefined;
}

/** The cost of creating a fleet, and what the hub saw. */
export interface FleetRun extends Usage, HubCounts {
  /** pairs that were checked, and match */
  readonly matching: number;
}

/** Creates a fleet with the bundled action. Throws when an agent is missing. */
export async function runFleet(hub: RemoteHub, options: FleetOptions): Promise<FleetRun> {
  const { agents, concurrency, latency, profile } = options;
  const names = Array.from({ length: agents }, (_, index) => `device${index}`);
  const access = await hub.ask('open', { latency });
  let matching = 0;
  const usage = await measureAction({
    files: { 'devices.csv': `name,owner\n${names.map((name) => `${name},\n`).join('')}` },
    inputs: {
      ...access,
      'names-file': 'devices.csv',
      concurrency: String(concurrency),
      // The action's own speed: the quota of a real tenant would hide it.
      'rate-limit': '10000/1s',
      'output-directory': 'certificates',
      'keep-files': 'true',
      summary: 'true',
    },
    profile,
    inspect: async (workspace) => {
      const clientIds = names.map((name) => `${access['tenant']}_${name}`);
      matching = await checkKeyFiles(path.join(workspace, 'certificates'), clientIds);
    },
  });
  const counts = await hub.ask('close', {});
  if (counts.agents !== agents) throw new Error(`the hub has ${counts.agents} agents`);
  return { ...usage, ...counts, matching };
}
