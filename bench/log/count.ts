import { parseCommand } from '../../sandbox/runner/commands.ts';

/** What GitHub's runner gets to read of an action. */
export interface LogCounts {
  /** commands that have something masked: each costs a trace line that is searched for all masks */
  readonly commands: number;
  /** values to mask: GitHub's runner takes each line of a command as one */
  readonly masks: number;
  /** lines that are shown, each of which is searched for all masks */
  readonly lines: number;
}

/** Commands that show no line, unless debug logging is on. */
const UNSEEN = ['add-mask', 'debug', 'endgroup'];

/** Counts what a process has printed. */
export function countLog(stdout: string): LogCounts {
  const printed = stdout.split(/\r?\n/).filter((line) => line !== '');
  const commands = printed.map(parseCommand);
  const masks = commands.filter((command) => command?.name === 'add-mask');
  return {
    commands: masks.length,
    masks: masks.flatMap((command) => command?.message.split(/[\r\n]+/).filter(Boolean)).length,
    lines: commands.filter((command) => !UNSEEN.includes(command?.name ?? '')).length,
  };
}
