import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite warns of packages that come without the sources of their source maps.
  logLevel: 'error',
  test: {
    include: ['__tests__/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What is polled for may take its time on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    // Most tests wait for other processes, or for time to pass.
    maxWorkers: 2,
    maxConcurrency: 8,
    // These packages import JSON in a way that Node refuses and Vite does not.
    server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
    // CI counts what ran; a person reads the default report.
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/tests.json' },
  },
});
