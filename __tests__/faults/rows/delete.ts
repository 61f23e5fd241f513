import {
  AGENT_GONE,
  ALL_GONE,
  ASSET_GONE,
  CERTIFICATE_GONE,
  ODD,
  ONLY_ASSET_LEFT,
  ONLY_CERTIFICATE_LEFT,
  PAUSES,
  type Section,
  UNTOUCHED,
} from '../row.ts';

export const listToDelete: Section = {
  endpoint: 'list-to-delete',
  title: 'Delete: listing the certificates',
  about:
    'Certificates go first, so that a device can’t come back meanwhile. Their ids are in a list that is read once a step, but what it answers is documented nowhere: a list that can’t be read is a warning, and the agent is ended all the same.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, ALL_GONE],
    [['reset', 'resetLate', 'cut', 'silence', 'stall', 401], 'once', 'success', 2, ALL_GONE],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 2, ALL_GONE],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 2, ALL_GONE],
    [['reset', 'resetLate', 'cut'], 'always', 'success', 5, ONLY_CERTIFICATE_LEFT],
    [[408, 425, 500, 502, 503, 504], 'always', 'success', 5, ONLY_CERTIFICATE_LEFT],
    [
      [429, '429 seconds', '429 date', '403 wait', '503 wait'],
      'always',
      'success',
      PAUSES,
      ONLY_CERTIFICATE_LEFT,
    ],
    [['429 hour', '403 hour', '503 hour'], 'always', 'success', 1, ONLY_CERTIFICATE_LEFT],
    [['silence', 'stall', 401], 'always', 'success', 2, ONLY_CERTIFICATE_LEFT],
    [[400, 403, 404, 409, 412, 422, 'redirect'], 'always', 'success', 1, ONLY_CERTIFICATE_LEFT],
    [['403 page', '404 page'], 'always', 'success', 1, ONLY_CERTIFICATE_LEFT],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'success',
      1,
      ONLY_CERTIFICATE_LEFT,
    ],
  ],
};

export const deleteCertificate: Section = {
  endpoint: 'delete-certificate',
  title: 'Delete: deleting the certificate of the agent',
  about:
    'A certificate that can’t be deleted is a warning that names it, and the agent is ended all the same. A 404 counts as gone.',
  rows: [
    [['slowStart', ...ODD, 'padding', 'coding'], 'always', 'success', 1, ALL_GONE],
    [['reset', 'resetLate', 'silence', 401, '500 late'], 'once', 'success', 2, ALL_GONE],
    [[408, 425, 429, '429 seconds', '429 date', '403 wait'], 'once', 'success', 2, ALL_GONE],
    [[500, 502, 503, '503 wait', 504], 'once', 'success', 2, ALL_GONE],
    [['reset', 408, 425, 500, 502, 503, 504], 'always', 'success', 5, ONLY_CERTIFICATE_LEFT],
    [['resetLate', '503 late'], 'always', 'success', 5, ALL_GONE],
    [
      [429, '429 seconds', '429 date', '403 wait', '503 wait'],
      'always',
      'success',
      PAUSES,
      ONLY_CERTIFICATE_LEFT,
    ],
    [['429 hour', '403 hour', '503 hour'], 'always', 'success', 1, ONLY_CERTIFICATE_LEFT],
    [['403 page', '404 page'], 'always', 'success', 1, ONLY_CERTIFICATE_LEFT],
    [['silence', 401], 'always', 'success', 2, ONLY_CERTIFICATE_LEFT],
    [
      [400, 403, 404, 409, 412, 422, 'redirect', 'page'],
      'always',
      'success',
      1,
      ONLY_CERTIFICATE_LEFT,
    ],
  ],
};

