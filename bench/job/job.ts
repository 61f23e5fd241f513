/**
 * What is measured: Node doing nothing; the create action without inputs, so that it fails
 * immediately; the post step with nothing to do; and the whole job, with files or with two secrets.
 */
export type Scenario = 'node' | 'failing' | 'post' | 'files' | 'secrets';

/** What runs the job: this build, another one, or a shell script. */
export type Variant = 'action' | 'other' | 'lean' | 'usual';

export interface Job {
  readonly scenario: Scenario;
  readonly variant: Variant;
  /** Runs it once. Throws if anything is not as expected. */
  run(): Promise<Sample>;
}

/** One run of a job. */
export interface Sample {
  /** in milliseconds */
  readonly wall: number;
  readonly requests: number;
  readonly connections: number;
}

/** A run of a job in a round, at a distance. */
export interface Measured extends Sample, Pick<Job, 'scenario' | 'variant'> {
  /** in milliseconds */
  readonly roundTrip: number;
}
