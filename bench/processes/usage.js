// Loaded before the action: writes CPU time and memory of its process to the file BENCH_USAGE.
import { writeFileSync } from 'node:fs';

const { BENCH_USAGE } = process.env;
if (BENCH_USAGE) {
  process.on('exit', () => writeFileSync(BENCH_USAGE, JSON.stringify(process.resourceUsage())));
}