export const deleteCertificateById: Section = {
  endpoint: 'delete-certificate-by-id',
  title: 'Delete: deleting a certificate by its id',
  about:
    'A certificate whose id is given with `certificate-id` has to go: what can’t be deleted fails the step. Agents are ended beside it all the same.',
  rows: [
    [['slowStart', ...ODD, 'padding', 'coding'], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 401, 408, 425, 429, '403 wait', 500, 502, 503, 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [['503 wait', '500 late'], 'once', 'success', 2, ALL_GONE],
    [[404], 'always', 'success', 1, ONLY_CERTIFICATE_LEFT],
    [['reset', 500, 503], 'always', 'unavailable', 5, ONLY_CERTIFICATE_LEFT],
    [['resetLate', '503 late'], 'always', 'unavailable', 5, ALL_GONE],
    [[408, 425], 'always', 'request-rejected', 5, ONLY_CERTIFICATE_LEFT],
    [
      [429, '429 seconds', '429 date', '403 wait'],
      'always',
      'rate-limited',
      PAUSES,
      ONLY_CERTIFICATE_LEFT,
    ],
    [['503 wait'], 'always', 'unavailable', PAUSES, ONLY_CERTIFICATE_LEFT],
    [['429 hour', '403 hour'], 'always', 'rate-limited', 1, ONLY_CERTIFICATE_LEFT],
    [['503 hour'], 'always', 'unavailable', 1, ONLY_CERTIFICATE_LEFT],
    [['silence'], 'always', 'timeout', 2, ONLY_CERTIFICATE_LEFT],
    [[401], 'always', 'unauthorized', 2, ONLY_CERTIFICATE_LEFT],
    [[403], 'always', 'forbidden', 1, ONLY_CERTIFICATE_LEFT],
    [[409], 'always', 'not-ended', 1, ONLY_CERTIFICATE_LEFT],
    [[400, 412, 422, 'redirect'], 'always', 'request-rejected', 1, ONLY_CERTIFICATE_LEFT],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, ONLY_CERTIFICATE_LEFT],
    [['page'], 'always', 'response-invalid', 1, ONLY_CERTIFICATE_LEFT],
  ],
};

export const find: Section = {
  endpoint: 'find',
  title: 'Delete: finding the agent',
  about: 'The agent is looked up by its client id. A 404 proves nothing.',
  rows: [
    [['slowStart', 'slowEnd', ...ODD], 'always', 'success', 1, ALL_GONE],
    [['reset', 'resetLate', 'cut', 'silence', 'stall', 401], 'once', 'success', 2, ALL_GONE],
    [
      [408, 425, 429, '429 date', '403 wait', 500, 502, 503, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [['unresolved', 'refused'], 'always', 'unavailable', 5, UNTOUCHED],
    [
      ['untrusted', 'expiredTls', 'earlyTls', 'otherHost', 'proxy403', 'proxy407'],
      'always',
      'unavailable',
      1,
      UNTOUCHED,
    ],
    [['reset', 500, 503], 'always', 'unavailable', 5, CERTIFICATE_GONE],
    [[429, '403 wait'], 'always', 'rate-limited', PAUSES, CERTIFICATE_GONE],
    [['503 wait'], 'always', 'unavailable', PAUSES, CERTIFICATE_GONE],
    [['429 hour', '403 hour'], 'always', 'rate-limited', 1, CERTIFICATE_GONE],
    [['503 hour'], 'always', 'unavailable', 1, CERTIFICATE_GONE],
    [['silence'], 'always', 'timeout', 2, CERTIFICATE_GONE],
    [[401], 'always', 'unauthorized', 2, CERTIFICATE_GONE],
    [[403], 'always', 'forbidden', 1, CERTIFICATE_GONE],
    [[409], 'always', 'not-ended', 1, CERTIFICATE_GONE],
    [[400, 404, 412, 422, 'redirect'], 'always', 'request-rejected', 1, CERTIFICATE_GONE],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, CERTIFICATE_GONE],
    [
      ['page', 'empty', 'half', 'types', 'fields', 'large', 'padding', 'coding'],
      'always',
      'response-invalid',
      1,
      CERTIFICATE_GONE,
    ],
  ],
};

export const offboard: Section = {
  endpoint: 'offboard',
  title: 'Delete: offboarding the agent',
  about: 'An agent is deleted only when it is offboarded.',
  rows: [
    [['slowStart', 'slowEnd', 'empty', 'half', ...ODD], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 401, 408, 429, 500, 502, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, CERTIFICATE_GONE],
    [[429], 'always', 'rate-limited', PAUSES, CERTIFICATE_GONE],
    [['429 hour'], 'always', 'rate-limited', 1, CERTIFICATE_GONE],
    [['silence'], 'always', 'timeout', 2, CERTIFICATE_GONE],
    [[401], 'always', 'unauthorized', 2, CERTIFICATE_GONE],
    [[403], 'always', 'forbidden', 1, CERTIFICATE_GONE],
    [[404, 409, 'page'], 'always', 'not-ended', 1, CERTIFICATE_GONE],
    [[400, 412, 422, 'redirect'], 'always', 'request-rejected', 1, CERTIFICATE_GONE],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, CERTIFICATE_GONE],
    [['padding', 'coding'], 'always', 'response-invalid', 1, CERTIFICATE_GONE],
  ],
};

