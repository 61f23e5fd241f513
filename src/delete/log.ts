import type { SecretKeeper } from '../secret.ts';
import { showFailure } from '../shown.ts';
import type { EndFate } from './delete.ts';

const SAID: Readonly<Record<EndFate['result'], string>> = {
  deleted: 'Ended',
  absent: 'Not there',
  failed: 'Failed',
  'would-delete': 'Would end',
};

export interface LogOptions {
  /** With one agent the step's own failure says it all. */
  readonly several: boolean;
  readonly secrets: SecretKeeper;
}

/** The one line that the log tells of an agent. */
export function logLineOf(fate: EndFate, { several, secrets }: LogOptions): string {
  const { name, clientId, agentId, removed, result, failure, milliseconds } = fate;
  const facts = [
    `client id ${clientId}`,
    agentId && `agent id ${agentId}`,
    ...removed.map((setting) => `${setting.kind} ${setting.name} of ${setting.place} is gone`),
    milliseconds !== undefined && `${(milliseconds / 1000).toFixed(1)} s`,
  ];
  const show = (failed: NonNullable<typeof failure>) =>
    several ? showFailure(failed, (text) => secrets.redact(text)) : `[${failed.code}]`;
  const why = failure === undefined ? '' : ` ${show(failure)}`;
  return `${SAID[result]}: agent ${name}${why}: ${facts.filter(Boolean).join(', ')}`;
}
