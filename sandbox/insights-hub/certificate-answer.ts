import type { IssuedPair } from './authority.ts';
import type { HubCertificate } from './books.ts';

/** The format of the response to a create; the service has used all of these. */
export interface AnswerForm {
  readonly shape: 'flat' | 'nested';
  readonly lineEnds: 'lf' | 'crlf' | 'escaped' | 'trimmed';
}

/** The response to the create of a new agent, with the key pair to hand out. */
export function certificateAnswer(
  certificate: HubCertificate,
  pair: IssuedPair,
  form: AnswerForm,
): Readonly<Record<string, unknown>> {
  const privateKey = withLineEnds(pair.privateKey, form);
  const certificatePem = withLineEnds(pair.certificate, form);
  if (form.shape === 'nested') {
    const { clientId } = certificate;
    return { clientId, credentials: { privateKey, certificatePem } };
  }
  return { ...certificateRecord(certificate), publicKey: certificatePem, privateKey };
}

/** A certificate without its key. */
export function certificateRecord({ id, clientId, agentId, owner }: HubCertificate) {
  return {
    id,
    name: clientId,
    agentName: clientId,
    clientId,
    agentId,
    owner,
    status: 'READY',
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
