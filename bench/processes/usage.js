// Loaded before the action: leaves what its process used in the file that BENCH_USAGE names.
import { writeFileSync } from 'node:fs';

const { BENCH_USAGE } = process.env;
if (BENCH_USAGE) {
  process.on('exit', () => writeFileSync(BENCH_USAGE, JSON.stringify(process.resourceUsage())));
}
