import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Reply, SeenRequest } from '../embedded-server.ts';
import { oauthError } from './error-bodies.ts';
import { errorReply, json, objectIn } from './replies.ts';
import { queryOf } from './routes.ts';
import type { TokenSigner } from './token-signer.ts';

/** How long tokens live, in seconds: as observed, and as documented. */
const LIFE = { seen: 1799, documented: 1800 };

/** What the token services accept, and how they make tokens. */
interface TokenOptions {
  readonly tenant: string;
  readonly technicalUser: { readonly id: string; readonly secret: string };
  readonly application: {
    readonly id: string;
    readonly secret: string;
    readonly appName: string;
    readonly appVersion: string;
  };
  readonly signer: TokenSigner;
  /** in seconds */
  readonly tokenLife: number | undefined;
  readonly makeToken: (() => string) | undefined;
}

type Seen = SeenRequest<string>;

/** The tenant's authorization server and the Technical Token Manager. */
export class TokenServices {
  /** every token that was issued */
  readonly tokens = new Set<string>();
  readonly #options: TokenOptions;
  /** when the tokens expire, as a time in milliseconds */
  readonly #ends = new Map<string, number>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** Issues a token for a technical user or an application, given by its id. */
  issue(
    owner: string = this.#options.technicalUser.id,
    life: number = this.#options.tokenLife ?? LIFE.documented,
  ): string {
    const { makeToken, signer } = this.#options;
    const now = Date.now();
    const token = makeToken?.() ?? signer.sign(this.#claims(owner, Math.floor(now / 1000), life));
    this.tokens.add(token);
    this.#ends.set(token, now + life * 1000);
    return token;
  }

  #claims(owner: string, issuedAt: number, life: number) {
    const { tenant } = this.#options;
    return {
      jti: randomUUID().replaceAll('-', ''),
      sub: owner,
      client_id: owner,
      grant_type: 'client_credentials',
      scope: SCOPES,
      iat: issuedAt,
      exp: issuedAt + life,
      iss: `https://${tenant}.piam.eu1.mindsphere.io/oauth/token`,
      aud: [owner],
      ten: tenant,
      schemas: ['urn:siemens:mindsphere:v1'],
    };
  }

  expireAll(): void {
    for (const token of this.tokens) this.#ends.set(token, 0);
  }

  /** The error status if a call has no token (403) or an invalid one (401). */
  refuse({ authorization = '' }: IncomingHttpHeaders): 401 | 403 | undefined {
    const [, token] = /^Bearer +(.+)$/i.exec(authorization) ?? [];
    if (token === undefined) return 403;
    const isGood = this.tokens.has(token) && (this.#ends.get(token) ?? 0) > Date.now();
    return isGood ? undefined : 401;
  }

  /** Answers a request for a token. */
  answer(seen: Seen): Reply {
    return seen.path.startsWith('/api/') ? this.#forApplication(seen) : this.#forUser(seen);
  }

  /** Answers a request for the key that verifies tokens. */
  get keys(): Reply {
    return json(200, { keys: [this.#options.signer.publicKey] });
  }

  #forUser({ headers, body, path }: Seen): Reply {
    const { id, secret } = this.#options.technicalUser;
    if (headers.authorization !== basic(id, secret)) return errorReply(401, 'oauth');
    // In the query it is not documented, but was observed to work.
    const query = queryOf(path).get('grant_type');
    if ((new URLSearchParams(body).get('grant_type') ?? query) !== 'client_credentials') {
      return { status: 400, ...oauthError('unsupported_grant_type', 'Unsupported grant type') };
    }
    const life = this.#options.tokenLife ?? LIFE.seen;
    return json(200, {
      access_token: this.issue(id, life),
      token_type: 'bearer',
      expires_in: life,
      scope: SCOPES.join(' '),
      jti: randomUUID().replaceAll('-', ''),
    });
  }

  #forApplication({ headers, body }: Seen): Reply {
    const { tenant, application, tokenLife = LIFE.documented } = this.#options;
    const { id, secret, appName, appVersion } = application;
    if (headers['x-space-auth-key'] !== basic(id, secret)) return errorReply(401, 'oauth');
    const asked = objectIn(body);
    if (asked === undefined) return errorReply(400, 'oauth');
    const known =
      asked['appName'] === appName &&
      asked['appVersion'] === appVersion &&
      asked['hostTenant'] === tenant &&
      asked['userTenant'] === tenant;
    if (!known) return errorReply(403, 'oauth');
    return json(200, {
      access_token: this.issue(id, tokenLife),
      token_type: 'Bearer',
      expires_in: tokenLife,
      timestamp: Date.now(),
    });
  }
}

const SCOPES = ['mdsp:core:mindconnect.fullaccess', 'mdsp:core:assetmanagement.admin'];

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
