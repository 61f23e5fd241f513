import { timeFor, WINDOWS, type Window } from '../insights-hub/quotas.ts';

/** Only longer waits are worth a line, in seconds. */
const LONGEST_UNTOLD = 60;

/** What a step has to do, as far as it uses quota. */
export interface Work {
  /** for example `1000 agents` */
  readonly what: string;
  /** when it takes that long; nothing if it always does */
  readonly condition?: string;
  readonly uses: readonly QuotaUse[];
}

/** Calls of one kind, and how many a tenant may make. */
interface QuotaUse {
  readonly calls: number;
  /** for example `create` */
  readonly call: string;
  readonly windows: readonly Window[];
  /** where the windows come from */
  readonly source: string;
}

const DOCUMENTED = 'documented quota of small tenants';

/** The quota that creating this many agents uses. Those that are skipped don't count. */
export function createWork(
  agents: number,
  { rateLimit, ephemeral }: { readonly rateLimit: Window; readonly ephemeral: boolean },
): Work {
  const create = { calls: agents, call: 'create', windows: [rateLimit], source: 'rate-limit' };
  // An ephemeral agent is looked up before it is created.
  return { what: `${agents} agents`, uses: [create, ...(ephemeral ? [lookUps(agents)] : [])] };
}

/** The quota that deleting uses if everything exists: at most one certificate for each agent. */
export function deleteWork(asked: {
  readonly agents: number;
  /** those given by their ids */
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
    condition: 'if all of them exist',
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

/** How long it takes because of the quotas alone, in seconds. */
export function secondsFor({ uses }: Work): number {
  return Math.max(0, ...uses.map(({ calls, windows }) => timeFor(calls, windows)));
}

/** A log line on how long the step takes, and because of which quota; nothing for a minute or less. */
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

/** For example `50 min` or `1 h 12 min`, rounded up: it takes at least that long. */
function minutes(seconds: number): string {
  const whole = Math.ceil(seconds / 60);
  const hours = Math.floor(whole / 60);
  return [hours > 0 && `${hours} h`, whole % 60 > 0 && `${whole % 60} min`]
    .filter(Boolean)
    .join(' ');
}
