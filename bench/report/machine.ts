import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Tools } from '../job/tools.ts';

/** What the figures depend on, as a list in Markdown. It holds no name of the machine. */
export function describeMachine(tools: Tools): readonly string[] {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const others = Object.values(tools);
  return [
    `- Processor: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, ${memory} GiB of memory`,
    `- System: ${type()} ${release().replace(/^(\d+\.\d+).*/, '$1')}`,
    `- Node: ${process.version}${others.length > 0 ? `; ${others.join(', ')}` : ''}`,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
  ];
}
