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
  title: 'Listing the certificates to delete',
  about:
    'Certificates are deleted first, so that a device can’t reconnect meanwhile. Their ids come from a list that is read once per step, but its answers are documented nowhere. If it can’t be read, that is a warning, and the agent is still deleted.',
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
  title: 'Deleting the agent’s certificate',
  about:
    'If a certificate can’t be deleted, a warning names it, and the agent is still deleted. A 404 counts as already deleted.',
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
  title: 'Deleting a certificate by its id',
  about:
    'If a certificate whose id is given with `certificate-id` can’t be deleted, the step fails. The agents are still deleted.',
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
  title: 'Finding the agent to delete',
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
  title: 'Offboarding the agent',
  about: 'An agent is deleted only after it is offboarded.',
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
  title: 'Deleting the offboarded agent',
  about:
    'The request carries the tag from the look-up. After a 412, the tag is read again, once. After a 404, the agent is looked up again.',
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
  title: 'Deleting the agent’s asset',
  about:
    'The agent is already deleted. For an asset, a 404 counts as already deleted, because nothing else depends on it. If the asset is locked (409), the request is retried.',
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
  title: 'Deleting GitHub’s secrets',
  about:
    'The secrets are deleted last, one after the other: without a fault, two requests. If one can’t be deleted, the step stops there. A 404 counts as already deleted, because the same token has read the public key of the repository or environment.',
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
