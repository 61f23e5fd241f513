import type { IssuedPair } from './authority.ts';
import type { HubAgent } from './books.ts';
import { certificateId } from './identifiers.ts';

/** The format of the response to a create; the service has used all of these. */
export interface AnswerForm {
  readonly shape: 'flat' | 'nested';
  readonly lineEnds: 'lf' | 'crlf' | 'escaped' | 'trimmed';
}

/** The response to the create of a new agent, with the key pair to hand out. */
export function certificateAnswer(
  { id, clientId, name, owner }: HubAgent,
  pair: IssuedPair,
  form: AnswerForm,
): Readonly<Record<string, unknown>> {
  const privateKey = withLineEnds(pair.privateKey, form);
  const certificate = withLineEnds(pair.certificate, form);
  if (form.shape === 'nested') {
    return { clientId, credentials: { privateKey, certificatePem: certificate } };
  }
  return {
    id: certificateId(),
    name,
    agentName: name,
    clientId,
    agentId: id,
    owner,
    status: 'READY',
    publicKey: certificate,
    privateKey,
  };
}

function withLineEnds(pem: string, { lineEnds }: AnswerForm): string {
  switch (lineEnds) {
    case 'lf':
      return pem;
    case 'crlf':
      return pem.replaceAll('\n', '\r\n');
    case 'escaped':
      return pem.replaceAll('\n', '\\n');
    case 'trimmed':
      return pem.trimEnd();
  }
}
