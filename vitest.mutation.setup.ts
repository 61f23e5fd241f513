import fc from 'fast-check';

// The same values in every run: otherwise chance would decide which mutants are found.
fc.configureGlobal({ seed: 20260101, numRuns: 50 });
