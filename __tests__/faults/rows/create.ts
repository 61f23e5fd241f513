import { LOST, NOTHING, ODD, PAUSES, type Section, WRITTEN } from '../row.ts';

export const create: Section = {
  endpoint: 'create',
  title: 'Creating an agent and its certificate',
  about:
    'The private key is only in this one answer. If the request was certainly not processed, it is sent again. In all other cases the agent is looked up first, and the create is sent once more only if the agent is proved to be absent. After an answer that looks like a success, such as a web page, the action can’t know that nothing was created, and says how to delete the agent.',
  rows: [
    [['slowStart', 'slowEnd', 'expired', 'notReady', ...ODD], 'always', 'success', 1, WRITTEN],
    [['br', 'deflate', 'bareDeflate', 'twice'], 'always', 'success', 1, WRITTEN],
    [['continue', 'processing', 'hints'], 'always', 'success', 1, WRITTEN],
    [
      [408, 425, 429, '429 seconds', '429 date', '403 wait', '503 wait'],
      'once',
      'success',
      2,
      WRITTEN,
    ],
    [[401], 'once', 'success', 2, WRITTEN],
    [['reset', 'silence', 500, 502, 503, 504], 'once', 'success', 2, WRITTEN],
    [['resetLate', 'cut', 'silenceLate', 'stall'], 'once', 'outcome-unknown', 1, LOST],
    [['500 late', '502 late', '503 late', '504 late'], 'once', 'outcome-unknown', 1, LOST],
    [['reset', 'silence', 500, 502, 503, 504], 'always', 'outcome-unknown', 2, NOTHING],
    [['unresolved', 'refused'], 'always', 'unavailable', 5, NOTHING],
    [
      ['untrusted', 'expiredTls', 'earlyTls', 'otherHost', 'proxy403', 'proxy407'],
      'always',
      'unavailable',
      1,
      NOTHING,
    ],
    [[429, '429 seconds', '429 date', '403 wait'], 'always', 'rate-limited', PAUSES, NOTHING],
    [['503 wait'], 'always', 'unavailable', PAUSES, NOTHING],
    [['429 hour', '403 hour'], 'always', 'rate-limited', 1, NOTHING],
    [['503 hour'], 'always', 'unavailable', 1, NOTHING],
    [[408, 425], 'always', 'request-rejected', 5, NOTHING],
    [[400, 404, 412, 422, 'redirect'], 'always', 'request-rejected', 1, NOTHING],
    [[401], 'always', 'unauthorized', 2, NOTHING],
    [['401 page'], 'always', 'request-rejected', 2, NOTHING],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, NOTHING],
    [[403], 'always', 'forbidden', 1, NOTHING],
    [[409], 'always', 'agent-exists', 1, NOTHING],
    [['page'], 'always', 'response-invalid', 1, NOTHING],
    [
      ['empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'response-invalid',
      1,
      LOST,
    ],
    [
      ['withoutKey', 'withoutCertificate', 'withoutClientId'],
      'always',
      'response-invalid',
      1,
      LOST,
    ],
    [['brokenKey', 'brokenCertificate'], 'always', 'response-invalid', 1, LOST],
    [['wrongPair'], 'always', 'key-mismatch', 1, LOST],
  ],
};

export const lookUp: Section = {
  endpoint: 'look-up',
  title: 'Looking up the agent after a create that was not processed',
  about:
    'The create was interrupted, and Insights Hub has no agent. The agent counts as absent only if the answer is an empty list, twice. Then the create is sent a second time. The look-up has 30 s.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 2, WRITTEN],
    [['reset', 'resetLate', 'cut', 401], 'once', 'success', 3, WRITTEN],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 3, WRITTEN],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 3, WRITTEN],
    [['silence', 'stall'], 'once', 'outcome-unknown', 1, NOTHING],
    [['reset', 500], 'always', 'outcome-unknown', 5, NOTHING],
    [[429], 'always', 'outcome-unknown', PAUSES, NOTHING],
    [['429 hour'], 'always', 'outcome-unknown', 1, NOTHING],
    [[403, 404, 'page', 'half', 'padding', 'coding'], 'always', 'outcome-unknown', 1, NOTHING],
    [['403 page', '404 page'], 'always', 'outcome-unknown', 1, NOTHING],
  ],
};

