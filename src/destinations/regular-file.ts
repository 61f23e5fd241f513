import * as fs from 'node:fs';
import { lstat, open, stat } from 'node:fs/promises';

/**
 * Reads a regular file of at most `most` bytes. Does not even open a pipe or a device, which would
 * block forever. Throws the system's error, or one with such a code: ELOOP for a link, unless
 * `followLinks` is set, EFTYPE for anything but a regular file, EFBIG for a larger file.
 */
export async function readRegularFile(
  file: string,
  { most, followLinks = false }: { readonly most: number; readonly followLinks?: boolean },
): Promise<Buffer> {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = fs.constants;
  check(await (followLinks ? stat(file) : lstat(file)), most);
  // It may have been replaced since: Windows can't refuse links when it opens a file.
  const handle = await open(file, O_RDONLY | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW));
  try {
    const found = await handle.stat();
    check(found, most);
    // One more byte detects the end: a file may have grown, or have no known size, as in /proc.
    let content = Buffer.alloc(found.size + 1);
    for (let length = 0; ; ) {
      const { bytesRead } = await handle.read(content, length, content.length - length);
      if (bytesRead === 0) return content.subarray(0, length);
      length += bytesRead;
      if (length > most) throw systemError('EFBIG');
      if (length < content.length) continue;
      content = Buffer.concat([content], Math.min(2 * length + 4096, most + 1));
    }
  } finally {
    await handle.close();
  }
}

function check(found: fs.Stats, most: number): void {
  if (found.isSymbolicLink()) throw systemError('ELOOP');
  if (!found.isFile()) throw systemError('EFTYPE');
  if (found.size > most) throw systemError('EFBIG');
}

function systemError(code: 'ELOOP' | 'EFTYPE' | 'EFBIG'): Error {
  return Object.assign(new Error(code), { code });
}
