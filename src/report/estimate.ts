import { timeFor, WINDOWS, type Window } from '../insights-hub/quotas.ts';

/** Shorter waits are not worth a line, in seconds. */
const LONGEST_UNTOLD = 60;

/** What a step has to do, as far as it costs quota. */
export interface Work {
  /** e.g. `1000 agents` */
  readonly what: string;
  /** when it takes so long; nothing when it always does */
  readonly condition?: string;
  readonly uses: readonly QuotaUse[];
}

/** Calls of one kind, and how many of them a tenant may make. */
interface QuotaUse {
  readonly calls: number;
  /** e.g. `create` */
  readonly call: string;
  readonly windows: readonly Window[];
  /** where the windows come from */
  readonly source: string;
}

const DOCUMENTED = 'documented quota of small tenants';

/** What creating so many agents costs. Those that are skipped don't count. */
export function createWork(
  agents: number,
  { rateLimit, ephemeral }: { readonly rateLimit: Window; readonly ephemeral: boolean },
): Work {
  const create = { calls: agents, call: 'create', windows: [rateLimit], source: 'rate-limit' };
  // An ephemeral agent is looked up before it is created.
  return { what: `${agents} agents`, uses: [create, ...(ephemeral ? [lookUps(agents)] : [])] };
}

/** What deleting costs, if everything is there: of each agent, one certificate at most. */
export function deleteWork(asked: {
  readonly agents: number;
  /** those that are given by their ids */
  readonly certificates: number;
  /** whether the agents' certificates are deleted with them */
  readonly deleteCertificate: boolean;
  readonly dryRun: boolean;
}): Work {
  const { agents, certificates } = asked;
  const what = [countOf(agents, 'agent'), countOf(certificates, 'certificate')]
    .filter(Boolean)
    .join(' and ');
  if (asked.dryRun) return { what, uses: [lookUps(agents)] };
  const ofAgents = asked.deleteCertificate ? agents : 0;
  const deletes = (calls: number, whose: 'agent' | 'certificate') => {
    const windows = WINDOWS[`delete-${whose}`];
    return { calls, call: `${whose} delete`, windows, source: DOCUMENTED };
  };
  return {
    what,
    condition: 'if all are there',
    uses: [
      deletes(ofAgents + certificates, 'certificate'),
      lookUps(agents),
      deletes(agents, 'agent'),
    ],
  };
}

function lookUps(calls: number): QuotaUse {
  return { calls, call: 'look-up', windows: WINDOWS['find-agent'], source: DOCUMENTED };
}

function countOf(count: number, what: string): string {
  if (count === 0) return '';
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** How long the quotas alone make it take, in seconds. */
export function secondsFor({ uses }: Work): number {
  return Math.max(0, ...uses.map(({ calls, windows }) => timeFor(calls, windows)));
}

/** How long it will take, and which quota is why, for the log; nothing for a minute or less. */
export function estimateLine({ what, condition, uses }: Work): string | undefined {
  const [slowest] = uses
    .flatMap(({ windows, ...use }) =>
      windows.map((window) => ({ ...use, window, seconds: timeFor(use.calls, [window]) })),
    )
    .sort((a, b) => b.seconds - a.seconds);
  if (slowest === undefined || slowest.seconds <= LONGEST_UNTOLD) return undefined;
  const { window, call, source, seconds } = slowest;
  const quota = `${countOf(window.count, call)} in ${window.seconds} s (${source})`;
  const when = condition === undefined ? '' : ` ${condition}`;
  return `At most ${quota}: ${what} take about ${minutes(seconds)}${when}.`;
}

/** E.g. `50 min`, `1 h 12 min`, rounded up: it will be no less. */
function minutes(seconds: number): string {
  const whole = Math.ceil(seconds / 60);
  const hours = Math.floor(whole / 60);
  return [hours > 0 && `${hours} h`, whole % 60 > 0 && `${whole % 60} min`]
    .filter(Boolean)
    .join(' ');
}