export const lookUpFound: Section = {
  endpoint: 'look-up-found',
  title: 'Looking up the agent after a create that was processed',
  about:
    'The create was interrupted, and Insights Hub has the agent. Whatever happens to the look-up, the create is not sent again, the step says what to do, and nothing is deleted.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'outcome-unknown', 1, LOST],
    [['reset', 429, 500, '503 wait', 401], 'once', 'outcome-unknown', 2, LOST],
    [['refused', 'reset', 'resetLate', 'cut'], 'always', 'outcome-unknown', 5, LOST],
    [[408, 425, 500, 502, 503, 504], 'always', 'outcome-unknown', 5, LOST],
    [
      [429, '429 seconds', '429 date', '403 wait', '503 wait'],
      'always',
      'outcome-unknown',
      PAUSES,
      LOST,
    ],
    [['429 hour', '403 hour', '503 hour'], 'always', 'outcome-unknown', 1, LOST],
    [['silence', 'stall'], 'always', 'outcome-unknown', 1, LOST],
    [[401], 'always', 'outcome-unknown', 2, LOST],
    [[400, 403, 404, 409, 412, 422, 'redirect'], 'always', 'outcome-unknown', 1, LOST],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'outcome-unknown',
      1,
      LOST,
    ],
    [['403 page', '404 page'], 'always', 'outcome-unknown', 1, LOST],
  ],
};

export const list: Section = {
  endpoint: 'list',
  title: 'Listing certificates after a create that was not processed',
  about:
    'The create was interrupted, and the look-up says twice that there is no agent. The list of certificates is a second check. It counts only if it can be read, because its answers are documented nowhere. Without it, the look-up decides.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, WRITTEN],
    [['reset', 'resetLate', 'cut', 401], 'once', 'success', 2, WRITTEN],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 2, WRITTEN],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 2, WRITTEN],
    [['silence', 'stall'], 'once', 'success', 1, WRITTEN],
    [['reset', 'resetLate', 'cut', 408, 425, 500, 502, 503, 504], 'always', 'success', 5, WRITTEN],
    [[429, '403 wait', '503 wait'], 'always', 'success', PAUSES, WRITTEN],
    [['429 hour', '403 hour', '503 hour'], 'always', 'success', 1, WRITTEN],
    [[401], 'always', 'success', 2, WRITTEN],
    [[400, 403, 404, 409, 412, 422, 'redirect'], 'always', 'success', 1, WRITTEN],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'success',
      1,
      WRITTEN,
    ],
    [['403 page', '404 page'], 'always', 'success', 1, WRITTEN],
  ],
};

export const listFound: Section = {
  endpoint: 'list-found',
  title: 'Listing certificates after a create that was processed',
  about:
    'The create was interrupted, and Insights Hub has the agent, but the look-up does not show it. A certificate in the list proves that the create was processed, so it is not sent again. Without the list it is sent again, and rejected because the agent exists.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'outcome-unknown', 1, LOST],
    [['reset', 'cut', 401, 429, 500, '503 wait'], 'once', 'outcome-unknown', 2, LOST],
    [['reset', 500], 'always', 'outcome-unknown', 5, LOST],
    [['silence'], 'always', 'outcome-unknown', 1, LOST],
    [
      ['429 hour', 403, 404, 'page', 'half', 'fields', 'padding', 'coding'],
      'always',
      'outcome-unknown',
      1,
      LOST,
    ],
    [['403 page', '404 page'], 'always', 'outcome-unknown', 1, LOST],
  ],
};

export const ephemeral: Section = {
  endpoint: 'ephemeral',
  title: 'Looking up an ephemeral agent before it is created',
  about:
    'An agent that the post step will delete must not exist before. If that can’t be determined, nothing is created.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, WRITTEN],
    [['reset', 'resetLate', 'cut', 'silence', 'stall', 401], 'once', 'success', 2, WRITTEN],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 2, WRITTEN],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 2, WRITTEN],
    [['unresolved', 'refused'], 'always', 'unavailable', 5, NOTHING],
    [
      ['untrusted', 'expiredTls', 'earlyTls', 'otherHost', 'proxy403', 'proxy407'],
      'always',
      'unavailable',
      1,
      NOTHING,
    ],
    [['reset', 'resetLate', 'cut', 500, 502, 503, 504], 'always', 'unavailable', 5, NOTHING],
    [[429, '429 seconds', '429 date', '403 wait'], 'always', 'rate-limited', PAUSES, NOTHING],
    [['503 wait'], 'always', 'unavailable', PAUSES, NOTHING],
    [['429 hour', '403 hour'], 'always', 'rate-limited', 1, NOTHING],
    [['503 hour'], 'always', 'unavailable', 1, NOTHING],
    [[408, 425], 'always', 'request-rejected', 5, NOTHING],
    [['silence', 'stall'], 'always', 'timeout', 2, NOTHING],
    [[401], 'always', 'unauthorized', 2, NOTHING],
    [['401 page'], 'always', 'request-rejected', 2, NOTHING],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, NOTHING],
    [[403], 'always', 'forbidden', 1, NOTHING],
    [[400, 404, 412, 422, 'redirect'], 'always', 'request-rejected', 1, NOTHING],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'response-invalid',
      1,
      NOTHING,
    ],
  ],
};
