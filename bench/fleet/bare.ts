import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { FleetOptions } from './fleet-run.ts';
import type { RemoteHub } from './hub.ts';

export interface BareOrder extends Pick<FleetOptions, 'agents' | 'concurrency'> {
  /** the inputs that lead to the hub */
  readonly access: Readonly<Record<string, string>>;
}

/**
 * How long the creates of a fleet take alone, in milliseconds, in a separate process like the
 * action. It shows how fast this machine can be at that moment.
 */
export async function runBare(hub: RemoteHub, options: FleetOptions): Promise<number> {
  const { agents, concurrency, latency } = options;
  const order: BareOrder = { agents, concurrency, access: await hub.ask('open', { latency }) };
  const script = path.join(import.meta.dirname, 'bare-client.ts');
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [script, JSON.stringify(order)]);
  await hub.ask('close', {});
  return Number(stdout);
}
