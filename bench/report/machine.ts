import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from 'node:os';
import type { Tools } from '../job/tools.ts';

/** What the figures depend on, as a list in Markdown. It holds no name of the machine. */
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

/** What Linux calls file systems whose speed is known to differ. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  16914836: 'tmpfs',
  61267: 'ext4',
  1481003842: 'XFS',
  2435016766: 'Btrfs',
  2035054128: 'overlayfs',
};

function fileSystemOf(directory: string): string {
  const { type: number } = statfsSync(directory);
  return FILE_SYSTEMS[number] ?? `a file system of type 0x${number.toString(16)}`;
}
