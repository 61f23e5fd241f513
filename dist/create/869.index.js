export const id = 869;
export const ids = [869];
export const modules = {

/***/ 8869:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  gitHubDestinations: () => (/* binding */ gitHubDestinations)
});

// EXTERNAL MODULE: ./lib/failure.js
var lib_failure = __webpack_require__(1957);
// EXTERNAL MODULE: ./node_modules/@actions/github/lib/github.js + 22 modules
var github = __webpack_require__(2413);
// EXTERNAL MODULE: ./lib/http/pace.js
var http_pace = __webpack_require__(3893);
// EXTERNAL MODULE: ./lib/http/retry.js
var retry = __webpack_require__(8394);
;// CONCATENATED MODULE: ./lib/github/api.js



/** Whether GitHub wrote it: a 200 is not its word for that, but of something on the way to it. */
function isWritten({ outcome: { exchange, ended } }) {
    const status = (0,retry/* statusOf */.c2)(exchange);
    return !ended && (status === 201 || status === 204);
}
/** Whether GitHub removed it, or had nothing to remove. */
function api_isRemoved({ outcome: { exchange, ended } }) {
    const status = statusOf(exchange);
    return !ended && (status === 204 || status === 404);
}
/**
 * GitHub's REST API: Octokit knows how its requests look, and the project's own client sends them,
 * with the connections, time limits and retries of every other call. Octokit never holds the token.
 */
function gitHubApi({ apiUrl, token, http, clock }) {
    const octokit = (0,github/* getOctokit */.Q)('the HTTP client knows the token', {
        baseUrl: apiUrl.replace(/\/+$/, ''),
    });
    const pace = (0,http_pace/* paceOf */.x)(clock);
    return async (route, parameters, limit) => {
        let result;
        const send = async (url, init) => {
            const request = requestOf(url, init, token);
            const mayRepeat = (exchange) => (0,retry/* isPassing */.WG)(exchange) || (0,retry/* isQuotaUsedUp */.rE)(exchange);
            // What writes a key is rather finished, also when the job is cancelled.
            const time = request.method === 'GET' ? limit : limit.finishing;
            const outcome = await (0,retry/* sendWithRetries */.HI)(request, { http, clock, limit: time, mayRepeat, pace });
            result = { request, outcome };
            return responseOf(outcome);
        };
        try {
            const headers = { 'x-github-api-version': '2022-11-28' };
            await octokit.request(route, { ...parameters, headers, request: { fetch: send } });
        }
        catch (error) {
            // Octokit throws for every refusal; the exchange says more than its error.
            if (result === undefined)
                throw error;
        }
        if (result === undefined)
            throw new Error('Octokit sent nothing');
        return result;
    };
}
function requestOf(url, init, token) {
    const { accept = '', 'x-github-api-version': version = '' } = init.headers;
    return {
        method: init.method,
        url: new URL(url),
        headers: {
            accept,
            'x-github-api-version': version,
            ...(typeof init.body === 'string' && { 'content-type': 'application/json' }),
            authorization: { scheme: 'Bearer', secret: token },
        },
        ...(typeof init.body === 'string' && { body: init.body }),
    };
}
/** As much of the answer as Octokit has to know: its content is read from the exchange. */
function responseOf({ exchange }) {
    if (exchange.kind === 'no-answer')
        return Response.error();
    const { status } = exchange;
    return new Response(null, { status: status >= 200 && status <= 599 ? status : 599 });
}

;// CONCATENATED MODULE: ./lib/github/place.js
/** The place in words. */
function place_describePlace(place) {
    const repository = `repository ${place.owner}/${place.repo}`;
    return place.kind === 'repository'
        ? repository
        : `environment ${place.environment} of ${repository}`;
}
/** What every route of a place begins with, and the values that fill it; Octokit encodes them. */
function place_routeOf(place, rest) {
    const { owner, repo } = place;
    return place.kind === 'repository'
        ? { base: `/repos/{owner}/{repo}/actions/${rest}`, values: { owner, repo } }
        : {
            base: `/repos/{owner}/{repo}/environments/{environment}/${rest}`,
            values: { owner, repo, environment: place.environment },
        };
}
/** The permission that writing needs, as tokens name it. */
function permissionOf(place, rest) {
    return place.kind === 'repository' ? `${rest}: write` : 'environments: write';
}

// EXTERNAL MODULE: ./lib/http/refusal.js
var http_refusal = __webpack_require__(3988);
// EXTERNAL MODULE: ./lib/json.js
var json = __webpack_require__(6413);
;// CONCATENATED MODULE: ./lib/github/refusals.js





