import { NOTHING, ODD, type Section, WRITTEN } from '../row.ts';

export const token: Section = {
  endpoint: 'token',
  title: 'Getting a token for a technical user',
  about: 'Nothing is created before the action has a token. The request is safe to repeat.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, WRITTEN],
    [
      ['reset', 'resetLate', 'cut', 'silence', 'silenceLate', 'stall'],
      'once',
      'success',
      2,
      WRITTEN,
    ],
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
    [['reset', 'resetLate', 'cut'], 'always', 'unavailable', 5, NOTHING],
    [[500, 502, 503, '503 wait', 504], 'always', 'unavailable', 5, NOTHING],
    [[429, '429 seconds', '429 date', '403 wait'], 'always', 'rate-limited', 5, NOTHING],
    [['429 hour', '403 hour', '503 hour'], 'always', 'rate-limited', 1, NOTHING],
    [[408, 425], 'always', 'request-rejected', 5, NOTHING],
    [['silence', 'silenceLate', 'stall'], 'always', 'timeout', 2, NOTHING],
    [[400, 401, 403], 'always', 'token-rejected', 1, NOTHING],
    [[404, 409, 412, 422, 'redirect'], 'always', 'request-rejected', 1, NOTHING],
    [['401 page', '403 page', '404 page'], 'always', 'request-rejected', 1, NOTHING],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'response-invalid',
      1,
      NOTHING,
    ],
  ],
};

export const applicationToken: Section = {
  endpoint: 'application-token',
  title: 'Getting a token for an application',
  about:
    'The Technical Token Manager is another service, but the same code sends the request and handles the answer. So these are only samples.',
  rows: [
    [[...ODD], 'always', 'success', 1, WRITTEN],
    [['resetLate', '429 date', 503], 'once', 'success', 2, WRITTEN],
    [['unresolved', 'refused', 503], 'always', 'unavailable', 5, NOTHING],
    [['untrusted', 'expiredTls', 'proxy407'], 'always', 'unavailable', 1, NOTHING],
    [['429 hour', '503 hour'], 'always', 'rate-limited', 1, NOTHING],
    [[400, 401, 403], 'always', 'token-rejected', 1, NOTHING],
    [[404, 'redirect', '403 page'], 'always', 'request-rejected', 1, NOTHING],
    [['page', 'half', 'types', 'padding', 'coding'], 'always', 'response-invalid', 1, NOTHING],
  ],
};