export const deleteAgent: Section = {
  endpoint: 'delete-agent',
  title: 'Delete: deleting the agent',
  about:
    'The request carries the tag of the look-up. After a 412 the tag is read anew, once; after a 404 the agent is looked up.',
  rows: [
    [['slowStart', ...ODD, 'padding', 'coding'], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', '500 late', 'silence', 401, 408, 412, 429, 500, 502, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, CERTIFICATE_GONE],
    [['resetLate', '503 late'], 'always', 'unavailable', 5, AGENT_GONE],
    [[429], 'always', 'rate-limited', PAUSES, CERTIFICATE_GONE],
    [['429 hour'], 'always', 'rate-limited', 1, CERTIFICATE_GONE],
    [['silence'], 'always', 'timeout', 2, CERTIFICATE_GONE],
    [[401], 'always', 'unauthorized', 2, CERTIFICATE_GONE],
    [[403], 'always', 'forbidden', 1, CERTIFICATE_GONE],
    [[404, 409], 'always', 'not-ended', 1, CERTIFICATE_GONE],
    [[412], 'always', 'not-ended', 2, CERTIFICATE_GONE],
    [[400, 422, 'redirect'], 'always', 'request-rejected', 1, CERTIFICATE_GONE],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, CERTIFICATE_GONE],
    [['page'], 'always', 'response-invalid', 1, CERTIFICATE_GONE],
  ],
};

export const deleteAsset: Section = {
  endpoint: 'delete-asset',
  title: 'Delete: deleting the asset of the agent',
  about:
    'The agent is gone by then. Of an asset, a 404 is taken for its end: nothing else depends on it. One that is locked (409) is tried again.',
  rows: [
    [['slowStart', ...ODD, 'padding', 'coding'], 'always', 'success', 1, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 401, 408, 409, 412, 429, 500, 502, '503 wait', 504],
      'once',
      'success',
      2,
      ALL_GONE,
    ],
    [[404], 'always', 'success', 1, ONLY_ASSET_LEFT],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, AGENT_GONE],
    [[429], 'always', 'rate-limited', PAUSES, AGENT_GONE],
    [['429 hour'], 'always', 'rate-limited', 1, AGENT_GONE],
    [['silence'], 'always', 'timeout', 2, AGENT_GONE],
    [[401], 'always', 'unauthorized', 2, AGENT_GONE],
    [[403], 'always', 'forbidden', 1, AGENT_GONE],
    [[409], 'always', 'not-ended', 5, AGENT_GONE],
    [[412], 'always', 'not-ended', 2, AGENT_GONE],
    [[400, 422, 'redirect'], 'always', 'request-rejected', 1, AGENT_GONE],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, AGENT_GONE],
    [['page'], 'always', 'response-invalid', 1, AGENT_GONE],
  ],
};

export const deleteSecret: Section = {
  endpoint: 'delete-secret',
  title: 'Delete: removing GitHub’s secrets',
  about:
    'The secrets go last, one after the other, so without a fault there are two requests. The first that can’t be removed ends it. A 404 counts as removed, because the same token has seen the place.',
  rows: [
    [['slowStart', ...ODD, 'padding', 'coding'], 'always', 'success', 2, ALL_GONE],
    [
      ['reset', 'resetLate', 'silence', 408, 429, '403 wait', 500, 502, '503 wait', 504],
      'once',
      'success',
      3,
      ALL_GONE,
    ],
    [[404], 'always', 'success', 2, ASSET_GONE],
    [['refused', 'reset', 500, 503], 'always', 'unavailable', 5, ASSET_GONE],
    [[429, '403 wait'], 'always', 'rate-limited', 5, ASSET_GONE],
    [['429 hour', '503 hour'], 'always', 'rate-limited', 1, ASSET_GONE],
    [['403 page', '404 page'], 'always', 'request-rejected', 1, ASSET_GONE],
    [['silence'], 'always', 'timeout', 2, ASSET_GONE],
    [[401, 403], 'always', 'destination-invalid', 1, ASSET_GONE],
    [[400, 409, 412, 422, 'redirect'], 'always', 'request-rejected', 1, ASSET_GONE],
    [['page'], 'always', 'response-invalid', 1, ASSET_GONE],
  ],
};
