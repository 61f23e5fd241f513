import { defineConfig } from 'vitest/config';

/** The tests that mutation testing runs: those that call the mutated rooms in their own process. */
export default defineConfig({
  logLevel: 'error',
  test: {
    include: [
      '__tests__/{key-pair,http,insights-hub,runner,inputs}/**/*.test.ts',
      '__tests__/{create,delete}/inputs.test.ts',
    ],
    setupFiles: ['vitest.mutation.setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