/** What GitHub's answers mean for the secrets or variables of a place. */
function refusals_gitHubContext(what, place, rest) {
    const invalid = (message) => ({ code: 'destination-invalid', message });
    const where = place_describePlace(place);
    const permission = permissionOf(place, rest);
    return {
        what,
        read: readErrorAnswer,
        isRateLimited: (exchange) => (0,retry/* isRateLimited */.Jz)(exchange) || (0,retry/* isQuotaUsedUp */.rE)(exchange),
        moved: `${where} may have been renamed: set \`repository\` to its name now.`,
        meanings: {
            401: invalid(`${what} failed: GitHub did not accept \`github-token\`. Check that it has not expired.`),
            403: invalid(`${what} failed: \`github-token\` lacks a permission. It needs ${permission} (a classic token: repo). The workflow's own GITHUB_TOKEN can never write secrets: take the token of a GitHub App, or a fine-grained personal access token.`),
            404: invalid(place.kind === 'repository'
                ? `${what} failed: ${where} is not there, or \`github-token\` can't see it. Check \`repository\`, and that the token is for it.`
                : `${what} failed: ${where} is not there, or \`github-token\` can't see it. Make the environment first, in the settings of the repository, and check \`repository\` and \`environment\`.`),
        },
    };
}
/**
 * The failure of a call that prepares: whatever GitHub refuses, nothing can be delivered there.
 * Passing troubles keep their own codes.
 */
