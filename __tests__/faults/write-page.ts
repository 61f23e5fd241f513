import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makePage } from './page.ts';

writeFileSync(path.resolve(import.meta.dirname, '../../docs/reliability.md'), makePage());
