import { creating } from './matrix.ts';
import { testSections } from './trials.ts';

testSections(creating);
