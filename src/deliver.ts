import type { DeliveredTo, Delivery, Destination } from './destinations/destination.ts';
import { asFailure, Failure } from './failure.ts';
import type { HostWords } from './host/host.ts';
import type { TimeLimit } from './http/time-limit.ts';
import type { IssuedCertificate } from './insights-hub/certificates.ts';

export interface DeliveryServices {
  readonly destinations: readonly Destination[];
  /** where a key is saved that no destination keeps: in the first place that takes it */
  readonly rescues: readonly Destination[];
  readonly words: HostWords;
  readonly state: {
    /** a key will be kept that may exist nowhere else */
    keepsKey(): void;
  };
}

const NOTHING: Delivery = { files: {}, settings: [], keepsKey: false };

/** Delivers to every destination, and saves a key that none of them keeps. */
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
    const lost = `The private key could not be saved elsewhere either and is lost. Delete the agent with client id ${issued.clientId} with ${words.deleteAction}, then run this step again.`;
    return { ...delivery, failure: failed(lost) };
  }
  const { privateKey, certificate } = rescued.files;
  const where = `The private key is in ${privateKey}, the certificate in ${certificate}: save them from there ${words.saveFiles} before the job ends.`;
  return { ...merge([...deliveries, rescued]), failure: failed(where) };
}

/**
 * Adds to a delivery what could not be written before, as far as its content is known now. `before` is
 * why the agent has failed, if it has; the returned failure includes it.
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
    : `The private key is in ${files.privateKey} and is not deleted when the job ends: save it from there ${saveFiles} before the runner is gone.`;
}

/** The deliveries to several destinations as one. */
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
      // The next place may still take it.
    }
  }
  return undefined;
}
