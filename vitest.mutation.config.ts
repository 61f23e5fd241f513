import { defineConfig } from 'vitest/config';

/** The tests that mutation testing runs: those that call the mutated rooms in their own process. */
export default defineConfig({
  logLevel: 'error',
  test: {
    include: ['__tests__/{keys,http,insights-hub,host,inputs}/**/*.test.ts', '__tests__/*.test.ts'],
    // It plays another system, for all files of a worker.
    exclude: ['__tests__/inputs/output-directory-windows.test.ts'],
    setupFiles: ['vitest.mutation.setup.ts'],
    // Each mutant starts a worker of its own; its test files may share it.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
