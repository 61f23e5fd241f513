import type { Reply, SeenRequest } from '../embedded-server.ts';
import type { HubEndpoint } from '../faults.ts';
import type { Books, HubCertificate } from './books.ts';
import { certificateRecord } from './certificate-answer.ts';
import { halPage, pageOf, readPage, springPage } from './pages.ts';
import { errorReply, json, NO_CONTENT } from './replies.ts';
import { idOf, queryOf } from './routes.ts';

/** MindConnect MQTT: answers a call about certificates that exist. */
export function answerCertificateCall(seen: SeenRequest<HubEndpoint>, books: Books): Reply {
  if (seen.endpoint === 'list-certificates') return list(seen.path, books);
  const certificate = books.certificates.get(idOf(seen.path));
  if (certificate === undefined) return errorReply(404, 'mindconnectmqtt');
  if (seen.endpoint === 'read-certificate') return json(200, recordOf(certificate, books));
  books.certificates.delete(certificate.id);
  return NO_CONTENT;
}

function list(path: string, books: Books): Reply {
  const all = [...books.certificates.values()];
  const query = queryOf(path);
  const pageFor = (usual: number) => {
    const request = readPage(query, { usual });
    const { elements, ...page } = pageOf(all, fieldsOf, request);
    const records = elements.map((certificate) => recordOf(certificate, books));
    return [{ ...page, elements: records }, request] as const;
  };
  const records = all.map((certificate) => recordOf(certificate, books));
  switch (books.certificateList) {
    case 'array':
      return json(200, records);
    case 'content':
      return json(200, springPage(...pageFor(20)));
    case 'hal': {
      const at = { url: new URL(path, books.origin), name: 'agentCertificates' };
      return json(200, halPage(...pageFor(10), at));
    }
    case 'unknown':
      return json(200, { result: { certificates: records } });
  }
}

const fieldsOf = ({ id, clientId, agentId, owner }: HubCertificate) => ({
  ...{ id, clientId, agentId, owner },
  ...{ name: clientId, agentName: clientId, status: 'READY' },
});

function recordOf(certificate: HubCertificate, { tellsKeys }: Books) {
  const { privateKey, certificate: publicKey } = certificate.pair;
  return { ...certificateRecord(certificate), ...(tellsKeys && { publicKey, privateKey }) };
}
