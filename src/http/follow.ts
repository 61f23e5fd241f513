const followers = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal aborts, or at once if it has; the result makes an end of that. For
 * signals that all agents of a fleet follow: Node looks through all of a signal's listeners whenever
 * one comes or goes. Not AbortSignal.any(): its signals are kept until the next large garbage
 * collection.
 */
export function follow(signal: AbortSignal, onAbort: () => void): () => void {
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  const all = followers.get(signal) ?? listenTo(signal);
  all.add(onAbort);
  return () => all.delete(onAbort);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  followers.set(signal, all);
  const tellAll = () => {
    for (const tell of all) tell();
  };
  signal.addEventListener('abort', tellAll, { once: true });
  return all;
}
