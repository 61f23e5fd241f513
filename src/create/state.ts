/** The state that leads the post step to the journal: the path of a file, and nothing else. */
export const JOURNAL_STATE = 'journal';
