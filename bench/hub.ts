import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { HubAnswers, HubOrder } from './hub-process.ts';

/** Insights Hub in a process of its own, so that it takes no time from the one that is measured. */
export class RemoteHub {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start(): RemoteHub {
    return new RemoteHub(fork(path.join(import.meta.dirname, 'hub-process.ts')));
  }

  /** Starts a hub with empty books, and tells the inputs that lead an action there. */
  open(latency: number): Promise<HubAnswers['open']> {
    return this.#ask({ kind: 'open', latency });
  }

  /** Ends that hub, and tells what it saw. */
  close(): Promise<HubAnswers['close']> {
    return this.#ask({ kind: 'close' });
  }

  stop(): void {
    this.#child.disconnect();
  }

  #ask<Kind extends HubOrder['kind']>(
    order: HubOrder & { readonly kind: Kind },
  ): Promise<HubAnswers[Kind]> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the process of the hub has ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (answer: HubAnswers[Kind]) => {
        this.#child.off('exit', onExit);
        resolve(answer);
      });
      this.#child.send(order);
    });
  }
}
