interface Delivery {
  /** in the time of `performance.now()` */
  readonly due: number;
  readonly act: () => void;
}

/** Node's timers may be late by about this, in milliseconds: the rest is waited for without one. */
const AWAKE = 1.5;

/**
 * Makes a queue of acts, each done when it is due, to a fraction of a millisecond: in the order in
 * which they were given, and never before they are due.
 */
export function deliverLate(): (due: number, act: () => void) => void {
  const queue: Delivery[] = [];
  let waiting = false;
  const work = () => {
    waiting = false;
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const left = first.due - performance.now();
      if (left > 0) return wait(left);
      queue.shift();
      first.act();
    }
  };
  const wait = (left: number) => {
    waiting = true;
    if (left > AWAKE) setTimeout(work, left - AWAKE);
    else setImmediate(work);
  };
  return (due, act) => {
    queue.push({ due, act });
    if (!waiting) work();
  };
}
