import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from 'node:os';
import type { Tools } from '../job/tools.ts';

/** What the figures depend on, as a Markdown list. It does not name the machine. */
export function describeMachine(tools: Tools): readonly string[] {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const others = Object.values(tools);
  return [
    `- Processor: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, ${memory} GiB of memory`,
    `- System: ${type()} ${release().replace(/^(\d+\.\d+).*/, '$1')}`,
    `- Node: ${process.version}${others.length > 0 ? `; ${others.join(', ')}` : ''}`,
    `- Files: in the temporary directory, on ${fileSystemOf(tmpdir())}`,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
  ];
}

/** File systems whose speed is known to differ, by the number that Linux gives them. */
const FILE_SYSTEMS: Readonly<Record<string, string>> = {
  '0x1021994': 'tmpfs',
  '0xef53': 'ext4',
  '0x58465342': 'XFS',
  '0x9123683e': 'Btrfs',
  '0x794c7630': 'overlayfs',
};

function fileSystemOf(directory: string): string {
  const number = `0x${statfsSync(directory).type.toString(16)}`;
  return FILE_SYSTEMS[number] ?? `a file system of type ${number}`;
}
