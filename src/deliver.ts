import type { DeliveredTo, Delivery, Destination } from './destinations/destination.ts';
import { asFailure, Failure } from './failure.ts';
import type { HostWords } from './host/host.ts';
import type { TimeLimit } from './http/time-limit.ts';
import type { IssuedCertificate } from './insights-hub/certificates.ts';

export interface DeliveryServices {
  readonly destinations: readonly Destination[];
  /** where a key goes that no destination keeps: the first that takes it */
  readonly rescues: readonly Destination[];
  readonly words: HostWords;
  readonly state: {
    /** a key will be kept that nothing else may have */
    keepsKey(): void;
  };
}

const NOTHING: Delivery = { files: {}, settings: [], keepsKey: false };

/** Serves every destination; a key that none of them keeps is saved all the same. */
export async function deliver(
  issued: IssuedCertificate,
  services: DeliveryServices,
  limit: TimeLimit,
): Promise<Delivery> {
  const { destinations, words } = services;
  const deliveries = await Promise.all(
    destinations.map((one) =>
      one.deliver(issued, limit).catch((error: unknown) => ({
        ...NOTHING,
        failure: asFailure(error),
      })),
    ),
  );
  const delivery = merge(deliveries);
  const failures = deliveries.flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  if (first === undefined) return delivery;
  services.state.keepsKey();
  const failed = (whereKeyIs: string) => {
    const message = [...failures.map((failure) => failure.message), whereKeyIs].join(' ');
    return new Failure('delivery-failed', message, { call: first.call, cause: first });
  };
  const keeper = deliveries.find(({ keepsKey }) => keepsKey);
  if (keeper !== undefined) {
    for (const destination of destinations) destination.keep?.(delivery);
    return { ...delivery, failure: failed(whereKept(keeper, words)) };
  }
  const rescued = await rescue(issued, services, limit);
  if (rescued === undefined) {
    const lost = `The private key could not be saved elsewhere either and is lost. End the agent with client id ${issued.clientId} in Insights Hub before you create it again.`;
    return { ...delivery, failure: failed(lost) };
  }
  const { privateKey, certificate } = rescued.files;
  const where = `The private key was saved in ${privateKey}, the certificate in ${certificate}: save them from there ${words.saveFiles} before the job ends.`;
  return { ...merge([...deliveries, rescued]), failure: failed(where) };
}

/**
 * Adds what could not be written when a certificate was delivered, as far as it is known now. `before`
 * is why the agent has failed, if it has; the failure that comes back includes it.
 */
export async function complete(
  issued: IssuedCertificate,
  delivered: DeliveredTo,
  before: Failure | undefined,
  { destinations, words, state }: DeliveryServices,
): Promise<{ readonly delivery: DeliveredTo; readonly failure: Failure | undefined }> {
  let delivery: Delivery = { ...delivered, keepsKey: true };
  for (const one of destinations) {
    if (one.complete) delivery = await one.complete(issued, delivery);
  }
  const { failure } = delivery;
  const isKept = before?.code === 'delivery-failed';
  if (failure !== undefined) state.keepsKey();
  if (failure !== undefined || isKept) for (const one of destinations) one.keep?.(delivery);
  if (failure === undefined) return { delivery, failure: before };
  const where = isKept ? [] : [whereKept(delivery, words)];
  const message = [before?.message ?? [], failure.message, where].flat().join(' ');
  const { code, call } = before ?? failure;
  return { delivery, failure: new Failure(code, message, { call, cause: before ?? failure }) };
}

/** Where the key is that another destination did not take. */
function whereKept(
  { files, settings: [secret] }: DeliveredTo,
  { saveFiles }: DeliveryServices['words'],
): string {
  return files.privateKey === undefined
    ? `The private key is in secret ${secret?.name} of ${secret?.scope}.`
    : `The private key is in ${files.privateKey} and is not removed when the job ends: save it from there ${saveFiles} before the runner is gone.`;
}

/** What several destinations took, as one delivery. */
function merge(deliveries: readonly Delivery[]): Delivery {
  const authorities = deliveries.find((one) => one.authorities)?.authorities;
  return {
    ...(authorities && { authorities }),
    isPartial: deliveries.some(({ isPartial }) => isPartial),
    files: Object.assign({}, ...deliveries.map(({ files }) => files)),
    settings: deliveries.flatMap(({ settings }) => settings),
    keepsKey: deliveries.some(({ keepsKey }) => keepsKey),
  };
}

/** Saves the key in the first place that takes it. */
async function rescue(
  issued: IssuedCertificate,
  { rescues }: DeliveryServices,
  limit: TimeLimit,
): Promise<Delivery | undefined> {
  for (const place of rescues) {
    try {
      await place.prepare([], limit);
      const delivery = await place.deliver(issued, limit);
      if (delivery.keepsKey) return delivery;
    } catch {
      // Why this place can't take it matters less than whether the next one does.
    }
  }
  return undefined;
}
