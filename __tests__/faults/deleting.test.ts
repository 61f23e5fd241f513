import { deleting } from './matrix.ts';
import { testSections } from './trials.ts';

testSections(deleting);
