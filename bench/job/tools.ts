import { execFileSync } from 'node:child_process';

/** The first line of each program's version; missing if it is not installed. */
export type Tools = Readonly<Partial<Record<ToolName, string>>>;

const TOOLS = ['curl', 'jq', 'awk', 'gh'] as const;
type ToolName = (typeof TOOLS)[number];

/** The programs that a shell script of the bench needs, by scenario. */
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
  // Some versions of awk know only this option; the others accept it, too.
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
