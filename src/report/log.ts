import { type DeliveredTo, FILE_KINDS, fileKinds } from '../destinations/destination.ts';
import type { Failure } from '../failure.ts';
import { isPrivateKey, type Setting } from '../github/scopes.ts';
import type { Clock } from '../http/clock.ts';
import type { SecretKeeper } from '../secret.ts';
import { describeFailure } from '../text.ts';
import { type AgentResult, CERTIFICATE_STATES, type CertificateResult, DONE } from './result.ts';

interface LineOptions {
  /** whether the step is about more than this agent or certificate */
  readonly several: boolean;
  readonly secrets: SecretKeeper;
}

/** The shortest time between two lines of progress, in milliseconds. */
const PROGRESS_INTERVAL = 10_000;

/** The one log line of an agent. */
export function lineOf(result: AgentResult, options: LineOptions): string {
  const { name, state, failure, ids, certificate, certificateState, ms } = result;
  const { deletedSettings = [], remaining = [] } = result;
  const facts = [
    ids && `client id ${ids.clientId}`,
    // For an agent that was created, it is among the details.
    certificate === undefined && ids?.agentId && `agent id ${ids.agentId}`,
    certificate?.expiresAt && `certificate valid until ${dayOf(certificate.expiresAt)}`,
    state === 'connected' && 'connection accepted by the broker',
    certificateState && CERTIFICATE_STATES[certificateState].log,
    ...deletedSettings.map((setting) => `${titleOf(setting)} is gone`),
    ...remaining.map((setting) => `${titleOf(setting)} was not deleted`),
    state !== 'skipped' && ms !== undefined && `${(ms / 1000).toFixed(1)} s`,
  ].filter(Boolean);
  const known = facts.length === 0 ? '' : `: ${facts.join(', ')}`;
  if (state !== 'failed') return `${DONE[state].log} ${name}${known}`;
  return `Failed: agent ${name} ${whyOf(failure, options)}${known}`;
}

/** The one log line of a certificate to be deleted by its id. */
export function lineOfCertificate(result: CertificateResult, options: LineOptions): string {
  const { certificateId, state, failure } = result;
  if (state !== 'failed') return `${DELETED[state]} certificate ${certificateId}`;
  return `Failed: certificate ${certificateId} ${whyOf(failure, options)}`;
}

const DELETED = {
  deleted: 'Deleted:',
  absent: 'Not found:',
  'would-delete': 'Would delete:',
} as const;

/** Where the step is about nothing else, its own failure says everything. */
function whyOf(failure: Failure, { several, secrets }: LineOptions): string {
  return several ? describeFailure(failure, secrets) : `[${failure.code}]`;
}

/** More about an agent that was created, if any; `encrypted` says whether private keys are. */
export function detailsOf(
  { name, ids, certificate, delivery }: AgentResult,
  { encrypted }: { readonly encrypted: boolean },
): string | undefined {
  if (ids === undefined) return undefined;
  const { files = {}, settings = [], authorities } = delivery ?? {};
  const facts = [
    ids.agentId && `agent id ${ids.agentId}`,
    ids.certificateId && `certificate id ${ids.certificateId}`,
    `SHA-256 ${certificate?.fingerprint}`,
    ...fileKinds.map((kind) => {
      const { titles } = FILE_KINDS[kind];
      const form = encrypted && kind === 'privateKey' ? 'encrypted ' : '';
      const what = kind === 'brokerCa' && authorities ? ` (${casIn(authorities)})` : '';
      return titles && files[kind] && `${form}${titles.log} in ${files[kind]}${what}`;
    }),
    ...settings.map((setting) =>
      encrypted && isPrivateKey(setting)
        ? `encrypted private key in ${titleOf(setting)}`
        : titleOf(setting),
    ),
  ];
  return `Agent ${name}: ${facts.filter(Boolean).join(', ')}`;
}

/** What a CA file contains; `show` formats the broker's URL for the place where it is shown. */
export function casIn(
  { kind, count, broker }: NonNullable<DeliveredTo['authorities']>,
  show: (url: string) => string = (url) => url,
): string {
  const many = `${count} CA${count === 1 ? '' : 's'}`;
  if (kind === 'proved') return `${many}, the one that verifies ${show(broker)}`;
  return kind === 'given' ? `${many} from \`broker-ca-file\`` : `all ${count} trusted CAs`;
}

/** For example `secret KEY of repository octo/device`. */
export function titleOf({ kind, name, scope }: Setting): string {
  return `${kind} ${name} of ${scope}`;
}

/** For example `2049-12-31`, UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/**
 * Counts agents, and logs the progress of a long list until it is done. `leastTimeFor` gives the
 * least number of seconds that the rest will take.
 */
export function countProgress(
  total: number,
  clock: Pick<Clock, 'now'>,
  tell: (line: string) => void,
  leastTimeFor: (left: number) => number = () => 0,
): (result: Pick<AgentResult, 'state'>) => void {
  const startedAt = clock.now();
  let toldAt = startedAt;
  let done = 0;
  let failed = 0;
  return ({ state }) => {
    if (state === 'failed') failed += 1;
    else done += 1;
    const now = clock.now();
    const left = total - done - failed;
    if (left === 0 || now - toldAt < PROGRESS_INTERVAL) return;
    toldAt = now;
    const seconds = (now - startedAt) / 1000;
    const pace = paceOf(done + failed, seconds, left, leastTimeFor(left));
    tell(`${done} of ${total} done, ${failed} failed, ${left} left${pace}`);
  };
}

/** For example `; 31.2 a second, 28 s to go`. */
function paceOf(finished: number, seconds: number, left: number, leastTime: number): string {
  const rate = finished / seconds;
  const toGo = Math.max(left / rate, leastTime);
  return `; ${rate.toFixed(1)} a second, ${duration(toGo)} to go`;
}

/** For example `2 min 5 s`, rounded up. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
