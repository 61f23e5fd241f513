import { delivering } from './matrix.ts';
import { testSections } from './trials.ts';

testSections(delivering);