function preparationFailure(context, { request, outcome }, limit) {
    const failure = (0,http_refusal/* refusal */.x5)(context, request, outcome, limit);
    if (failure.code !== 'request-rejected' && failure.code !== 'response-invalid')
        return failure;
    return new lib_failure/* Failure */.HR('destination-invalid', failure.message, {
        call: (0,http_refusal/* failedCall */.mG)(context, request, outcome.exchange),
        cause: failure,
    });
}
/** The failure of a call that writes: of what was surely not written nobody has to clean up. */
function writeFailure(context, { request, outcome }, limit) {
    const { code, message, call, cause } = (0,http_refusal/* refusal */.x5)(context, request, outcome, limit);
    return new lib_failure/* Failure */.HR(code, message, { call, cause, mayBeDone: outcome.mayHaveActed });
}
/** GitHub's error: `{message, documentation_url}`, and a header that names permissions. */
function readErrorAnswer({ body, headers }) {
    const message = (0,json/* asText */.e1)((0,json/* parseJsonObject */.dw)(body)?.['message']);
    const permissions = headers['x-accepted-github-permissions'];
    const reference = headers['x-github-request-id'];
    return {
        ...(message !== undefined && { message }),
        ...(typeof permissions === 'string' && { permissions }),
        ...(typeof reference === 'string' && { reference }),
    };
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: ./node_modules/@noble/ciphers/salsa.js + 3 modules
var salsa = __webpack_require__(6382);
// EXTERNAL MODULE: ./node_modules/@noble/hashes/blake2.js + 4 modules
var blake2 = __webpack_require__(904);
// EXTERNAL MODULE: ./lib/secret.js
var secret = __webpack_require__(3251);
;// CONCATENATED MODULE: ./lib/github/sealed-box.js




/** What an X25519 public key begins with in DER (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const KEY_LENGTH = 32;
const NONCE_LENGTH = 24;
/** The constants of Salsa20 with keys of 32 bytes: "expand 32-byte k". */
const SIGMA = Buffer.from('expand 32-byte k');
/** An X25519 public key of 32 bytes that can be sealed for, or nothing for what is none. */
function readPublicKey(base64) {
    const key = Buffer.from(base64, 'base64');
    if (key.length !== KEY_LENGTH || key.toString('base64') !== base64)
        return undefined;
    try {
        // Some points of the curve are no one's key; OpenSSL refuses them when they are used.
        sealSecret(new secret/* Secret */.z('trial'), key);
        return key;
    }
    catch {
        return undefined;
    }
}
/**
 * Seals a secret for the owner of a public key, as libsodium's `crypto_box_seal` does: an ephemeral
 * key, then `crypto_box` (X25519, HSalsa20, XSalsa20-Poly1305) with BLAKE2b of both public keys as
 * nonce. Gives base64.
 */
function sealSecret(secret, publicKey) {
    const recipient = (0,external_node_crypto_.createPublicKey)({
        key: Buffer.concat([SPKI_PREFIX, publicKey]),
        format: 'der',
        type: 'spki',
    });
    const ephemeral = (0,external_node_crypto_.generateKeyPairSync)('x25519');
    const ephemeralPublic = ephemeral.publicKey
        .export({ format: 'der', type: 'spki' })
        .subarray(SPKI_PREFIX.length);
    const shared = (0,external_node_crypto_.diffieHellman)({ privateKey: ephemeral.privateKey, publicKey: recipient });
    const key = deriveKey(shared);
    const nonce = (0,blake2/* blake2b */.Sx)(Buffer.concat([ephemeralPublic, publicKey]), { dkLen: NONCE_LENGTH });
    const box = (0,salsa/* xsalsa20poly1305 */.uT)(key, nonce).encrypt(Buffer.from(secret.reveal()));
    shared.fill(0);
    key.fill(0);
    return Buffer.concat([ephemeralPublic, box]).toString('base64');
}
/** HSalsa20 of the shared secret with a nonce of zeros. */
function deriveKey(shared) {
    const words = new Uint32Array(KEY_LENGTH / 4);
    (0,salsa/* hsalsa */.bD)(wordsOf(SIGMA), wordsOf(shared), new Uint32Array(4), words);
    return new Uint8Array(words.buffer);
}
/** 32-bit words from a copy, whose memory is aligned for them. */
function wordsOf(bytes) {
    return new Uint32Array(Uint8Array.from(bytes).buffer);
}

;// CONCATENATED MODULE: ./lib/github/secrets.js








/**
 * Reads the public key of a place (`GET …/secrets/public-key`), which shows that the place is there
 * and that the token may see it. Throws `destination-invalid` where it is not so.
 */
async function fetchSealingKey(api, place, limit) {
    const where = place_describePlace(place);
    const context = refusals_gitHubContext(`Reading the public key for secrets of ${where}`, place, 'secrets');
    const { base, values } = place_routeOf(place, 'secrets');
    const called = await api(`GET ${base}/public-key`, values, limit);
    const { exchange, ended } = called.outcome;
    if (ended || !(0,retry/* isSuccess */.oJ)(exchange) || exchange.kind !== 'answer') {
        throw preparationFailure(context, called, limit);
    }
    const answer = (0,json/* parseJsonObject */.dw)(exchange.body);
    const id = (0,json/* asText */.e1)(answer?.['key_id']);
    const key = readPublicKey((0,json/* asText */.e1)(answer?.['key']) ?? '');
    if (id === undefined || key === undefined) {
        throw new lib_failure/* Failure */.HR('destination-invalid', `${context.what} gave no key. Check that the runner's GITHUB_API_URL leads to GitHub's API.`, { call: (0,http_refusal/* failedCall */.mG)(context, called.request, exchange) });
    }
    return { id, key };
}
/** Seals and sets a secret (`PUT …/secrets/{name}`); throws what the call ends in. */
async function setSecret(api, place, { name, value, key }, limit) {
    const context = refusals_gitHubContext(`Writing secret ${name} of ${place_describePlace(place)}`, place, 'secrets');
    const { base, values } = place_routeOf(place, 'secrets');
    const body = { encrypted_value: sealSecret(value, key.key), key_id: key.id };
    const called = await api(`PUT ${base}/{name}`, { ...values, name, ...body }, limit);
    if (!isWritten(called))
        throw writeFailure(context, called, limit);
}
/** Deletes a secret (`DELETE …/secrets/{name}`); one that is not there is fine. */
async function deleteSecret(api, place, name, limit) {
    const what = `Deleting secret ${name} of ${describePlace(place)}`;
    const { base, values } = routeOf(place, 'secrets');
    const called = await api(`DELETE ${base}/{name}`, { ...values, name }, limit);
    if (isRemoved(called))
        return;
    throw refusal(gitHubContext(what, place, 'secrets'), called.request, called.outcome, limit);
}

;// CONCATENATED MODULE: ./lib/github/variables.js





/** Makes sure that the variables of a place can be read. Throws `destination-invalid`. */
async function checkVariables(api, place, limit) {
    const what = `Reading the variables of ${place_describePlace(place)}`;
    const { base, values } = place_routeOf(place, 'variables');
    const called = await api(`GET ${base}`, { ...values, per_page: 1 }, limit);
    if (!called.outcome.ended && (0,retry/* isSuccess */.oJ)(called.outcome.exchange))
        return;
    throw preparationFailure(refusals_gitHubContext(what, place, 'variables'), called, limit);
}
/**
 * Sets a variable. There is one call to change it (`PATCH …/variables/{name}`, 404 when it is not
 * there) and another to make it (`POST …/variables`, 409 when it is); a repeated POST may find its
 * own work done. Throws what the last call ends in.
 */
async function setVariable(api, place, { name, value }, limit) {
    const { base, values } = place_routeOf(place, 'variables');
    const change = () => api(`PATCH ${base}/{variable}`, { ...values, variable: name, name, value }, limit);
    let called = await change();
    let acted = called.outcome.mayHaveActed;
    if ((0,retry/* statusOf */.c2)(called.outcome.exchange) === 404) {
        called = await api(`POST ${base}`, { ...values, name, value }, limit);
        acted ||= called.outcome.mayHaveActed;
    }
    if ((0,retry/* statusOf */.c2)(called.outcome.exchange) === 409)
        called = await change();
    if (isWritten(called))
        return;
    const context = refusals_gitHubContext(`Writing variable ${name} of ${place_describePlace(place)}`, place, 'variables');
    const outcome = { ...called.outcome, mayHaveActed: acted || called.outcome.mayHaveActed };
    throw writeFailure(context, { ...called, outcome }, limit);
}
/** Deletes a variable (`DELETE …/variables/{name}`); one that is not there is fine. */
async function deleteVariable(api, place, name, limit) {
    const what = `Deleting variable ${name} of ${describePlace(place)}`;
    const { base, values } = routeOf(place, 'variables');
    const called = await api(`DELETE ${base}/{name}`, { ...values, name }, limit);
    if (isRemoved(called))
        return;
    throw refusal(gitHubContext(what, place, 'variables'), called.request, called.outcome, limit);
}

// EXTERNAL MODULE: ./lib/destinations/setting-names.js
var setting_names = __webpack_require__(8280);
;// CONCATENATED MODULE: ./lib/destinations/github-secrets.js







/** The destinations for secrets that the inputs ask for. */
function gitHubDestinations({ apiUrl, token, places, secretPrefix, variables }, { several, made, ...services }) {
    const api = gitHubApi({ apiUrl, token, ...services });
    const names = (0,setting_names/* settingNames */.H$)(secretPrefix, several);
    return places.map((place) => new GitHubSecrets({ api, place, names, variables, made }));
}
/** Secrets of a repository or an environment: one for the private key, one for the certificate. */
class GitHubSecrets {
    #options;
    #key;
    constructor(options) {
        this.#options = options;
    }
    async prepare(_, limit) {
        const { api, place, variables } = this.#options;
        const [key] = await Promise.all([
            fetchSealingKey(api, place, limit),
            variables && checkVariables(api, place, limit),
        ]);
        this.#key = key;
    }
    /** Key and certificate at the same time, so that they differ for a short moment only; then ids. */
    async deliver(issued, limit) {
        const { names } = this.#options;
        const secrets = [
            { name: names.privateKey(issued.name), value: issued.privateKey },
            { name: names.certificate(issued.name), value: new secret/* Secret */.z(issued.certificate) },
        ];
        const pushed = await this.#writeAll('secret', secrets.map(({ name, value }) => ({
            name,
            write: () => this.#setSecret(name, value, limit),
        })));
        const isKept = pushed.failure === undefined;
        if (!isKept || !this.#options.variables)
            return { ...pushed, isKept };
        const ids = await this.#writeAll('variable', this.#variablesOf(issued, limit));
        const settings = [...(pushed.delivery.settings ?? []), ...(ids.delivery.settings ?? [])];
        return { ...ids, delivery: { settings }, isKept };
    }
    async keep() {
        // What GitHub has, it keeps.
    }
    async #setSecret(name, value, limit) {
        if (this.#key === undefined)
            throw new Error('not prepared');
        await setSecret(this.#options.api, this.#options.place, { name, value, key: this.#key }, limit);
    }
    /** An id that the service did not give has no variable. */
    #variablesOf(issued, limit) {
        const { api, place, names } = this.#options;
        const ids = [
            { name: names.agentId(issued.name), value: issued.agentId },
            { name: names.clientId(issued.name), value: issued.clientId },
        ];
        return ids.flatMap(({ name, value }) => value === undefined
            ? []
            : [{ name, write: () => setVariable(api, place, { name, value }, limit) }]);
    }
    async #writeAll(kind, writes) {
        const place = place_describePlace(this.#options.place);
        const results = await Promise.allSettled(writes.map(({ name, write }) => this.#noted({ kind, name, place }, write)));
        const settings = writes.flatMap(({ name }, index) => results[index]?.status === 'fulfilled' ? [{ kind, name, place }] : []);
        const failed = results.find((result) => result.status === 'rejected');
        if (failed === undefined)
            return { delivery: { settings } };
        return { delivery: { settings }, failure: deliveryFailure(failed.reason) };
    }
    /** Writes a setting that is noted before: what was surely not written is nobody's to remove. */
    async #noted(setting, write) {
        const { made } = this.#options;
        made.note({ kind: 'setting', setting, state: 'writing' });
        try {
            await write();
        }
        catch (error) {
            const isSurelyNot = error instanceof lib_failure/* Failure */.HR && !error.mayBeDone;
            if (isSurelyNot)
                made.note({ kind: 'setting', setting, state: 'absent' });
            throw error;
        }
    }
}
function deliveryFailure(error) {
    if (!(error instanceof lib_failure/* Failure */.HR))
        throw error;
    return new lib_failure/* Failure */.HR('delivery-failed', error.message, { call: error.call, cause: error });
}


/***/ })

};
