import fc from 'fast-check';

// The same values in every run: otherwise chance would decide which mutants are found. And not for
// long: a property runs once for each mutant that it reaches.
fc.configureGlobal({ seed: 20260101, numRuns: 50, interruptAfterTimeLimit: 500 });
