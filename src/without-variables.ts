/**
 * Loads a package while it can't see some of the job's variables, which it would read for things
 * that are not wanted here.
 */
export async function withoutVariables<T>(
  names: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  const hidden = Object.entries(process.env).filter(([name]) => names.includes(name));
  for (const [name] of hidden) delete process.env[name];
  try {
    return await load();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}
