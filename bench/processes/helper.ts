import { type ChildProcess, fork } from 'node:child_process';

/** The requests and answers of a helper, by the kind of request. */
export type Orders = Readonly<
  Record<string, { readonly order: object; readonly answer: object | null }>
>;

/** A script of the bench in a separate process, so that it takes no time from the measured one. */
export class Helper<Known extends Orders> {
  readonly #child: ChildProcess;

  constructor(script: string) {
    this.#child = fork(script);
  }

  /** Sends a request, and waits for its answer. One request at a time. */
  ask<Kind extends keyof Known & string>(
    kind: Kind,
    order: Known[Kind]['order'],
  ): Promise<Known[Kind]['answer']> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('a helper process has ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (answer: Known[Kind]['answer']) => {
        this.#child.off('exit', onExit);
        resolve(answer);
      });
      this.#child.send({ kind, order });
    });
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

type Obey<Known extends Orders> = {
  readonly [Kind in keyof Known]: (
    order: Known[Kind]['order'],
  ) => Known[Kind]['answer'] | Promise<Known[Kind]['answer']>;
};

/** In the helper: handles requests until its parent disconnects. */
export function obeyOrders<Known extends Orders>(obey: Obey<Known>): void {
  process.on('message', ({ kind, order }: { kind: keyof Known; order: never }) => {
    Promise.resolve(order)
      .then(obey[kind])
      .then(
        (answer) => process.send?.(answer),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
  });
  process.on('disconnect', () => process.exit());
}
