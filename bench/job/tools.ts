import { execFileSync } from 'node:child_process';

/** The first line that each program says of its version; not there for one that is not installed. */
export type Tools = Readonly<Partial<Record<ToolName, string>>>;

const TOOLS = ['curl', 'jq', 'awk', 'gh'] as const;
type ToolName = (typeof TOOLS)[number];

/** What a shell script of the bench needs, by what it does. */
export const NEEDED = {
  files: ['curl', 'jq', 'awk'],
  secrets: ['curl', 'jq', 'awk', 'gh'],
} as const;

export function findTools(): Tools {
  return Object.fromEntries(
    TOOLS.flatMap((name) => {
      const version = versionOf(name);
      return version === undefined ? [] : [[name, version]];
    }),
  );
}

function versionOf(name: ToolName): string | undefined {
  // The awk of some systems knows only this; the one of others takes it, too.
  const args = name === 'awk' ? ['-W', 'version'] : ['--version'];
  try {
    const output = execFileSync(name, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output
      .split('\n')[0]
      ?.replace(/ \(.*| Copyright.*/, '')
      .replace(/^curl /, 'curl ');
  } catch {
    return undefined;
  }
}
