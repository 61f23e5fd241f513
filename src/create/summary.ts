import { code, document } from '../markdown.ts';
import type { Agent, Fate } from './fate.ts';

/** What a person reads on the run's page: Markdown, with nothing secret in it. */
export function summaryOf(fates: readonly Fate[], options: SummaryOptions): string {
  const issued = fates.filter(({ agent }) => agent.clientId !== undefined);
  const rows = fates.map((fate) => rowOf(fate, options.dryRun));
  const lines = [
    '### Insights Hub agent certificates',
    '',
    options.dryRun ? 'Dry run: everything was checked, nothing was created.\n' : '',
    '| Agent | Client id | Certificate (SHA-256) | Expires | Stored |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    issued.length > 0 ? howToConnect(options.broker) : '',
  ];
  return document(lines);
}

export interface SummaryOptions {
  /** URL of the MQTT broker, where it is known */
  readonly broker: string | undefined;
  readonly dryRun: boolean;
}

function rowOf({ agent, settings, failure }: Fate, dryRun: boolean): string {
  const state = failure === undefined ? (dryRun ? 'checked' : '') : `failed: ${code(failure.code)}`;
  const cells = [
    code(agent.name),
    code(agent.clientId),
    code(agent.fingerprint),
    code(agent.expiresAt?.slice(0, 10)),
    [state, filesOf(agent), settingsOf(settings)].filter(Boolean).join('<br>'),
  ];
  return `| ${cells.join(' | ')} |`;
}

function filesOf({ privateKeyPath, certificatePath }: Agent): string {
  return [privateKeyPath, certificatePath].map(code).filter(Boolean).join('<br>');
}

function settingsOf(settings: Fate['settings'] = []): string {
  return settings
    .map(({ kind, name, place }) => `${kind} ${code(name)} of ${code(place)}`)
    .join('<br>');
}

function howToConnect(broker: string | undefined): string {
  const where = broker === undefined ? "your tenant's broker" : code(broker);
  return `Connect to ${where} over MQTT 3.1.1 with the client id, the certificate and the private key; there is no user name and no password.`;
}
