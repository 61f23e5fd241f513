import {
  HALF_PUSHED,
  IN_TEMPORARY,
  LOST,
  NOTHING,
  ODD,
  PUSHED,
  RESCUED,
  RESCUED_AND_PUSHED,
  type Section,
  WRITTEN,
} from '../row.ts';

export const publicKey: Section = {
  endpoint: 'public-key',
  title: 'Reading GitHub’s public key for secrets',
  about:
    'With the destination `repository` or `environment`, the key is read before anything is created, so that a rejection by GitHub costs no agent. After a secondary rate limit without a time (here the plain HTTP 429), GitHub asks clients to wait a minute before the next attempt.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, PUSHED],
    [['reset', 'resetLate', 'cut', 'silence', 'stall'], 'once', 'success', 2, PUSHED],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 2, PUSHED],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 2, PUSHED],
    [['unresolved', 'refused'], 'always', 'unavailable', 5, NOTHING],
    [
      ['untrusted', 'expiredTls', 'earlyTls', 'otherHost', 'proxy403', 'proxy407'],
      'always',
      'unavailable',
      1,
      NOTHING,
    ],
    [
      ['reset', 'resetLate', 'cut', 500, 502, 503, '503 wait', 504],
      'always',
      'unavailable',
      5,
      NOTHING,
    ],
    [[429, '429 seconds', '429 date', '403 wait'], 'always', 'rate-limited', 5, NOTHING],
    [['429 hour', '403 hour', '503 hour'], 'always', 'rate-limited', 1, NOTHING],
    [['401 page', '403 page', '404 page'], 'always', 'destination-invalid', 1, NOTHING],
    [[408, 425], 'always', 'destination-invalid', 5, NOTHING],
    [['silence', 'stall'], 'always', 'timeout', 2, NOTHING],
    [[400, 401, 403, 404, 409, 412, 422, 'redirect'], 'always', 'destination-invalid', 1, NOTHING],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'destination-invalid',
      1,
      NOTHING,
    ],
  ],
};

export const names: Section = {
  endpoint: 'names',
  title: 'Listing GitHub’s secrets, for an ephemeral agent',
  about:
    'The secrets that the step writes are deleted after the job, so they must not exist before. If that can’t be determined, nothing is created.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, PUSHED],
    [['reset', 'resetLate', 'cut', 'silence', 'stall'], 'once', 'success', 2, PUSHED],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 2, PUSHED],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 2, PUSHED],
    [
      ['reset', 'resetLate', 'cut', 500, 502, 503, '503 wait', 504],
      'always',
      'unavailable',
      5,
      NOTHING,
    ],
    [[429, '429 seconds', '429 date', '403 wait'], 'always', 'rate-limited', 5, NOTHING],
    [['429 hour', '403 hour', '503 hour'], 'always', 'rate-limited', 1, NOTHING],
    [[408, 425], 'always', 'destination-invalid', 5, NOTHING],
    [['silence', 'stall'], 'always', 'timeout', 2, NOTHING],
    [[400, 401, 403, 404, 409, 412, 422, 'redirect'], 'always', 'destination-invalid', 1, NOTHING],
    [['403 page', '404 page'], 'always', 'destination-invalid', 1, NOTHING],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'destination-invalid',
      1,
      NOTHING,
    ],
  ],
};

export const secret: Section = {
  endpoint: 'secret',
  title: 'Writing GitHub’s secrets',
  about:
    'There are two secrets, the private key and the certificate, sent at the same time: without a fault, two requests. A key that can’t be pushed is saved in the output directory, and the post step keeps it.',
  rows: [
    [['slowStart', 'slowEnd', 'empty', 'large', ...ODD], 'always', 'success', 2, PUSHED],
    [['padding', 'coding'], 'always', 'success', 2, PUSHED],
    [['reset', 'resetLate', 'cut', 'silence', 'silenceLate'], 'once', 'success', 3, PUSHED],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 3, PUSHED],
    [[500, 502, 503, '503 wait', 504, '500 late'], 'once', 'success', 3, PUSHED],
    [['refused', 'reset'], 'always', 'delivery-failed', 10, RESCUED],
    [
      [408, 425, 429, '429 seconds', '429 date', '403 wait'],
      'always',
      'delivery-failed',
      10,
      RESCUED,
    ],
    [[500, 502, 503, '503 wait', 504], 'always', 'delivery-failed', 10, RESCUED],
    [
      ['resetLate', 'cut', '500 late', '503 late'],
      'always',
      'delivery-failed',
      10,
      RESCUED_AND_PUSHED,
    ],
    [['silence'], 'always', 'delivery-failed', 4, RESCUED],
    [['silenceLate'], 'always', 'delivery-failed', 4, RESCUED_AND_PUSHED],
    [[400, 401, 403, 404, 409, 412, 422], 'always', 'delivery-failed', 2, RESCUED],
    [['redirect', 'page'], 'always', 'delivery-failed', 2, RESCUED],
    [['403 page', '404 page'], 'always', 'delivery-failed', 2, RESCUED],
    [['429 hour', '403 hour', '503 hour'], 'always', 'delivery-failed', 2, RESCUED],
    [[422, 'page'], 'once', 'delivery-failed', 2, HALF_PUSHED],
  ],
};

export const files: Section = {
  endpoint: 'files',
  title: 'Writing the files',
  about:
    'Before anything is created, the action writes files of every kind to the output directory, in the same way but with other content, and deletes them again. If something that only helps fails, such as the mode of the certificate, that is a warning. The requests are creates.',
  rows: [
    [['noModes', 'noLinks', 'noIgnoreFile'], 'always', 'success', 1, WRITTEN],
    [['full', 'readOnly', 'shown', 'noTemporary'], 'always', 'destination-invalid', 0, NOTHING],
    [
      ['fullLate', 'readOnlyLate', 'shownLate', 'removed'],
      'always',
      'delivery-failed',
      1,
      IN_TEMPORARY,
    ],
    [['fullEverywhere', 'readOnlyEverywhere'], 'always', 'delivery-failed', 1, LOST],
  ],
};

export const rescue: Section = {
  endpoint: 'rescue',
  title: 'Saving a key that GitHub rejects',
  about:
    'GitHub rejects both secrets with HTTP 422, and then the disk fails as well. The requests are those that write the secrets.',
  rows: [
    [['noModes', 'noLinks', 'noIgnoreFile'], 'always', 'delivery-failed', 2, RESCUED],
    [['full', 'readOnly', 'shown'], 'always', 'delivery-failed', 2, IN_TEMPORARY],
    [['fullEverywhere', 'readOnlyEverywhere'], 'always', 'delivery-failed', 2, LOST],
  ],
};
