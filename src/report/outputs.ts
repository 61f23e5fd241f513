import { FILE_KINDS, fileKinds } from '../destinations/destination.ts';
import { errorCode, Failure } from '../failure.ts';
import type { Host } from '../host/host.ts';
import type { SecretKeeper } from '../secret.ts';
import { messageOf } from '../text.ts';
import type { AgentFacts, AgentResult, CertificateResult } from './result.ts';

/** GitHub accepts about this much for the outputs of a job, in UTF-16 units. */
const LARGEST_OUTPUT = 500_000;

/**
 * A longer list does not fit into an environment variable: Linux accepts 128 KiB, Windows 32,767
 * characters including the variable's name.
 */
const LARGEST_VARIABLE = 30_000;

/** Where the JSON with the results of the create action goes: the output `agents`, a file, or both. */
export function placesFor(
  json: string,
  {
    several,
    toWorkspace,
    dryRun,
  }: { readonly several: boolean; readonly toWorkspace: boolean; readonly dryRun: boolean },
): { readonly inOutput: boolean; readonly inFile: boolean } {
  return {
    inOutput: json.length <= LARGEST_OUTPUT,
    inFile: several && !dryRun && (toWorkspace || json.length > LARGEST_VARIABLE),
  };
}

/** The results of the create action, as JSON. */
export function createdJson(results: readonly AgentResult[], secrets: SecretKeeper): string {
  return JSON.stringify(
    results.map((result) => ({
      name: result.name,
      ...valuesOf(result),
      ...whyOf(result.failure, secrets),
    })),
  );
}

/** The same for the delete action. Messages that don't fit into the output are left out. */
export function deletedJson(results: readonly AgentResult[], secrets: SecretKeeper): string {
  const jsonWith = (whyOfOne: (failure: Failure | undefined) => object | undefined) =>
    JSON.stringify(
      results.map(({ name, ids, state, certificateState, failure }) => ({
        name,
        clientId: ids?.clientId,
        agentId: ids?.agentId,
        result: state,
        certificate: certificateState,
        ...whyOfOne(failure),
      })),
    );
  const whole = jsonWith((failure) => whyOf(failure, secrets));
  if (whole.length <= LARGEST_OUTPUT) return whole;
  return jsonWith((failure) => failure && { code: failure.code });
}

/** The results for the certificates to be deleted by their ids, as JSON. */
export function certificatesJson(results: readonly CertificateResult[]): string {
  return JSON.stringify(
    results.map(({ certificateId, state }) => ({ certificateId, result: state })),
  );
}

/** Why something failed: the code, and the whole message as in the log. */
function whyOf(failure: Failure | undefined, secrets: SecretKeeper) {
  return failure && { code: failure.code, message: messageOf(failure, secrets) };
}

/** What is known about one agent, by the names of the outputs. */
function valuesOf({ ids, certificate, delivery }: AgentFacts) {
  const { files = {}, settings = [] } = delivery ?? {};
  const outputs = fileKinds.filter((kind) => FILE_KINDS[kind].isOutput);
  // A name may be written to two scopes.
  const secrets = settings.filter(({ kind }) => kind === 'secret').map(({ name }) => name);
  return {
    agentId: ids?.agentId,
    clientId: ids?.clientId,
    agentName: ids?.agentName,
    certificateId: ids?.certificateId,
    ...Object.fromEntries(outputs.map((kind) => [`${kind}Path`, files[kind]])),
    secretNames: secrets.length > 0 ? [...new Set(secrets)] : undefined,
    fingerprint: certificate?.fingerprint,
    expiresAt: certificate?.expiresAt?.toISOString(),
  };
}

/** The outputs of a step; none is or contains a secret. */
export class Outputs {
  readonly #sink: Pick<Host, 'setOutput'>;
  readonly #written = new Map<string, string>();
  #problem: unknown;

  constructor(sink: Pick<Host, 'setOutput'>) {
    this.#sink = sink;
  }

  /** Sets what is known about the only agent, as soon as it is known. */
  known(facts: AgentFacts): void {
    for (const [output, value] of Object.entries(valuesOf(facts))) {
      this.#set(output, Array.isArray(value) ? value.join('\n') : value);
    }
  }

  /** Sets all results, as JSON, if they fit into an output. Returns whether they do. */
  agents(json: string): boolean {
    return this.#setList('agents', json);
  }

  /** The same for certificates. */
  certificates(json: string): boolean {
    return this.#setList('certificates', json);
  }

  /** Sets the absolute path of the file that has all results. */
  agentsPath(path: string): void {
    this.#set('agentsPath', path);
  }

  /** Throws `delivery-failed` when an output could not be written. Call it after all reporting. */
  throwProblem(message: (code: string) => string): void {
    const cause = this.#problem;
    if (cause === undefined) return;
    throw new Failure('delivery-failed', message(errorCode(cause)), { cause });
  }

  /** Returns whether the list fits. */
  #setList(output: string, json: string): boolean {
    const isFitting = json.length <= LARGEST_OUTPUT;
    if (isFitting) this.#set(output, json);
    return isFitting;
  }

  #set(output: string, value: string | undefined): void {
    if (value === undefined || this.#written.get(output) === value) return;
    try {
      this.#sink.setOutput(output, value);
      this.#written.set(output, value);
    } catch (error) {
      this.#problem ??= error;
    }
  }
}
