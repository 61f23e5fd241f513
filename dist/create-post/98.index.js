export const id = 98;
export const ids = [98];
export const modules = {

/***/ 7098:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  undoEphemeral: () => (/* binding */ undoEphemeral)
});

// EXTERNAL MODULE: ./node_modules/p-map/index.js
var p_map = __webpack_require__(606);
// EXTERNAL MODULE: ./lib/failure.js
var lib_failure = __webpack_require__(1957);
// EXTERNAL MODULE: ./lib/http/refusal.js
var refusal = __webpack_require__(3988);
;// CONCATENATED MODULE: ./lib/http/time-limit.js
/**
 * The time that the network work of one agent may take. `signal` ends waiting, and everything that
 * can be repeated; `graceSignal` ends what should rather be finished once it has begun.
 */
class TimeLimit {
    seconds;
    #endsAt;
    #timer;
    #over = new AbortController();
    #interruption;
    signal;
    graceSignal;
    /** `spent` is the part of the time that is used up already, in milliseconds. */
    constructor(seconds, interruption, spent = 0) {
        const left = Math.max(0, seconds * 1000 - spent);
        this.seconds = seconds;
        this.#endsAt = performance.now() + left;
        this.#timer = setTimeout(() => this.#over.abort(), left);
        this.#interruption = interruption;
        this.signal = AbortSignal.any([this.#over.signal, interruption.cancelled]);
        this.graceSignal = AbortSignal.any([this.#over.signal, interruption.graceOver]);
    }
    /** milliseconds */
    remaining() {
        return this.#endsAt - performance.now();
    }
    /** The same for what is finished, with repetitions, also when the job is cancelled. */
    get finishing() {
        const { graceSignal } = this;
        return { signal: graceSignal, graceSignal, remaining: () => this.remaining() };
    }
    get cancelled() {
        return this.#interruption.cancelled.aborted;
    }
    /** Ends what is still under way, because it is pointless. */
    end() {
        this.dispose();
        this.#over.abort();
    }
    /** To be called when the work is done. */
    dispose() {
        clearTimeout(this.#timer);
    }
}
/**
 * Waits for all the work. When some of it fails, the rest is pointless: it is ended, and over before
 * the failure is thrown.
 */
async function allWithin(limit, work) {
    try {
        await Promise.all(work);
    }
    finally {
        limit.end();
        await Promise.allSettled(work);
    }
}

// EXTERNAL MODULE: ./lib/json.js
var json = __webpack_require__(6413);
// EXTERNAL MODULE: ./lib/http/retry.js
var retry = __webpack_require__(8394);
;// CONCATENATED MODULE: ./lib/insights-hub/endpoints.js
const DEFAULT_API_URL = 'https://gateway.{region}.mindsphere.io/api/{api}/v3';
const DEFAULT_TOKEN_URL = 'https://{tenant}.piam.{region}.mindsphere.io/oauth/token';
const PLACEHOLDER = /\{([^{}]*)\}/g;
/** Replaces `{name}` by its value; a placeholder without a value stays as it is. */
function endpoints_fillTemplate(template, values) {
    return template.replace(PLACEHOLDER, (placeholder, name) => values[name] ?? placeholder);
}
/** The placeholders of a template that none of the names fills. */
function unknownPlaceholders(template, names) {
    return [...template.matchAll(PLACEHOLDER)]
        .filter(([, name]) => name === undefined || !names.includes(name))
        .map(([placeholder]) => placeholder);
}
/** The URL of a path below an API's base, e.g. `…/api/mindconnectmqtt/v3/agentCertificates`. */
function apiEndpoint(settings, api, path) {
    const { tenant, region } = settings;
    const base = endpoints_fillTemplate(settings.apiUrl, { tenant, region, api });
    return new URL(`${base.replace(/\/+$/, '')}/${path}`);
}
function tokenEndpoint({ tenant, region, tokenUrl }) {
    return new URL(endpoints_fillTemplate(tokenUrl, { tenant, region }));
}

;// CONCATENATED MODULE: ./lib/insights-hub/call.js


/** Calls an API; a refused token that can be renewed is replaced by a fresh one, once. */
async function callApi(call, { http, clock, tokens, endpoints, pace }, limit, policy = {}) {
    for (let mayRenew = tokens.renewable;; mayRenew = false) {
        const token = await tokens.get(limit);
        const request = requestOf(call, endpoints, token);
        const mayRepeat = (exchange) => (0,retry/* isPassing */.WG)(exchange);
        const outcome = await (0,retry/* sendWithRetries */.HI)(request, {
            http,
            clock,
            limit,
            pace,
            mayRepeat,
            ...policy,
        });
        const refused = (0,retry/* statusOf */.c2)(outcome.exchange) === 401;
        if (!refused || !mayRenew || limit.signal.aborted)
            return { request, outcome };
        tokens.discard(token);
    }
}
function requestOf(call, endpoints, token) {
    const { method, api, path, filter, ifMatch, body } = call;
    const url = apiEndpoint(endpoints, api, path);
    if (filter !== undefined)
        url.searchParams.set('filter', JSON.stringify(filter));
    return {
        method,
        url,
        headers: {
            authorization: { scheme: 'Bearer', secret: token },
            accept: 'application/json',
            ...(ifMatch !== undefined && { 'if-match': ifMatch }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
    };
}

;// CONCATENATED MODULE: ./lib/insights-hub/refusals.js


/** How Insights Hub says no, whatever the call. */
const insightsHub = {
    isRateLimited: retry/* isRateLimited */.Jz,
    moved: 'The tenant may have moved to other hosts: set `api-url` and `token-url`.',
    read: ({ body }) => readErrorBody(body),
};
/**
 * What the error bodies of Insights Hub have in common. They come in several shapes:
 * `{errors: [{code, errorcode, logref, message}]}` of the IoT services, `{id, message}` of Agent
 * Management, `{error, error_description}` of OAuth and the gateway, also with an `id`.
 */
function readErrorBody(body) {
    const top = (0,json/* parseJsonObject */.dw)(body);
    if (top === undefined)
        return {};
    const first = Array.isArray(top['errors']) ? (0,json/* asObject */.eB)(top['errors'][0]) : undefined;
    const error = first ?? top;
    const code = (0,json/* asText */.e1)(error['code']) ?? (0,json/* asText */.e1)(error['errorcode']) ?? (0,json/* asText */.e1)(error['error']);
    const message = (0,json/* asText */.e1)(error['message']) ?? (0,json/* asText */.e1)(error['error_description']);
    const reference = (0,json/* asText */.e1)(error['logref']) ?? (0,json/* asText */.e1)(error['id']);
    return {
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message }),
        ...(reference !== undefined && { reference }),
    };
}

;// CONCATENATED MODULE: ./lib/insights-hub/management.js






/**
 * Deletes a resource with the tag that it has just now (`DELETE` with `If-Match`); one that is gone
 * already is fine, and told apart. A tag that changed in between (412) is read anew, once. Throws
 * `not-ended` when it has changed again, or when a conflict (409) keeps the resource, and what the
 * calls end in.
 */
async function deleteTagged(resource, services, limit, policy = {}) {
    const { api, path, name } = resource;
    const context = endingContext(`Deleting ${name}`);
    for (let tries = 1;; tries++) {
        const tag = await readTag(resource, services, limit);
        if (tag === undefined)
            return 'not-there';
        const call = { method: 'DELETE', api, path, ifMatch: tag };
        const called = await callApi(call, services, limit, policy);
        if (isNotThere(called))
            return 'not-there';
        if (isDone(called))
            return 'deleted';
        if ((0,retry/* statusOf */.c2)(called.outcome.exchange) !== 412) {
            throw (0,refusal/* refusal */.x5)(context, called.request, called.outcome, limit);
        }
        if (tries > 1)
            throw changedTwice(context, called);
    }
}
/** Whether a delete was done. A page with content is no answer to it, but of something on the way. */
function isDone({ outcome: { exchange, ended } }) {
    return !ended && exchange.kind === 'answer' && (0,retry/* isSuccess */.oJ)(exchange) && exchange.body.trim() === '';
}
function changedTwice(context, { request, outcome }) {
    return new lib_failure/* Failure */.HR('not-ended', `${context.what} was given up, because it was changed twice in the meantime. Run this step again.`, { call: (0,refusal/* failedCall */.mG)(context, request, outcome.exchange) });
}
/** The tag that a resource has now; nothing when it is gone. */
async function readTag({ api, path, name, tagField, tagWithout, isIt }, services, limit) {
    const called = await callApi({ method: 'GET', api, path }, services, limit);
    if (isNotThere(called))
        return undefined;
    const context = endingContext(`Reading ${name}`);
    const record = readObject(called, context, limit);
    if (isIt !== undefined && !isIt(record)) {
        throw new lib_failure/* Failure */.HR('not-ended', `${context.what} showed something else, so it was left as it is. Look at it in Insights Hub.`);
    }
    const tag = tagOf(record[tagField]) ?? tagWithout;
    if (tag === undefined)
        throw (0,refusal/* refusal */.x5)(context, called.request, called.outcome, limit);
    return tag;
}
function isNotThere({ outcome: { exchange, ended } }) {
    return !ended && (0,retry/* statusOf */.c2)(exchange) === 404;
}
/** The JSON object that a call was answered with (200). Throws what the call ends in. */
function readObject(called, context, limit) {
    const { request, outcome } = called;
    const { exchange, ended } = outcome;
    const isAnswer = !ended && exchange.kind === 'answer' && exchange.status === 200;
    const object = isAnswer ? (0,json/* parseJsonObject */.dw)(exchange.body) : undefined;
    if (object === undefined)
        throw (0,refusal/* refusal */.x5)(context, request, outcome, limit);
    return object;
}
/** An id as both APIs have them: it goes into paths, and is shown. */
function idOf(value, secrets) {
    const text = (0,json/* asText */.e1)(value);
    if (text === undefined || !/^[A-Za-z0-9][\w-]{0,127}$/.test(text))
        return undefined;
    return secrets.redact(text) === text ? text : undefined;
}
/** A tag as it can be sent in a header: agents have numbers, assets numbers or text. */
function tagOf(value) {
    const text = typeof value === 'number' ? String(value) : (0,json/* asText */.e1)(value);
    return text !== undefined && /^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined;
}
/** What refusals mean for the calls that look up and end agents and assets. */
function endingContext(what) {
    return {
        ...insightsHub,
        what,
        meanings: {
            401: {
                code: 'unauthorized',
                message: `${what} failed: Insights Hub did not accept the token. Check that it was issued for this tenant and has not expired: tokens live for about 30 minutes.`,
            },
            403: {
                code: 'forbidden',
                message: `${what} failed: Insights Hub does not allow it to these credentials. Looking up and ending agents may need more roles than creating them: those of Agent Management (scopes agm.r, agm.d, obc.r, obc.sec) and, for the asset, mdsp:core:assetmanagement.admin is a candidate. Ask an administrator of the tenant.`,
            },
            409: {
                code: 'not-ended',
                message: `${what} was refused because of a conflict: something of it is in use. Run this step again later.`,
            },
        },
    };
}

;// CONCATENATED MODULE: ./lib/insights-hub/boarding.js






/** Offboarding that takes longer than this is not waited for, in milliseconds. */
const LONGEST_OFFBOARDING = 60_000;
/** How long to wait between two looks at the status, in milliseconds: longer each time. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;
/**
 * Offboards an agent (Agent Management v3, `POST /agents/{id}/boarding/offboard`) and waits until
 * its status is `NOT_ONBOARDED`. An agent that has no boarding (404) or refuses to be offboarded
 * because it is not onboarded is fine. Throws `not-ended` when it stays onboarded.
 */
async function offboardAgent(agent, services, limit) {
    const { clock } = services;
    const end = clock.now() + LONGEST_OFFBOARDING;
    let status = await offboard(agent, services, limit);
    for (let wait = FIRST_WAIT; status !== 'NOT_ONBOARDED'; wait = Math.min(wait * 2, LONGEST_WAIT)) {
        if (clock.now() + wait > end || wait >= limit.remaining())
            throw staysOnboarded(agent, status);
        await clock.sleep(wait, limit.signal);
        if (limit.cancelled)
            throw (0,refusal/* cancelled */.KW)(`Offboarding the agent with client id ${agent.clientId}`);
        status = await readStatus(agent, services, limit);
    }
}
/** The status that the agent is said to have afterwards. */
async function offboard(agent, services, limit) {
    const path = `agents/${agent.id}/boarding/offboard`;
    const call = { method: 'POST', api: 'agentmanagement', path };
    const called = await callApi(call, services, limit);
    const { request, outcome } = called;
    if (isNotThere(called))
        return 'NOT_ONBOARDED';
    if (!outcome.ended && (0,retry/* isSuccess */.oJ)(outcome.exchange))
        return statusIn(called);
    if (isRefusedForItsState(called)) {
        const status = await readStatus(agent, services, limit);
        // A conflict may also say that it is being offboarded already.
        if (status === 'NOT_ONBOARDED' || (0,retry/* statusOf */.c2)(outcome.exchange) === 409)
            return status;
    }
    const what = `Offboarding the agent with client id ${agent.clientId}`;
    throw (0,refusal/* refusal */.x5)(endingContext(what), request, outcome, limit);
}
/** Whether the refusal may only say that there is nothing to offboard. */
function isRefusedForItsState({ outcome: { exchange, ended } }) {
    return !ended && [400, 409, 422].includes((0,retry/* statusOf */.c2)(exchange) ?? 0);
}
async function readStatus(agent, services, limit) {
    const path = `agents/${agent.id}/boarding/status`;
    const called = await callApi({ method: 'GET', api: 'agentmanagement', path }, services, limit);
    if (isNotThere(called))
        return 'NOT_ONBOARDED';
    const what = `Reading whether the agent with client id ${agent.clientId} is onboarded`;
    return (0,json/* asText */.e1)(readObject(called, endingContext(what), limit)['status']);
}
function statusIn({ outcome: { exchange } }) {
    return exchange.kind === 'answer'
        ? (0,json/* asText */.e1)((0,json/* parseJsonObject */.dw)(exchange.body)?.['status'])
        : undefined;
}
function staysOnboarded({ clientId }, status) {
    const known = ['ONBOARDED', 'ONBOARDING'].find((word) => word === status);
    return new lib_failure/* Failure */.HR('not-ended', `The agent with client id ${clientId} is still ${known ?? 'not offboarded'} after it was asked to be offboarded, so it was not deleted. Disconnect the device, and run this step again later.`);
}

;// CONCATENATED MODULE: ./lib/insights-hub/agents.js






/** What was just made may show up late: the second look comes after this time, in milliseconds. */
const SECOND_LOOK = 2_000;
/**
 * Looks an agent up by its client id (Agent Management v3, `GET /agents` with a filter). Absent is
 * only what the service answers with 200 and an empty list; a 404 proves nothing. Present is only
 * one agent whose record proves the client id. Throws what the call ends in.
 */
async function lookUpAgent(clientId, services, limit) {
    const called = await callApi({ method: 'GET', api: 'agentmanagement', path: 'agents', filter: { mqttClientId: clientId } }, services, limit);
    const context = endingContext(`Looking up the agent with client id ${clientId}`);
    const { content, totalElements, last } = readObject(called, context, limit);
    if (!Array.isArray(content))
        throw (0,refusal/* refusal */.x5)(context, called.request, called.outcome, limit);
    const isWhole = (totalElements ?? content.length) === content.length && last !== false;
    if (content.length === 0 && isWhole)
        return { kind: 'absent' };
    if (content.length !== 1 || !isWhole)
        return { kind: 'unclear', found: 'several agents' };
    return sightingOf((0,json/* asObject */.eB)(content[0]) ?? {}, clientId, services.secrets);
}
/** The same, but absent is only what is so twice. */
async function lookUpTwice(clientId, services, limit) {
    const first = await lookUpAgent(clientId, services, limit);
    if (first.kind !== 'absent')
        return first;
    await services.clock.sleep(SECOND_LOOK, limit.signal);
    return lookUpAgent(clientId, services, limit);
}
function sightingOf(record, clientId, secrets) {
    if ((record['mqttClientId'] ?? record['name']) !== clientId) {
        return { kind: 'unclear', found: 'an agent whose record does not prove that client id' };
    }
    const id = idOf(record['id'], secrets);
    if (id === undefined)
        return { kind: 'unclear', found: 'an agent without a usable id' };
    const assetId = idOf(record['entityId'], secrets);
    return { kind: 'present', agent: { id, clientId, assetId } };
}
/**
 * Offboards an agent and deletes it (`DELETE /agents/{id}`). What is gone already is fine. Throws
 * `not-ended` when the agent stays as it is, and what the calls end in.
 */
async function endAgent(agent, services, limit) {
    const { id, clientId } = agent;
    await offboardAgent(agent, services, limit);
    const name = `the agent with client id ${clientId}`;
    const resource = { api: 'agentmanagement', path: `agents/${id}`, name, tagField: 'eTag' };
    const end = await deleteTagged(resource, services, limit);
    // That it is not there was said by a 404, which proves nothing: somebody on the way may say so.
    if (end === 'deleted' || (await lookUpAgent(clientId, services, limit)).kind === 'absent')
        return;
    throw new lib_failure/* Failure */.HR('not-ended', `Deleting ${name} was answered as if it were not there, but the look-up still finds it. Run this step again later.`);
}

;// CONCATENATED MODULE: ./lib/insights-hub/assets.js





/** The type of the assets that Insights Hub makes for MQTT agents. */
const ASSET_TYPE = 'core.mcmqtt';
/**
 * Deletes the asset of an agent that was ended (Asset Management v3, `DELETE /assets/{id}`). Where
 * the agent named none, it is looked up by the client id as its external id. What is gone already
 * is fine. Throws what the calls end in.
 */
async function deleteAsset({ clientId, assetId }, services, limit) {
    const ids = assetId === undefined ? await findAssets(clientId, services, limit) : [assetId];
    for (const id of ids) {
        await deleteTagged({
            api: 'assetmanagement',
            path: `assets/${id}`,
            name: `the asset of the agent with client id ${clientId}`,
            tagField: 'etag',
            isIt: ({ externalId, typeId }) => externalId === clientId || typeId === ASSET_TYPE,
            // As the vendor's own client sends it.
            tagWithout: '0',
        }, services, limit, 
        // The asset may stay locked for a moment after its agent was offboarded.
        { mayRepeat: (exchange) => (0,retry/* isPassing */.WG)(exchange) || (0,retry/* statusOf */.c2)(exchange) === 409 });
    }
}
/** Ids of assets that were made for an MQTT agent with this client id. */
async function findAssets(clientId, services, limit) {
    const called = await callApi({ method: 'GET', api: 'assetmanagement', path: 'assets', filter: { externalId: clientId } }, services, limit);
    const context = endingContext(`Looking up the asset of the agent with client id ${clientId}`);
    const page = readObject(called, context, limit);
    const embedded = (0,json/* asObject */.eB)(page['_embedded']);
    // An empty page holds no `_embedded`.
    if (embedded === undefined && (0,json/* asObject */.eB)(page['page'])?.['totalElements'] === 0)
        return [];
    const assets = embedded?.['assets'];
    if (!Array.isArray(assets))
        throw (0,refusal/* refusal */.x5)(context, called.request, called.outcome, limit);
    return assets.flatMap((value) => {
        const asset = (0,json/* asObject */.eB)(value);
        const isOwn = asset?.['externalId'] === clientId && asset['typeId'] === ASSET_TYPE;
        return (isOwn && idOf(asset['assetId'], services.secrets)) || [];
    });
}

;// CONCATENATED MODULE: ./lib/delete/delete.js






/**
 * Ends every agent of the list, or tells why not; what fails for one leaves the others alone. None
 * is touched before it is known that the credentials, and the token for GitHub, work. Gives the
 * fates in the order of the list.
 */
async function endAgents(targets, options, services) {
    const preparation = new TimeLimit(options.timeout, services.interruption);
    try {
        const { tokens, eraser } = services;
        const erasing = eraser ? [eraser.prepare(preparation)] : [];
        await allWithin(preparation, [tokens.get(preparation), ...erasing]);
    }
    catch (error) {
        const failure = (0,lib_failure/* asFailure */.h_)(error);
        return targets.map((target) => untouched(target, failure));
    }
    return (0,p_map/* default */.Ay)(targets, async (target) => {
        const limit = new TimeLimit(options.timeout, services.interruption);
        const fate = await endOne(target, options, services, limit);
        limit.dispose();
        services.finished(fate);
        return fate;
    }, { concurrency: options.concurrency });
}
/** The fate of an agent that nothing was done about. */
function untouched({ name, clientId }, failure) {
    return { name, clientId, agentId: undefined, result: 'failed', removed: [], failure };
}
async function endOne(target, { deleteAsset: withAsset, dryRun }, services, limit) {
    const { name, clientId, settings } = target;
    let agent;
    const removed = [];
    const fate = (result, failure) => {
        return { name, clientId, agentId: agent?.id, result, removed, failure };
    };
    try {
        if (limit.cancelled)
            throw (0,refusal/* cancelled */.KW)(`Ending agent ${name}`);
        agent = await find(target, services, limit);
        if (dryRun)
            return fate(agent === undefined ? 'absent' : 'would-delete');
        if (agent !== undefined)
            await endAgent(agent, services, limit);
        // An asset that the job's own agent does not name may have been there before it.
        const mayBeFound = target.own === undefined;
        if (withAsset && (mayBeFound || agent?.assetId !== undefined)) {
            await deleteAsset({ clientId, assetId: agent?.assetId }, services, limit);
        }
        for (const setting of settings) {
            await services.eraser?.remove(setting, limit);
            removed.push(setting);
        }
        return fate(agent === undefined ? 'absent' : 'deleted');
    }
    catch (error) {
        return fate('failed', (0,lib_failure/* asFailure */.h_)(error));
    }
}
/** The agent, if it is there. Throws `not-ended` for what may be another one. */
async function find({ name, clientId, own }, services, limit) {
    // What the job has just made may show up late.
    const lookUp = own === undefined ? lookUpAgent : lookUpTwice;
    const sighting = await lookUp(clientId, services, limit);
    const leave = (found) => new lib_failure/* Failure */.HR('not-ended', `Agent ${name} was left as it is: the look-up of client id ${clientId} found ${found}. Look at it in Insights Hub, and end it there.`);
    if (sighting.kind === 'absent')
        return undefined;
    if (sighting.kind === 'unclear')
        throw leave(sighting.found);
    const { agent } = sighting;
    if (own?.agentId !== undefined && own.agentId !== agent.id) {
        throw leave('an agent that may be another one');
    }
    return agent;
}

// EXTERNAL MODULE: ./lib/shown.js
var shown = __webpack_require__(8526);
;// CONCATENATED MODULE: ./lib/delete/log.js

const SAID = {
    deleted: 'Ended',
    absent: 'Not there',
    failed: 'Failed',
    'would-delete': 'Would end',
};
/** The one line that the log tells of an agent. */
function logLineOf(fate, { several, secrets }) {
    const { name, clientId, agentId, removed, result, failure } = fate;
    const facts = [
        `client id ${clientId}`,
        agentId && `agent id ${agentId}`,
        ...removed.map((setting) => `${setting.kind} ${setting.name} of ${setting.place} is gone`),
    ];
    const show = (failed) => several ? (0,shown/* showFailure */.iV)(failed, (text) => secrets.redact(text)) : `[${failed.code}]`;
    const why = failure === undefined ? '' : ` ${show(failure)}`;
    return `${SAID[result]}: agent ${name}${why}: ${facts.filter(Boolean).join(', ')}`;
}

;// CONCATENATED MODULE: ./lib/without-variables.js
/**
 * Loads a package while it can't see some of the job's variables, which it would read for things
 * that are not wanted here.
 */
async function withoutVariables(names, load) {
    const hidden = Object.entries(process.env).filter(([name]) => names.includes(name));
    for (const [name] of hidden)
        delete process.env[name];
    try {
        return await load();
    }
    finally {
        Object.assign(process.env, Object.fromEntries(hidden));
    }
}

;// CONCATENATED MODULE: ./lib/destinations/load-with-octokit.js

/**
 * What `@actions/github` reads while it loads, to offer things that are not used here: the event of
 * the job, and proxies, which the project's own client takes care of. Broken ones must not fail the
 * step.
 */
const HIDDEN = ['GITHUB_EVENT_PATH', 'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];
/** Loads a module that needs Octokit, which is for runs that have to do with GitHub's API only. */
function loadWithOctokit(load) {
    return withoutVariables(HIDDEN, load);
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
;// CONCATENATED MODULE: ./lib/http/clock.js

/** The machine's time and chance. */
const systemClock = {
    now: () => Date.now(),
    random: () => Math.random(),
    sleep: (milliseconds, signal) => (0,promises_.setTimeout)(milliseconds, undefined, { signal }).catch(() => { }),
};

;// CONCATENATED MODULE: ./lib/version.js
/** The version of package.json. */
const VERSION = '1.0.0';

// EXTERNAL MODULE: ./node_modules/undici/index.js
var undici = __webpack_require__(6752);
;// CONCATENATED MODULE: ./lib/http/network-error.js

/** A connection to the proxy, or through it, that was not made. */
class ProxyError extends Error {
    reason;
    /** what the proxy answered, if it did */
    status;
    constructor(reason, options = {}) {
        super('no connection through the proxy', 'cause' in options ? { cause: options.cause } : {});
        this.status = options.status;
        this.name = 'ProxyError';
        this.reason = reason;
    }
}
/**
 * Says in plain words why no whole answer came. Error messages are not repeated: they may quote
 * what a server sent; their codes can't.
 */
function explainNetworkError(error, host, proxy) {
    if (error instanceof ProxyError) {
        const name = proxy === undefined ? 'the proxy' : `the proxy that ${proxy.variable} names`;
        return `${name} ${error.reason}; check that variable, and NO_PROXY for hosts that are reached directly`;
    }
    const code = (0,lib_failure/* errorCode */.CA)(error);
    return `${reasonOf(code, host)} (${code})`;
}
/** Why a connection to the proxy failed, to follow the proxy's name in a sentence. */
function explainProxyError(error) {
    return `can't be reached (${(0,lib_failure/* errorCode */.CA)(error)})`;
}
function reasonOf(code, host) {
    switch (code) {
        case 'ENOTFOUND':
        case 'EAI_AGAIN':
            return `the name ${host} could not be resolved`;
        case 'ECONNREFUSED':
            return `${host} refused the connection`;
        case 'ECONNRESET':
        case 'EPIPE':
        case 'UND_ERR_SOCKET':
            return `${host} closed the connection`;
        case 'ETIMEDOUT':
        case 'UND_ERR_CONNECT_TIMEOUT':
            return `${host} did not accept the connection in time`;
        case 'EHOSTUNREACH':
        case 'ENETUNREACH':
            return `there is no network route to ${host}`;
    }
    if (/CERT|SIGNATURE|ISSUER/.test(code)) {
        return `the TLS certificate of ${host} is not trusted; for a company's own CA set NODE_EXTRA_CA_CERTS on the runner`;
    }
    if (/SSL|TLS/.test(code))
        return `no TLS connection to ${host} could be made`;
    if (code.startsWith('HPE_'))
        return `${host} did not answer with HTTP`;
    return `the connection to ${host} failed`;
}

;// CONCATENATED MODULE: ./lib/http/or-aborted.js
/** The result, or the signal's reason when it aborts: undici hears of an abort only once it is connected. */
function orAborted(result, signal) {
    const aborted = new Promise((_, reject) => {
        if (signal.aborted)
            reject(signal.reason);
        else
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([result, aborted]);
}

// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
;// CONCATENATED MODULE: ./lib/http/proxy.js


/**
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY; the lower-case name wins, an empty value counts as
 * not set, and a value without a scheme is a plain HTTP proxy.
 *
 * Throws `input-invalid` for a value that is no HTTP proxy. The value itself may hold a password
 * and is not repeated.
 */
function proxySettings(env) {
    return {
        http: proxyOf(env, ['http_proxy', 'HTTP_PROXY']),
        https: proxyOf(env, ['https_proxy', 'HTTPS_PROXY']),
        direct: (env['no_proxy'] || env['NO_PROXY'] || '')
            .toLowerCase()
            .split(/[,\s]+/)
            .filter((entry) => entry !== ''),
    };
}
/** The proxy for a URL, or nothing when its host is reached directly. */
function proxyFor(url, settings) {
    if (settings.direct.some((entry) => matches(url, entry)))
        return undefined;
    return url.protocol === 'https:' ? settings.https : settings.http;
}
/** As curl does: `*`, or a host and all below it, with or without a leading dot, with or without a port. */
function matches(url, entry) {
    const isIPv6 = /:.*:/.test(entry) && !entry.startsWith('[');
    const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(isIPv6 ? `[${entry}]` : entry) ?? [];
    if (port !== undefined && Number(port) !== portOf(url))
        return false;
    const domain = name.replace(/^\*?\./, '');
    if (domain === '*' || url.hostname === domain)
        return true;
    // An address has no hosts below it.
    return !isAddress(url.hostname) && url.hostname.endsWith(`.${domain}`);
}
function isAddress(hostname) {
    return hostname.startsWith('[') || (0,external_node_net_.isIPv4)(hostname);
}
function portOf(url) {
    return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}
function proxyOf(env, variables) {
    const variable = variables.find((name) => env[name]?.trim());
    if (variable === undefined)
        return undefined;
    const value = env[variable]?.trim() ?? '';
    const url = value.includes('://') ? value : `http://${value}`;
    if (!isProxyUrl(url)) {
        throw new lib_failure/* Failure */.HR('input-invalid', `The environment variable ${variable} is not the URL of an HTTP proxy. Set it to http://HOST:PORT, or unset it.`);
    }
    return { variable, url };
}
/** Whether undici can take it: HTTP, and a user name and password whose escapes can be undone. */
function isProxyUrl(text) {
    try {
        const { protocol, username, password } = new URL(text);
        decodeURIComponent(username + password);
        return /^https?:$/.test(protocol);
    }
    catch {
        return false;
    }
}

;// CONCATENATED MODULE: ./lib/http/client.js





/** The largest answer that is read, in bytes. */
const LARGEST_ANSWER = 1024 * 1024;
/** The attempt's own time limit rules: undici's must not end it earlier. */
const LIMITS = { headersTimeout: 0, bodyTimeout: 0, maxResponseSize: LARGEST_ANSWER };
/** Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off. */
const TLS = { rejectUnauthorized: true };
/**
 * All HTTP of the project: one pool of connections, through the proxies of the environment, with a
 * time limit for each attempt and a size limit for answers. Redirects are not followed, TLS is
 * verified.
 */
class HttpClient {
    #options;
    #sockets = new Set();
    #dispatchers = new Map();
    constructor(options) {
        this.#options = options;
    }
    /**
     * Makes one attempt; never throws. Ends early, as without an answer, when the signal aborts; from
     * the time that the request is sent, only when the second one does.
     */
    async send(request, signal, sentSignal = signal) {
        const started = performance.now();
        const exchange = await this.#attempt(request, signal, sentSignal);
        this.#options.onAttempt({
            method: request.method,
            url: request.url,
            outcome: exchange.kind === 'answer' ? `HTTP ${exchange.status}` : exchange.reason,
            milliseconds: Math.round(performance.now() - started),
        });
        return exchange;
    }
    /** Ends every connection, also those that are still being made. */
    close() {
        // Not waited for: undici waits for ever for a tunnel's end that has no connection any more.
        for (const dispatcher of this.#dispatchers.values())
            void dispatcher.destroy();
        for (const socket of this.#sockets)
            socket.destroy();
    }
    async #attempt(request, signal, sentSignal) {
        const { attemptTimeout, proxies, userAgent } = this.#options;
        const { url } = request;
        const proxy = proxyFor(url, proxies);
        const ending = new Ending(signal, attemptTimeout);
        const explain = (error) => ending.reason ?? explainNetworkError(error, url.host, proxy);
        let sent = false;
        try {
            const sending = (0,undici.request)(url, {
                method: request.method,
                headers: { 'user-agent': userAgent, ...revealAll(request.headers) },
                body: request.body ?? null,
                signal: ending.signal,
                dispatcher: this.#dispatcherFor(proxy).compose(onceSent(() => {
                    if (ending.signal.aborted)
                        return;
                    sent = true;
                    ending.follow(sentSignal);
                })),
            });
            const response = await orAborted(sending, ending.signal);
            const head = { status: response.statusCode, headers: response.headers };
            try {
                return { kind: 'answer', ...head, body: await response.body.text() };
            }
            catch (error) {
                if ((0,lib_failure/* errorCode */.CA)(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
                    const reason = 'the answer is larger than 1 MiB';
                    return { kind: 'broken-answer', ...head, why: 'too-large', reason };
                }
                const reason = `the answer was cut short: ${explain(error)}`;
                return { kind: 'broken-answer', ...head, why: 'cut-off', reason };
            }
        }
        catch (error) {
            return { kind: 'no-answer', sent, reason: explain(error) };
        }
        finally {
            ending.dispose();
        }
    }
    /** One pool for each way out: directly, and through each proxy. Made when first used. */
    #dispatcherFor(proxy) {
        const known = this.#dispatchers.get(proxy?.url);
        if (known !== undefined)
            return known;
        const dispatcher = proxy === undefined ? this.#direct() : this.#through(proxy);
        this.#dispatchers.set(proxy?.url, dispatcher);
        return dispatcher;
    }
    #direct() {
        const connector = (0,undici.buildConnector)({ ...TLS, timeout: this.#options.attemptTimeout });
        return new undici.Agent({ ...LIMITS, connect: this.#tracked(connector) });
    }
    #through(proxy) {
        return new undici.ProxyAgent({
            ...LIMITS,
            uri: proxy.url,
            proxyTls: TLS,
            requestTls: TLS,
            clientFactory: (origin, options) => new ProxyPool(origin, { ...options, connect: this.#tracked(connectorOf(options)) }),
        });
    }
    /** Remembers sockets, because undici lets those go on that are connecting when it is closed. */
    #tracked(connector) {
        return (options, callback) => {
            const socket = connector(options, callback);
            if (isSocket(socket)) {
                this.#sockets.add(socket);
                socket.once('close', () => this.#sockets.delete(socket));
            }
        };
    }
}
/** Aborts one attempt at its time limit, or when the caller's signal does; knows which it was. */
class Ending {
    #controller = new AbortController();
    #followed;
    #timer;
    #onAbort = () => this.#end('it was ended before an answer came');
    reason;
    constructor(caller, milliseconds) {
        this.#followed = caller;
        this.#timer = setTimeout(() => this.#end(`no answer came within ${milliseconds / 1000} s`), milliseconds);
        this.follow(caller);
    }
    /** From now on this signal ends the attempt, and no other. */
    follow(signal) {
        this.#followed.removeEventListener('abort', this.#onAbort);
        this.#followed = signal;
        if (signal.aborted)
            this.#onAbort();
        else
            signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    get signal() {
        return this.#controller.signal;
    }
    dispose() {
        clearTimeout(this.#timer);
        this.#followed.removeEventListener('abort', this.#onAbort);
    }
    #end(reason) {
        this.reason ??= reason;
        this.#controller.abort();
    }
}
/** Connections to a proxy: what goes wrong on the way to the tunnel is the proxy's fault. */
class ProxyPool extends undici.Pool {
    // biome-ignore lint/suspicious/noExplicitAny: the base class overloads this with callbacks
    connect(options) {
        return this.#tunnel(options);
    }
    async #tunnel(options) {
        const answer = await super.connect(options).catch((error) => {
            throw new ProxyError(explainProxyError(error), { cause: error });
        });
        if (answer.statusCode === 200)
            return answer;
        answer.socket.on('error', () => { }).destroy();
        throw new ProxyError(`answered with status ${answer.statusCode}`);
    }
}
/** Tells when a request is about to be written to a connection that is ready. */
function onceSent(tell) {
    return (dispatch) => (options, handler) => {
        class Watch extends undici.DecoratorHandler {
            onConnect(abort) {
                tell();
                handler.onConnect?.(abort);
            }
        }
        return dispatch(options, new Watch(handler));
    };
}
function revealAll(headers) {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : `${value.scheme} ${value.secret.reveal()}`,
    ]));
}
function connectorOf(options) {
    if ('connect' in options && typeof options.connect === 'function') {
        return options.connect;
    }
    throw new TypeError('undici gave no way to connect to the proxy');
}
function isSocket(value) {
    return typeof value === 'object' && value !== null && 'destroy' in value && 'once' in value;
}

;// CONCATENATED MODULE: ./lib/http/open.js


/** The time that one attempt of a call may take, in milliseconds. */
const ATTEMPT_TIMEOUT = 30_000;
/** The HTTP client of a step; each attempt is told to the debug log, without what it carried. */
function openHttp(proxies, debug) {
    return new HttpClient({
        proxies,
        userAgent: `insights-hub-agent-certificate/${VERSION}`,
        attemptTimeout: ATTEMPT_TIMEOUT,
        onAttempt: ({ method, url, outcome, milliseconds }) => debug(`${method} ${url.origin}${url.pathname}: ${outcome} (${milliseconds} ms)`),
    });
}

// EXTERNAL MODULE: ./lib/http/pace.js
var pace = __webpack_require__(3893);
// EXTERNAL MODULE: ./lib/secret.js
var lib_secret = __webpack_require__(3251);
;// CONCATENATED MODULE: ./lib/insights-hub/tokens.js







/** A token with less time left than this is fetched anew, in milliseconds. */
const LEAST_LIFE = 60_000;
const CONTEXT = {
    ...insightsHub,
    what: 'The token request',
    meanings: {
        400: { code: 'token-rejected', message: refused() },
        401: {
            code: 'token-rejected',
            message: `${refused()} Note that "service credentials" from Insights Hub's Settings app are for Cloud Foundry only and don't work here; a technical user's do.`,
        },
        403: { code: 'token-rejected', message: refused() },
    },
};
/** One token for everything that asks: fetched when first needed, and again when it is used up. */
function tokenSource(credentials, endpoints, services) {
    if (credentials.kind === 'token') {
        const { token } = credentials;
        return { renewable: false, get: async () => token, discard: () => { } };
    }
    const request = tokenRequest(credentials, endpoints);
    let current;
    let fetching;
    return {
        renewable: true,
        async get(limit) {
            const isFresh = () => current !== undefined && current.expiresAt - services.clock.now() >= LEAST_LIFE;
            while (current === undefined || !isFresh()) {
                const isOwn = fetching === undefined;
                fetching ??= fetchToken(request, services, limit).finally(() => {
                    fetching = undefined;
                });
                try {
                    current = await fetching;
                    break;
                }
                catch (error) {
                    // Whoever fetched it may have had less time than is left here.
                    const isTheirs = !isOwn && (0,lib_failure/* asFailure */.h_)(error).code === 'timeout';
                    if (!isTheirs || limit.signal.aborted)
                        throw error;
                }
            }
            return current.token;
        },
        discard(token) {
            if (current?.token === token)
                current = undefined;
        },
    };
}
/**
 * The request for a technical user (OAuth 2 client credentials at the tenant's authorization
 * server) or an application (Technical Token Manager v3, `/oauth/token`).
 */
function tokenRequest(credentials, endpoints) {
    const basic = { scheme: 'Basic', secret: credentials.basic };
    if (credentials.kind === 'technical-user') {
        return {
            method: 'POST',
            url: tokenEndpoint(endpoints),
            headers: {
                authorization: basic,
                'content-type': 'application/x-www-form-urlencoded',
                accept: '*/*',
            },
            body: 'grant_type=client_credentials',
        };
    }
    const { appName, appVersion, hostTenant } = credentials;
    return {
        method: 'POST',
        url: apiEndpoint(endpoints, 'technicaltokenmanager', 'oauth/token'),
        headers: {
            'x-space-auth-key': basic,
            'content-type': 'application/json',
            accept: 'application/json',
        },
        body: JSON.stringify({ appName, appVersion, hostTenant, userTenant: endpoints.tenant }),
    };
}
/** Throws `token-rejected`, `response-invalid` and what any call may end in. */
async function fetchToken(request, { http, clock, secrets }, limit) {
    const asked = clock.now();
    const outcome = await (0,retry/* sendWithRetries */.HI)(request, { http, clock, limit, mayRepeat: retry/* isPassing */.WG });
    const { exchange } = outcome;
    if (outcome.ended || !(0,retry/* isSuccess */.oJ)(exchange) || exchange.kind !== 'answer') {
        throw (0,refusal/* refusal */.x5)(CONTEXT, request, outcome, limit);
    }
    const answer = (0,json/* parseJsonObject */.dw)(exchange.body);
    const text = answer?.['access_token'];
    if (typeof text === 'string' && text.length >= lib_secret/* SHORTEST_SECRET */.c)
        secrets.mask([new lib_secret/* Secret */.z(text)]);
    if (answer === undefined || !isToken(text) || !isBearer(answer['token_type'])) {
        throw new lib_failure/* Failure */.HR('response-invalid', 'The answer to the token request holds no Bearer token. Check that `token-url` or `api-url` leads to a token endpoint.', { call: (0,refusal/* failedCall */.mG)(CONTEXT, request, exchange) });
    }
    const seconds = answer['expires_in'];
    const life = typeof seconds === 'number' ? seconds * 1000 : Number.POSITIVE_INFINITY;
    return { token: new lib_secret/* Secret */.z(text), expiresAt: asked + life };
}
/** Whether a value can be sent in an Authorization header: visible ASCII (RFC 6750, RFC 9110). */
function isToken(value) {
    return (typeof value === 'string' && value.length >= lib_secret/* SHORTEST_SECRET */.c && /^[\x21-\x7e]+$/.test(value));
}
function isBearer(type) {
    return type === undefined || (typeof type === 'string' && type.toLowerCase() === 'bearer');
}
function refused() {
    return 'The token endpoint did not accept the credentials. Check `oauth-client-id`, `oauth-client-secret` and `tenant`; for application credentials also `app-name`, `app-version` and `host-tenant`.';
}

;// CONCATENATED MODULE: ./lib/insights-hub/api-services.js


/** What calls of one tenant's APIs share: the token, and the pace that the service asks for. */
function apiServices(credentials, endpoints, services) {
    return {
        ...services,
        endpoints,
        pace: (0,pace/* paceOf */.x)(services.clock),
        tokens: tokenSource(credentials, endpoints, services),
    };
}

;// CONCATENATED MODULE: ./lib/runner/interruption.js
/** What is under way when a job is cancelled may take this long to finish, in milliseconds. */
const GRACE = 5_000;
/**
 * Listens to the runner's wish to cancel the job: SIGINT, and SIGTERM some seconds later. The
 * process must be gone a few seconds after that, or it is killed. Listens to the very end: a signal
 * must not end a process that has only its goodbyes to say.
 */
function listenForInterruption() {
    const cancelled = new AbortController();
    const graceOver = new AbortController();
    const onSignal = () => {
        if (cancelled.signal.aborted)
            return;
        cancelled.abort();
        setTimeout(() => graceOver.abort(), GRACE).unref();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    return { cancelled: cancelled.signal, graceOver: graceOver.signal };
}

;// CONCATENATED MODULE: ./lib/step-failure.js

/** The one failure of a step, which lists every agent that did not make it; nothing if all did. */
function stepFailure(agents, { cancelled }) {
    const failed = agents.filter(({ failure }) => failure !== undefined);
    const failures = new Set(failed.map(({ failure }) => failure));
    const [first] = failures;
    if (first === undefined)
        return undefined;
    const list = listOf(failed);
    if (cancelled && first.code !== 'cancelled') {
        const message = `The job was cancelled before everything was done. ${list}`;
        return new lib_failure/* Failure */.HR('cancelled', message, { call: first.call, cause: first });
    }
    if (failures.size === 1 && failed.length === agents.length)
        return first;
    const message = `${failed.length} of ${agents.length} agents failed. ${list}`;
    return new lib_failure/* Failure */.HR(first.code, message, { call: first.call, cause: first });
}
/** So many failures are told in full; an annotation has room for 4096 characters. */
const MOST_TOLD = 10;
/** Names of agents are told up to this length, in UTF-16 units. */
const LONGEST_LIST = 2_500;
/** The failures; of many, the first in full and the others by code, the unclear ones first. */
function listOf(failed) {
    const told = failed
        .slice(0, MOST_TOLD)
        .map(({ name, failure }) => `${name}: [${failure?.code}] ${failure?.message}`);
    const byCode = Map.groupBy(failed.slice(MOST_TOLD), ({ failure }) => failure?.code ?? 'internal');
    const codes = [...byCode].sort(([a], [b]) => Number(b === 'outcome-unknown') - Number(a === 'outcome-unknown'));
    const others = codes.map(([code, agents]) => `And [${code}]: ${namesOf(agents)}.`);
    return [...told, ...others].join(' ');
}
function namesOf(agents) {
    const names = agents.map(({ name }) => name).join(', ');
    if (names.length <= LONGEST_LIST)
        return names;
    const end = names.lastIndexOf(', ', LONGEST_LIST);
    const left = names.slice(end).split(', ').length - 1;
    return `${names.slice(0, end)} and ${left} more, which the log has`;
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: ./lib/destinations/journal.js
var journal = __webpack_require__(4430);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __webpack_require__(7975);
;// CONCATENATED MODULE: ./lib/destinations/new-files.js






/**
 * Makes all the files or none: never over an existing file, never through a link, and never
 * half-written under its own name. Each is written under a random name beside its place first.
 * Synchronous but for what takes long: in fleets, the way to another thread and back would cost
 * more than all the calls together.
 *
 * `drafts` learns of the random names before they are used, `made` of the finished files. Throws
 * the system's error; EEXIST when one of the files is there already.
 */
async function new_files_makeFiles(files, { made, drafts }) {
    const written = [];
    const placed = [];
    try {
        const named = files.map((file) => ({
            file,
            draft: path.join(path.dirname(file.path), `.${randomUUID()}.tmp`),
        }));
        drafts.note(...named.map(({ draft }) => ({ kind: 'file', path: draft })));
        for (const { file, draft } of named) {
            written.push({ file, draft, inode: await write(draft, file) });
        }
        for (const draft of written) {
            await place(draft, made);
            placed.push(draft.file.path);
        }
        made.note(...placed.map((name) => ({ kind: 'file', path: name })));
    }
    catch (error) {
        removeAll(placed);
        throw error;
    }
    finally {
        removeAll(written.map(({ draft }) => draft));
    }
}
const flush = (0,external_node_util_.promisify)(external_node_fs_.fsync);
/** Makes a file under a name and gives its inode, which `onOpen` learns before the content is there. */
async function write(name, file, onOpen = () => { }) {
    const descriptor = openSync(name, 'wx', file.mode & 0o600);
    try {
        try {
            return await fill(descriptor, file, onOpen);
        }
        finally {
            closeSync(descriptor);
        }
    }
    catch (error) {
        removeAll([name]);
        throw error;
    }
}
async function fill(descriptor, { content, mode, isOnly = false }, onOpen) {
    const { ino, mode: actual } = fstatSync(descriptor, { bigint: true });
    const inode = String(ino);
    onOpen(inode);
    if ((Number(actual) & 0o777) !== mode)
        fchmodSync(descriptor, mode);
    writeFileSync(descriptor, content instanceof Secret ? content.reveal() : content);
    if (isOnly)
        await flush(descriptor);
    return inode;
}
/**
 * Gives a finished file its name; unlike a rename, a hard link never replaces what is there. The
 * file is noted by its inode before: killed at any time, it is known, and nobody else's is. Where
 * there are no hard links, the file is written a second time under its name.
 */
async function place({ file, draft, inode }, made) {
    const placing = (known) => made.note({ kind: 'placing', path: file.path, inode: known });
    try {
        placing(inode);
        linkSync(draft, file.path);
    }
    catch (error) {
        if (!NO_LINKS.has(errorCode(error)))
            throw error;
        await write(file.path, file, placing);
    }
}
/** What file systems without hard links answer. */
const NO_LINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EISDIR']);
function removeAll(paths) {
    for (const file of paths) {
        try {
            unlinkSync(file);
        }
        catch {
            // It was not there, or can't go: the journal knows it.
        }
    }
}

;// CONCATENATED MODULE: ./lib/destinations/directory.js





/**
 * Makes the directory and what is missing above it, with mode 0700; the topmost one made gets a
 * `.gitignore`. Throws `destination-invalid` when it, or a directory between it and the workspace,
 * is a link, or when it can't be made.
 */
async function makeDirectory(place, made) {
    let topmost = true;
    for (const directory of pathTo(place)) {
        if (exists(place, directory))
            continue;
        try {
            mkdirSync(directory, 0o700);
            made.record({ kind: 'directory', path: directory });
            chmodSync(directory, 0o700);
            if (topmost)
                await ignoreAll(directory, made);
        }
        catch (error) {
            // Another step may have made it in the meantime; then it is theirs.
            if (errorCode(error) === 'EEXIST' && exists(place, directory))
                continue;
            throw cannot('make', directory, error);
        }
        topmost = false;
    }
}
/** Throws `destination-invalid` when the directory is not there any more, or has become a link. */
function checkDirectory(place) {
    for (const directory of pathTo(place)) {
        if (exists(place, directory))
            continue;
        throw new Failure('destination-invalid', `The directory ${directory} is not there any more.`);
    }
}
function cannot(verb, file, error) {
    if (error instanceof Failure)
        return error;
    return new Failure('destination-invalid', `Can't ${verb} ${file} (${errorCode(error)}).`, {
        cause: error,
    });
}
/** The directories from below the workspace, or from below the root, down to the directory. */
function pathTo(place) {
    const top = directory_isInside(place) ? place.workspace : path.parse(place.directory).root;
    const names = path.relative(top, place.directory).split(path.sep).filter(Boolean);
    return names.map((_, index) => path.join(top, ...names.slice(0, index + 1)));
}
function directory_isInside({ directory, workspace }) {
    const relative = path.relative(workspace, directory);
    return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
function exists(place, directory) {
    const found = statOf(directory, lstatSync);
    if (found === undefined)
        return false;
    if (found.isSymbolicLink()) {
        // Links far above a directory outside the workspace, as /var on macOS, are the system's own.
        const harmless = !directory_isInside(place) && directory !== place.directory;
        if (harmless && statOf(directory, statSync)?.isDirectory())
            return true;
        throw new Failure('destination-invalid', `Nothing is written to ${place.directory}, because ${directory} is a link. Choose another \`output-directory\`.`);
    }
    if (found.isDirectory())
        return true;
    throw new Failure('destination-invalid', `${directory} is not a directory. Choose another \`output-directory\`.`);
}
function statOf(file, how) {
    try {
        return how(file);
    }
    catch (error) {
        if (errorCode(error) === 'ENOENT')
            return undefined;
        throw cannot('look at', file, error);
    }
}
/** Keeps git from picking up what is in the directory. */
async function ignoreAll(directory, made) {
    const file = { path: path.join(directory, '.gitignore'), content: '*\n', mode: 0o644 };
    made.record({ kind: 'ignore-file', path: file.path });
    await makeFiles([file], { made: forgetful, drafts: made });
}

// EXTERNAL MODULE: external "node:fs/promises"
var external_node_fs_promises_ = __webpack_require__(1455);
;// CONCATENATED MODULE: ./lib/inputs/input-file.js



/** More than a list of agents or all CAs of a system take, in bytes. */
const LARGEST_FILE = (/* unused pure expression or super */ null && (5 * 1024 * 1024));
/** The file that an input names, a path that starts at the workspace; nothing when it is a problem. */
async function input_file_readInputFile(reader, input) {
    const given = reader.text(input);
    if (given === '')
        return undefined;
    const file = path.resolve(reader.workspace, given);
    const refuse = (why) => reader.problem(`\`${input}\` ${reader.quote(given)} ${why}.`);
    try {
        const found = await stat(file);
        if (!found.isFile())
            refuse('is not a file');
        else if (found.size > LARGEST_FILE)
            refuse('is larger than 5 MiB');
        else
            return { path: file, content: await readFile(file), refuse };
    }
    catch (error) {
        const code = errorCode(error);
        refuse(code === 'ENOENT' ? 'is not there' : `can't be read (${code})`);
    }
    return undefined;
}

;// CONCATENATED MODULE: ./lib/inputs/names-file.js

/**
 * The agents of the file that `names-file` names, a path that starts at the workspace: CSV (RFC
 * 4180) with one agent a line, `name` or `name,owner`, and perhaps a header line `name,owner`. What
 * is wrong with it is reported with its line.
 */
async function names_file_readNamesFile(reader) {
    const file = reader.text('names-file');
    const found = await readInputFile(reader, 'names-file');
    const text = found && textOf(found);
    if (text === undefined)
        return [];
    const records = await parseRecords(reader, file, text);
    const [first] = records;
    const hasHeader = first?.fields.join() === 'name,owner';
    const rows = hasHeader ? records.slice(1) : records;
    if (records.length > 0 && rows.length === 0)
        reader.problem(`${named(reader, file)} lists no agent.`);
    return rows.flatMap(({ fields, line }) => {
        const where = `line ${line} of ${names_file_shown(reader, file)}`;
        const [name = '', owner = ''] = fields;
        if (name === '')
            reader.problem(`${where} has no name in its first column.`);
        if (fields.length > 2) {
            reader.problem(`${where} has ${fields.length} columns; it may have a name and an owner.`);
        }
        return name === '' ? [] : [{ name, owner: owner || undefined, where }];
    });
}
function names_file_shown(reader, file) {
    return reader.quote(file).slice(1, -1);
}
function named(reader, file) {
    return `\`names-file\` ${reader.quote(file)}`;
}
function textOf({ content, refuse }) {
    try {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
        if (text.trim() !== '')
            return text;
        refuse('is empty');
    }
    catch {
        refuse('is not UTF-8 text');
    }
    return undefined;
}
async function parseRecords(reader, file, text) {
    const { parse, CsvError } = await __webpack_require__.e(/* import() */ 175).then(__webpack_require__.bind(__webpack_require__, 5175));
    try {
        const records = [];
        parse(text, {
            bom: true,
            on_record: (fields, { lines }) => {
                records.push({ fields, line: lines });
                return null;
            },
            record_delimiter: ['\r\n', '\n', '\r'],
            relax_column_count: true,
            skip_empty_lines: true,
            trim: true,
        });
        return records;
    }
    catch (error) {
        // Its message quotes the file; where the quotes are wrong is enough.
        if (!(error instanceof CsvError))
            throw error;
        const line = typeof error['lines'] === 'number' ? `line ${error['lines']}` : 'a line';
        reader.problem(`${named(reader, file)} is not CSV: ${line} has a quote that is not closed or not in place.`);
        return [];
    }
}

;// CONCATENATED MODULE: ./lib/inputs/agents.js

/** AWS IoT's limit, in bytes; Insights Hub's broker stands on it. */
const LONGEST_CLIENT_ID = 128;
/** The agents that `name` lists. */
function agents_readNames(reader, tenant) {
    return reader.list('name').map((name) => ({
        name,
        owner: undefined,
        clientId: `${tenant}_${name}`,
        where: '`name`',
    }));
}
/** The agents of the file that `names-file` names. */
async function agents_readFileOfNames(reader, tenant) {
    const rows = await readNamesFile(reader);
    return rows.map((row) => ({ ...row, clientId: `${tenant}_${row.name}` }));
}
/** The agents that `client-id` lists, named by what follows the tenant in it. */
function readClientIds(reader, tenant) {
    return reader.list('client-id').map((clientId) => ({
        name: clientId.startsWith(`${tenant}_`) ? clientId.slice(tenant.length + 1) : clientId,
        owner: undefined,
        clientId,
        where: '`client-id`',
    }));
}
/** Reports what no agent can be called, and agents that are listed twice. */
function agents_checkAgents(reader, agents, tenant) {
    const seen = new Set();
    for (const { name, clientId, where } of agents) {
        const value = where === '`client-id`' ? clientId : name;
        const what = `${where} ${reader.quote(value)}`;
        if (seen.has(clientId))
            reader.problem(`${what} is in the list twice.`);
        else
            checkName(reader, { what, value, name, clientId, tenant });
        seen.add(clientId);
    }
}
/** Refuses what can't be in an MQTT client id that is also a topic level; the rest is the service's. */
function checkName(reader, { what, value, name, clientId, tenant }) {
    if (name === '')
        reader.problem(`${what} is the tenant without a name.`);
    if (/[\p{Cc}\s/+#]/u.test(value)) {
        reader.problem(`${what} holds a control character, white space, "/", "+" or "#".`);
    }
    if (reader.holdsSecret(value)) {
        reader.problem(`${what} holds a secret of this step, which would blank it in log and outputs.`);
    }
    if (Buffer.byteLength(clientId) > LONGEST_CLIENT_ID) {
        const prefix = clientId === value ? '' : ` with "${tenant}_" before it,`;
        reader.problem(`${what} is too long:${prefix} it may have ${LONGEST_CLIENT_ID} bytes.`);
    }
}

;// CONCATENATED MODULE: ./lib/key-pair/pem.js



const CERTIFICATE = /-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----/g;
/**
 * PEM as it should have arrived: LF line ends, one at the end. In a JSON answer line ends may be
 * escaped a second time (backslash and n as two characters) or CRLF.
 */
function normalisePem(text) {
    const lines = text
        .replace(/\\r\\n|\\r|\\n|\r\n?/g, '\n')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    return `${lines.join('\n')}\n`;
}
/**
 * Reads a normalised private key and certificate, and checks that they belong together.
 *
 * Nothing is asked of subject, issuer or validity: the service's certificates carry none of the
 * agent's names. Throws `response-invalid` for PEM that does not parse, `key-mismatch` for a key
 * of another certificate.
 */
function readKeyPair(privateKey, certificate) {
    const blocks = certificate.match(CERTIFICATE) ?? [];
    const leaf = parseCertificate(blocks[0]);
    const key = parsePrivateKey(privateKey.reveal());
    if (!leaf.checkPrivateKey(key)) {
        throw new Failure('key-mismatch', "The private key is not the certificate's.");
    }
    return {
        privateKey,
        certificate: `${blocks.join('\n')}\n`,
        ...factsOf(leaf),
    };
}
function factsOf({ fingerprint256, validToDate }) {
    const expiresAt = Number.isNaN(validToDate.getTime()) ? undefined : validToDate;
    return { fingerprint: fingerprint256, expiresAt };
}
/**
 * The facts of a certificate when the private key is its key, and encrypted if there is a passphrase;
 * else nothing.
 */
function readMatchingPair({ privateKey, certificate }, passphrase) {
    try {
        const leaf = new X509Certificate(certificate);
        const pem = privateKey.reveal();
        // OpenSSL takes no notice of a passphrase that is not needed.
        if (passphrase !== undefined && !pem.includes('ENCRYPTED'))
            return undefined;
        const key = createPrivateKey({
            key: pem,
            ...(passphrase && { passphrase: passphrase.reveal() }),
        });
        return leaf.checkPrivateKey(key) ? factsOf(leaf) : undefined;
    }
    catch {
        return undefined;
    }
}
/** The certificates that a text holds, as PEM; nothing when it holds none, or one that does not parse. */
function pem_readCertificates(text) {
    const blocks = text.replace(/\r\n?/g, '\n').match(CERTIFICATE) ?? [];
    try {
        for (const block of blocks)
            new X509Certificate(block);
    }
    catch {
        return undefined;
    }
    return blocks.length > 0 ? blocks : undefined;
}
/** The same private key as PKCS#8 PEM (RFC 5958), encrypted with AES-256 under the passphrase. */
function encryptPrivateKey(privateKey, passphrase) {
    const encrypted = createPrivateKey(privateKey.reveal()).export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: passphrase.reveal(),
    });
    return new Secret(encrypted.toString());
}
// The parsers' own errors are dropped: they may quote what they could not read.
function parseCertificate(pem) {
    try {
        if (pem !== undefined)
            return new X509Certificate(pem);
    }
    catch { }
    throw new Failure('response-invalid', 'The certificate in the answer is no PEM certificate.');
}
function parsePrivateKey(pem) {
    try {
        return createPrivateKey(pem);
    }
    catch {
        throw new Failure('response-invalid', 'The private key in the answer is no PEM private key.');
    }
}

;// CONCATENATED MODULE: ./lib/inputs/reader.js



/** As many problems as an annotation has room for, more or less. */
const MOST_PROBLEMS = 25;
/** How much of a wrong value is repeated in a message. */
const LONGEST_QUOTE = 150;
/** Reads inputs and collects what is wrong with them, so that all problems are told at once. */
class reader_InputReader {
    workspace;
    environment;
    #source;
    #defaults;
    #problems = [];
    constructor(source, defaults) {
        this.#source = source;
        this.#defaults = defaults;
        this.workspace = source.workspace;
        this.environment = source.environment;
    }
    /** Notes what is wrong with an input. */
    problem(text, code = 'input-invalid') {
        this.#problems.push({ code, text });
    }
    /** Throws all the problems as one failure, if there are any. */
    throwProblems() {
        const [first, ...others] = this.#problems;
        if (first === undefined)
            return;
        if (others.length === 0)
            throw new lib_failure/* Failure */.HR(first.code, first.text);
        const told = this.#problems.slice(0, MOST_PROBLEMS);
        const list = told.map(({ text }, index) => `(${index + 1}) ${text}`).join(' ');
        const rest = this.#problems.length - told.length;
        const more = rest > 0 ? ` And ${rest} more.` : '';
        const message = `${this.#problems.length} problems with the inputs: ${list}${more}`;
        throw new lib_failure/* Failure */.HR('input-invalid', message);
    }
    /** The value or its default; empty when there is neither. */
    text(name) {
        return this.#source.input(name) || (this.#defaults[name] ?? '');
    }
    /** One entry per line; blank lines don't count. */
    list(name) {
        return this.text(name)
            .split('\n')
            .map((entry) => entry.trim())
            .filter(Boolean);
    }
    /** As YAML 1.2 writes booleans. */
    flag(name) {
        const value = this.text(name);
        if (/^(true|True|TRUE|false|False|FALSE)$/.test(value))
            return value.toLowerCase() === 'true';
        this.problem(`\`${name}\` must be true or false, not ${this.quote(value)}.`);
        return false;
    }
    /** One of some words. */
    word(name, known) {
        const value = this.text(name);
        const found = known.find((candidate) => candidate === value);
        if (found === undefined) {
            this.problem(`\`${name}\` must be ${known.join(' or ')}, not ${this.quote(value)}.`);
        }
        return found ?? known[0];
    }
    wholeNumber(name, { from, to }) {
        const value = this.text(name);
        const number = Number(value);
        if (!/^\d+$/.test(value) || number < from || number > to) {
            this.problem(`\`${name}\` must be a whole number from ${from} to ${to}, not ${this.quote(value)}.`);
        }
        return number;
    }
    /** One label of a host name (RFC 1123). */
    hostLabel(name) {
        const value = this.text(name);
        if (value !== '' && !isHostLabel(value)) {
            this.problem(`\`${name}\` must be letters, digits and hyphens, 63 at most, not ${this.quote(value)}.`);
        }
        return value;
    }
    /** A secret, masked from here on; one that can't be used as it is is a problem. */
    secret(name, { trim = true } = {}) {
        const value = trim ? this.text(name) : this.#source.rawInput(name);
        if (value === '')
            return '';
        for (const line of value.split(/[\r\n]+/)) {
            if (line.length >= lib_secret/* SHORTEST_SECRET */.c && line.trim() !== '')
                this.mask(line);
        }
        if (value.trim() === '') {
            this.problem(`\`${name}\` is blank.`);
        }
        else if (value.length < lib_secret/* SHORTEST_SECRET */.c) {
            this.problem(`\`${name}\` is shorter than ${lib_secret/* SHORTEST_SECRET */.c} characters; masking it would blank the log.`);
        }
        else if (/\p{Cc}/u.test(value)) {
            this.problem(`\`${name}\` holds a line break or another control character.`);
        }
        return value;
    }
    mask(value) {
        this.#source.secrets.mask([new lib_secret/* Secret */.z(value)]);
    }
    /** Whether a text holds a secret that was read. */
    holdsSecret(text) {
        return this.#source.secrets.redact(text) !== text;
    }
    /** A given value as it can be repeated in a message. */
    quote(value) {
        return `"${(0,shown/* showText */.h$)(value, (text) => this.#source.secrets.redact(text), LONGEST_QUOTE)}"`;
    }
}
function isHostLabel(value) {
    return /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(value);
}

;// CONCATENATED MODULE: ./lib/inputs/endpoints.js


/** `tenant`, `region` and the URL templates that they fill. */
function endpoints_readEndpoints(reader) {
    const tenant = reader.hostLabel('tenant');
    const region = reader.hostLabel('region');
    if (tenant === '') {
        reader.problem('`tenant` is required: the name of the Insights Hub environment.');
    }
    return {
        tenant,
        region,
        apiUrl: endpoints_readTemplate(reader, 'api-url', { tenant, region, api: 'api' }),
        tokenUrl: endpoints_readTemplate(reader, 'token-url', { tenant, region }),
    };
}
/** A template that gives a permitted URL once it is filled; it stays a template. */
function endpoints_readTemplate(reader, name, values, problemOf = problemOfUrl) {
    const template = reader.text(name);
    const names = Object.keys(values);
    const unknown = unknownPlaceholders(template, names);
    if (unknown.length > 0) {
        const known = names.map((key) => `{${key}}`).join(', ');
        reader.problem(`\`${name}\` holds ${reader.quote(unknown.join(', '))}; it may hold ${known}.`);
        return template;
    }
    const filled = endpoints_fillTemplate(template, values);
    // A wrong value is a problem of its own input, not of each template that it fills.
    const fillable = Object.values(values).every(isHostLabel);
    const problem = fillable || filled === template ? problemOf(filled) : undefined;
    if (problem !== undefined)
        reader.problem(`\`${name}\` ${problem}: ${reader.quote(filled)}.`);
    return template;
}
/** Why a URL is not permitted, to follow its name; nothing when it is. */
function problemOfUrl(text) {
    if (!URL.canParse(text))
        return 'is not a URL';
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
        return 'must begin with https:// (http:// is for this machine only)';
    }
    return endpoints_problemOfParts(url);
}
/** What no URL of an input may hold. */
function endpoints_problemOfParts(url) {
    if (url.username !== '' || url.password !== '')
        return 'must not hold a user name or a password';
    if (url.search !== '' || url.hash !== '')
        return 'must not hold a "?" or "#" part';
    return undefined;
}
/** Whether plain HTTP stays on the machine. */
function isLoopback({ hostname }) {
    return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

;// CONCATENATED MODULE: ./lib/inputs/broker.js





/** The broker that `broker-url` names; nothing when that is a problem. */
function broker_readBroker(reader, { tenant, region }) {
    const values = { tenant, region };
    const template = readTemplate(reader, 'broker-url', values, problemOfBrokerUrl);
    const filled = fillTemplate(template, values);
    return problemOfBrokerUrl(filled) === undefined ? brokerAt(filled) : undefined;
}
/** Why a URL is no broker's, to follow its name; nothing when it is. */
function problemOfBrokerUrl(text) {
    if (!URL.canParse(text))
        return 'is not a URL';
    const url = new URL(text);
    if (url.protocol !== 'mqtts:')
        return 'must begin with mqtts://';
    const isHost = /^([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname);
    // What the rules for the web take for a wrong address, no one can be asked for.
    if (!isHost || !URL.canParse(`https://${url.host}`))
        return 'names no host';
    if (!/^\/?$/.test(url.pathname))
        return 'must not hold a path';
    if (url.port === '0')
        return 'must not have port 0';
    return problemOfParts(url);
}
/** Reads the CA certificates of the broker; nothing when none are given. */
async function broker_readBrokerCa(reader) {
    const file = await readInputFile(reader, 'broker-ca-file');
    if (file === undefined)
        return undefined;
    const blocks = readCertificates(file.content.toString());
    if (blocks === undefined) {
        file.refuse('holds no certificate in PEM, or one that does not parse');
        return undefined;
    }
    // Nothing else of it: a file may hold a private key too.
    return { path: file.path, content: `${blocks.join('\n')}\n` };
}

;// CONCATENATED MODULE: ./lib/inputs/credentials.js

const WAYS = 'Set exactly one of: `token`; `oauth-client-id` with `oauth-client-secret`; those two with `app-name` and `app-version`.';
const FORKS = 'Note that GitHub gives no secrets to workflows started from forks or by Dependabot.';
/** The one way to authenticate that is set; nothing when none is, which is a problem then. */
function credentials_readCredentials(reader, tenant) {
    const token = reader.secret('token');
    const id = reader.text('oauth-client-id');
    const secret = reader.secret('oauth-client-secret');
    const appName = reader.text('app-name');
    const appVersion = reader.text('app-version');
    const hostTenant = reader.hostLabel('host-tenant');
    const isApplication = [appName, appVersion].some(Boolean);
    const isClient = [id, secret].some(Boolean) || isApplication;
    if (token !== '' && isClient) {
        reader.problem(`\`token\` is set together with other credentials. ${WAYS}`);
    }
    if (token !== '')
        return withToken(reader, token);
    if (!isClient) {
        reader.problem(`No credentials are set. ${WAYS} ${FORKS}`, 'credentials-missing');
        return undefined;
    }
    requireAll(reader, [
        'oauth-client-id',
        'oauth-client-secret',
        ...(isApplication ? ['app-name', 'app-version'] : []),
    ]);
    const basic = basicOf(reader, id, secret);
    return isApplication
        ? { kind: 'application', basic, appName, appVersion, hostTenant: hostTenant || tenant }
        : { kind: 'technical-user', basic };
}
function withToken(reader, token) {
    if (/[^\x21-\x7e]/.test(token)) {
        reader.problem('`token` holds white space or other characters that no token has. Give it without the word `Bearer`.');
    }
    return { kind: 'token', token: new lib_secret/* Secret */.z(token) };
}
function requireAll(reader, names) {
    const missing = names.filter((name) => reader.text(name) === '');
    if (missing.length === 0)
        return;
    const list = missing.map((name) => `\`${name}\``).join(', ');
    const hint = missing.includes('oauth-client-secret') ? ` ${FORKS}` : '';
    reader.problem(`The credentials are incomplete: also set ${list}. ${WAYS}${hint}`);
}
/** The value of Basic authentication (RFC 7617), masked: neither colon nor control characters in the id. */
function basicOf(reader, id, secret) {
    if (/[:\p{Cc}]/u.test(id)) {
        reader.problem('`oauth-client-id` holds a colon or a control character.');
    }
    const basic = Buffer.from(`${id}:${secret}`).toString('base64');
    if (secret !== '')
        reader.mask(basic);
    return new lib_secret/* Secret */.z(basic);
}

;// CONCATENATED MODULE: ./lib/mqtt/broker.js
const DEFAULT_BROKER_URL = 'mqtts://mindconnectmqtt.{region}.mindsphere.io:8883';
const DEFAULT_PORT = 8883;
/** The broker that an `mqtts:` URL names. */
function broker_brokerAt(text) {
    const { hostname, port } = new URL(text);
    return {
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: port === '' ? DEFAULT_PORT : Number(port),
    };
}
function urlOf(broker) {
    return `mqtts://${authorityOf(broker)}`;
}
/** Host and port as URLs and proxies take them. */
function authorityOf({ host, port }) {
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
/** The protocol that Insights Hub's broker wants to be named on the port of HTTPS (ALPN, RFC 7301). */
function alpnOf({ port }) {
    return port === 443 ? 'x-amzn-mqtt-ca' : undefined;
}

;// CONCATENATED MODULE: ./lib/inputs/defaults.js


const SHARED = {
    region: 'eu1',
    'api-url': DEFAULT_API_URL,
    'token-url': DEFAULT_TOKEN_URL,
    'secret-prefix': 'INSIGHTS_HUB_AGENT',
    variables: 'false',
    concurrency: '4',
    timeout: '300',
    'dry-run': 'false',
    summary: 'true',
};
const defaults_CREATE_DEFAULTS = {
    ...SHARED,
    destination: 'workspace',
    'output-directory': '.insights-hub',
    'keep-files': 'false',
    'if-exists': 'fail',
    'verify-connection': 'false',
    'broker-url': DEFAULT_BROKER_URL,
    ephemeral: 'false',
};
const DELETE_DEFAULTS = {
    ...SHARED,
    'delete-asset': 'true',
};

;// CONCATENATED MODULE: ./lib/destinations/setting-names.js

/** A place has room for this many secrets; each agent takes two. */
const MOST_AGENTS = 50;
/** `PREFIX_PRIVATE_KEY` and so on; with several agents `PREFIX_<NAME>_PRIVATE_KEY`. */
function settingNames(prefix, several) {
    const base = (agent) => (several ? `${prefix}_${settingName(agent)}` : prefix);
    return {
        privateKey: (agent) => `${base(agent)}_PRIVATE_KEY`,
        certificate: (agent) => `${base(agent)}_CERTIFICATE`,
        agentId: (agent) => `${base(agent)}_AGENT_ID`,
        clientId: (agent) => `${base(agent)}_CLIENT_ID`,
    };
}
/** An agent's name as part of a secret's: two names may become the same. */
function settingName(agent) {
    return agent.toUpperCase().replace(/[^A-Z0-9_]/gu, '_');
}
/** What the create action pushes for an agent. */
function settingsOf(agent, { places, secretPrefix, variables }, { several }) {
    const names = settingNames(secretPrefix, several);
    const secrets = [names.privateKey(agent), names.certificate(agent)];
    const ids = variables ? [names.agentId(agent), names.clientId(agent)] : [];
    return places
        .map(describePlace)
        .flatMap((place) => [
        ...secrets.map((name) => ({ kind: 'secret', name, place })),
        ...ids.map((name) => ({ kind: 'variable', name, place })),
    ]);
}

;// CONCATENATED MODULE: ./lib/inputs/github.js



/** What `destination` asks for of GitHub; nothing when it asks for none of its places. */
function github_readGitHub(reader, kinds, agents) {
    const token = reader.secret('github-token');
    const repository = reader.text('repository') || (reader.environment['GITHUB_REPOSITORY'] ?? '');
    const environment = reader.text('environment');
    const secretPrefix = readPrefix(reader);
    const variables = reader.flag('variables');
    const apiUrl = reader.environment['GITHUB_API_URL'] || 'https://api.github.com';
    if (environment !== '' && !kinds.includes('environment')) {
        reader.problem('`environment` is set, but `destination` does not hold environment.');
    }
    if (kinds.length === 0)
        return undefined;
    checkToken(reader, token);
    checkEnvironment(reader, kinds, environment);
    checkNames(reader, agents);
    const problem = problemOfUrl(apiUrl);
    if (problem !== undefined) {
        reader.problem(`The runner's GITHUB_API_URL ${problem}: ${reader.quote(apiUrl)}.`);
    }
    const [owner = '', repo = ''] = repository.split('/');
    if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || isDots(owner) || isDots(repo)) {
        reader.problem(`\`repository\` must be OWNER/NAME, not ${reader.quote(repository)}.`);
    }
    const places = kinds.map((kind) => kind === 'repository' ? { kind, owner, repo } : { kind, owner, repo, environment });
    return { token: new lib_secret/* Secret */.z(token), apiUrl, places, secretPrefix, variables };
}
function checkToken(reader, token) {
    if (token === '') {
        reader.problem("`github-token` is required for the destinations repository and environment: the token of a GitHub App, or a fine-grained personal access token. The workflow's own GITHUB_TOKEN can't write secrets.");
    }
    else if (/[^\x21-\x7e]/.test(token)) {
        reader.problem('`github-token` holds white space or other characters that no token has.');
    }
}
function checkEnvironment(reader, kinds, environment) {
    if (kinds.includes('environment') && environment === '') {
        reader.problem('`environment` is required for the destination environment.');
    }
    else if (/\p{Cc}/u.test(environment) || isDots(environment)) {
        reader.problem('`environment` holds a control character, or nothing but dots.');
    }
}
/** Such a name would be taken for a step up or down in the path of a URL. */
function isDots(name) {
    return /^\.{1,2}$/.test(name);
}
/** As GitHub's rule for names of secrets, which the rest of each name follows anyway. */
function readPrefix(reader) {
    const prefix = reader.text('secret-prefix');
    if (!/^(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*$/i.test(prefix)) {
        reader.problem(`\`secret-prefix\` must be letters, digits and "_", not begin with a digit or GITHUB_, and is ${reader.quote(prefix)}.`);
    }
    return prefix;
}
function checkNames(reader, agents) {
    if (agents.length > MOST_AGENTS) {
        reader.problem(`A repository or environment has room for the secrets of ${MOST_AGENTS} agents (100 secrets), and the list holds ${agents.length}.`);
    }
    const owners = new Map();
    for (const agent of agents) {
        const setting = settingName(agent.name);
        const other = owners.get(setting);
        if (other !== undefined && other.clientId !== agent.clientId) {
            reader.problem(`The agents ${reader.quote(other.name)} and ${reader.quote(agent.name)} would share the secrets of ${setting}. Rename one of them.`);
        }
        owners.set(setting, agent);
    }
}

;// CONCATENATED MODULE: ./lib/inputs/places.js
/** What `destination` lists, one per line or separated by commas; each place counts once. */
function readPlaces(reader, known) {
    const given = reader
        .list('destination')
        .flatMap((line) => line.split(','))
        .map((place) => place.trim())
        .filter(Boolean);
    const unknown = given.filter((place) => !known.some((candidate) => candidate === place));
    if (unknown.length > 0) {
        reader.problem(`\`destination\` takes ${known.join(', ')}, not ${reader.quote(unknown.join(', '))}.`);
    }
    return known.filter((candidate) => given.includes(candidate));
}

;// CONCATENATED MODULE: ./lib/inputs/proxies.js


/** The proxies of the job's environment; nothing when they are a problem. */
function proxies_readProxies(reader) {
    try {
        return proxySettings(reader.environment);
    }
    catch (error) {
        if (!(error instanceof lib_failure/* Failure */.HR))
            throw error;
        reader.problem(error.message);
        return undefined;
    }
}

;// CONCATENATED MODULE: ./lib/create/inputs.js














/** OpenSSL reads no more of a passphrase: a key under a longer one could not be opened again. */
const LONGEST_PASSPHRASE = 1023;
/**
 * Reads and checks every input, and has the given secrets masked. Throws `input-invalid` with all
 * problems at once, or `credentials-missing` when that is the only one.
 */
async function readInputs(source) {
    const reader = new InputReader(source, CREATE_DEFAULTS);
    const endpoints = readEndpoints(reader);
    const credentials = readCredentials(reader, endpoints.tenant);
    const passphrase = readPassphrase(reader);
    const ephemeral = reader.flag('ephemeral');
    const listed = await readList(reader, endpoints.tenant);
    const shard = readShard(reader);
    const owner = reader.text('owner') || undefined;
    const kinds = readDestinations(reader);
    const inputs = {
        agents: takeShard(listed, shard).map((agent) => ({
            name: agent.name,
            owner: agent.owner ?? owner,
            expectedClientId: agent.clientId,
            passphrase,
            ephemeral,
        })),
        several: listed.length > 1,
        endpoints,
        toWorkspace: kinds.includes('workspace'),
        github: readGitHub(reader, secretPlaces(kinds), listed),
        outputDirectory: readOutputDirectory(reader),
        keepFiles: reader.flag('keep-files'),
        ifExists: reader.word('if-exists', ['fail', 'skip']),
        concurrency: reader.wholeNumber('concurrency', { from: 1, to: 32 }),
        verifyConnection: reader.flag('verify-connection'),
        brokerCa: await readBrokerCa(reader),
        ephemeral,
        timeout: reader.wholeNumber('timeout', { from: 1, to: 3600 }),
        dryRun: reader.flag('dry-run'),
        summary: reader.flag('summary'),
    };
    if (inputs.ifExists === 'skip')
        checkFileNames(reader, listed);
    const broker = readBroker(reader, endpoints);
    const proxies = readProxies(reader);
    reader.throwProblems();
    if (credentials === undefined || proxies === undefined || broker === undefined) {
        throw new Error('a missing input is a problem');
    }
    return { ...inputs, credentials, proxies, broker };
}
/** Reads these inputs once more, with the secrets that no file keeps. Throws as `readInputs` does. */
function readUndoInputs(source) {
    const reader = new reader_InputReader(source, defaults_CREATE_DEFAULTS);
    const endpoints = endpoints_readEndpoints(reader);
    const credentials = credentials_readCredentials(reader, endpoints.tenant);
    const github = github_readGitHub(reader, secretPlaces(readDestinations(reader)), []);
    const timeout = reader.wholeNumber('timeout', { from: 1, to: 3600 });
    const proxies = proxies_readProxies(reader);
    reader.throwProblems();
    if (credentials === undefined || proxies === undefined) {
        throw new Error('a missing input is a problem');
    }
    return { endpoints, credentials, github, timeout, proxies };
}
/** What is unusual about valid inputs. */
function warningsOf({ endpoints: { region } }) {
    const documented = CREATE_DEFAULTS['region'];
    if (region === documented)
        return [];
    return [
        `Agent certificates are documented for region ${documented} only; region ${region} may not offer them.`,
    ];
}
/** The whole list, from the one input that gives it. */
async function readList(reader, tenant) {
    const named = readNames(reader, tenant);
    const hasFile = reader.text('names-file') !== '';
    const listed = hasFile ? await readFileOfNames(reader, tenant) : named;
    if (hasFile && named.length > 0) {
        reader.problem('`name` and `names-file` are both set: set one of them.');
    }
    else if (!hasFile && named.length === 0) {
        reader.problem('`name` or `names-file` is required: the name of the agent, a list with one name per line, or a file with such a list.');
    }
    checkAgents(reader, listed, tenant);
    return listed;
}
/** Agents that would share files can't be told apart by them later. */
function checkFileNames(reader, listed) {
    const owners = new Map();
    for (const agent of listed) {
        const file = safeFileName(agent.clientId).toLowerCase();
        const other = owners.get(file);
        if (other !== undefined && other.clientId !== agent.clientId) {
            reader.problem(`The agents ${reader.quote(other.name)} and ${reader.quote(agent.name)} would share files, which \`if-exists\` skip could not tell apart. Rename one of them.`);
        }
        owners.set(file, agent);
    }
}
const destinations = ['workspace', 'repository', 'environment'];
function secretPlaces(kinds) {
    return kinds.filter((kind) => kind !== 'workspace');
}
function readDestinations(reader) {
    const places = readPlaces(reader, destinations);
    // Only commas: what is wrong otherwise was told.
    if (places.length === 0 && /^[\s,]*$/.test(reader.text('destination'))) {
        reader.problem(`\`destination\` takes ${destinations.join(', ')}, and names none of them.`);
    }
    return places;
}
function readOutputDirectory(reader) {
    const value = reader.text('output-directory');
    const directory = path.resolve(reader.workspace, value);
    if (/\p{Cc}/u.test(value)) {
        reader.problem('`output-directory` holds a line break or another control character.');
    }
    else if (!path.isAbsolute(value) &&
        !isInside({ directory, workspace: path.resolve(reader.workspace) })) {
        reader.problem(`\`output-directory\` ${reader.quote(value)} leads out of the workspace; a place outside needs an absolute path.`);
    }
    return directory;
}
function readPassphrase(reader) {
    const passphrase = reader.secret('key-passphrase', { trim: false });
    if (Buffer.byteLength(passphrase) > LONGEST_PASSPHRASE) {
        reader.problem(`\`key-passphrase\` is longer than ${LONGEST_PASSPHRASE} bytes.`);
    }
    return passphrase === '' ? undefined : new Secret(passphrase);
}

;// CONCATENATED MODULE: ./lib/create/undo-ephemeral.js












/** Agents are ended a few at once, as the delete action does by default. */
const OPTIONS = { concurrency: 4, deleteAsset: true, dryRun: false };
/** The least time for the network work of one agent, in seconds. */
const LEAST_TIME = 30;
/**
 * Ends the agents that a journal notes, as the delete action does, and removes the secrets and
 * variables that were pushed for them. Warns of what is left, and tells whether all is gone.
 */
async function undoEphemeral(runner, made) {
    const interruption = listenForInterruption();
    const inputs = readUndoInputs(runner);
    const http = openHttp(inputs.proxies, (line) => runner.debug(line));
    try {
        const failures = [
            await endAll(runner, inputs, agentsIn(made), { http, interruption }),
            ...(await undo_ephemeral_removeAll(runner, inputs, settingsIn(made), { http, interruption })),
        ].filter((failure) => failure !== undefined);
        for (const failure of failures) {
            const why = (0,shown/* showFailure */.iV)(failure, (text) => runner.secrets.redact(text));
            runner.warn(`Not everything of the ephemeral agents could be ended after the job. ${why}`);
        }
        return failures.length === 0;
    }
    finally {
        http.close();
    }
}
async function endAll(runner, { credentials, endpoints, timeout }, targets, { http, interruption }) {
    if (targets.length === 0)
        return undefined;
    const { secrets } = runner;
    // Less would not do for two look-ups of what may show up late.
    const options = { ...OPTIONS, timeout: Math.max(timeout, LEAST_TIME) };
    const services = {
        ...apiServices(credentials, endpoints, { http, clock: systemClock, secrets }),
        interruption,
        eraser: undefined,
        finished: (fate) => runner.info(logLineOf(fate, { several: false, secrets })),
    };
    const fates = await endAgents(targets, options, services);
    return stepFailure(fates, { cancelled: false });
}
/** Removes every setting, also when an agent could not be ended: its key is of no use any more. */
async function undo_ephemeral_removeAll(runner, { github, timeout }, settings, { http, interruption }) {
    if (settings.length === 0)
        return [];
    if (github === undefined)
        return [leftBehind(settings)];
    const { gitHubEraser } = await loadWithOctokit(() => Promise.all(/* import() */[__webpack_require__.e(775), __webpack_require__.e(249)]).then(__webpack_require__.bind(__webpack_require__, 249)));
    const eraser = gitHubEraser(github, { http, clock: systemClock });
    const within = async (work) => {
        const limit = new TimeLimit(timeout, interruption);
        try {
            await work(limit);
            return [];
        }
        catch (error) {
            return [(0,lib_failure/* asFailure */.h_)(error)];
        }
        finally {
            limit.end();
        }
    };
    // What a token does not see would count as gone.
    const failures = await within((limit) => eraser.prepare(limit));
    if (failures.length > 0)
        return failures;
    for (const setting of settings) {
        const failed = await within((limit) => eraser.remove(setting, limit));
        if (failed.length === 0) {
            runner.info(`Removed ${setting.kind} ${setting.name} of ${setting.place}`);
        }
        failures.push(...failed);
    }
    return failures;
}
function leftBehind(settings) {
    const list = settings.map(({ kind, name, place }) => `${kind} ${name} of ${place}`).join(', ');
    return new lib_failure/* Failure */.HR('destination-invalid', `These were not removed, because \`destination\` does not name their place any more: ${list}.`);
}
/** The agents that may be there, by the last note of each. */
function agentsIn(made) {
    const notes = made.filter((entry) => entry.kind === 'agent');
    const last = new Map(notes.map((note) => [note.clientId, note]));
    return [...last.values()].flatMap(({ name, clientId, agentId, state }) => state === 'absent' ? [] : [{ name, clientId, settings: [], own: { agentId } }]);
}
/** The secrets and variables that may have been written, by the last note of each. */
function settingsIn(made) {
    const notes = made.filter((entry) => entry.kind === 'setting');
    const last = new Map(notes.map((note) => [JSON.stringify(note.setting), note]));
    return [...last.values()].flatMap(({ setting, state }) => (state === 'absent' ? [] : [setting]));
}


/***/ }),

/***/ 3893:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   x: () => (/* binding */ paceOf)
/* harmony export */ });
/** Requests are this far apart after a service has asked to slow down, in milliseconds; then more. */
const FIRST_GAP = 25;
const LARGEST_GAP = 1_000;
/** A gap that is smaller makes no difference any more. */
const SMALLEST_GAP = 2;
/** A pace of its own for one service: full speed, until the service asks to slow down. */
function paceOf(clock) {
    let gap = 0;
    let opensAt = 0;
    let nextAt = 0;
    return {
        async turn(limit, leastTime) {
            for (;;) {
                const now = clock.now();
                const at = Math.max(now, opensAt, nextAt);
                if (at > now && at - now + leastTime >= limit.remaining())
                    return false;
                nextAt = at + gap;
                if (at === now)
                    return true;
                await clock.sleep(at - now, limit.signal);
                if (limit.signal.aborted)
                    return false;
                // Meanwhile the service may have asked for more time.
                if (opensAt <= at)
                    return true;
            }
        },
        slowDown(milliseconds) {
            const now = clock.now();
            // Requests that were out together are refused together: that is one wish, not many.
            if (now >= opensAt)
                gap = Math.min(Math.max(gap * 2, FIRST_GAP), LARGEST_GAP);
            opensAt = Math.max(opensAt, now + milliseconds);
        },
        speedUp() {
            if (gap === 0)
                return;
            gap *= 0.95;
            if (gap < SMALLEST_GAP)
                gap = 0;
        },
    };
}


/***/ }),

/***/ 3988:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   KW: () => (/* binding */ cancelled),
/* harmony export */   mG: () => (/* binding */ failedCall),
/* harmony export */   x5: () => (/* binding */ refusal)
/* harmony export */ });
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1957);
/* harmony import */ var _retry_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8394);


/** The call as a failure carries it: with what the server said, raw. */
function failedCall({ read }, { method, url }, exchange) {
    if (exchange.kind === 'no-answer')
        return { method, url };
    // What a success says is no error, and may be a key.
    const isError = exchange.kind === 'answer' && !(0,_retry_js__WEBPACK_IMPORTED_MODULE_1__/* .isSuccess */ .oJ)(exchange);
    return { method, url, status: exchange.status, said: isError ? read(exchange) : {} };
}
/** The failure that a call without a usable answer ends in, when it surely changed nothing. */
function refusal(context, request, outcome, limit) {
    const last = finalRefusal(context, request, outcome.exchange);
    if (!outcome.ended)
        return last;
    if (limit.cancelled)
        return cancelled(context.what);
    return new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR('timeout', `${context.what} did not succeed within the time limit of ${limit.seconds} s. Last failure: ${last.message} If the service is only slow, set a longer \`timeout\`.`, { call: last.call, cause: last });
}
/** A job that was cancelled before anything came of the call. */
function cancelled(what) {
    return new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR('cancelled', `The job was cancelled. ${what} was given up.`);
}
function finalRefusal(context, request, exchange) {
    const call = failedCall(context, request, exchange);
    const { what } = context;
    if (exchange.kind === 'no-answer' || isCutOff(exchange)) {
        return new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR('unavailable', `${what} failed: ${exchange.reason}.`, { call });
    }
    if ((0,_retry_js__WEBPACK_IMPORTED_MODULE_1__/* .isSuccess */ .oJ)(exchange)) {
        return new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR('response-invalid', `${what} got an answer that can't be used.`, { call });
    }
    const { code, message } = meaningOf(context, exchange.status, context.isRateLimited(exchange));
    return new _failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR(code, message, { call });
}
function isCutOff(exchange) {
    return exchange.kind === 'broken-answer' && (0,_retry_js__WEBPACK_IMPORTED_MODULE_1__/* .isSuccess */ .oJ)(exchange) && exchange.why === 'cut-off';
}
function meaningOf(context, status, rateLimited) {
    const { what, meanings } = context;
    if (rateLimited) {
        return {
            code: 'rate-limited',
            message: `${what} was refused because of too many requests. Try again later.`,
        };
    }
    const particular = meanings[status];
    if (particular !== undefined)
        return particular;
    if (status >= 500) {
        return { code: 'unavailable', message: `${what} failed: the service is out of order.` };
    }
    if (status >= 300 && status < 400) {
        return {
            code: 'request-rejected',
            message: `${what} was answered with a redirect, which is never followed. ${context.moved}`,
        };
    }
    return {
        code: 'request-rejected',
        message: `${what} was rejected. Check the inputs against what the server says.`,
    };
}


/***/ }),

/***/ 8394:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   HI: () => (/* binding */ sendWithRetries),
/* harmony export */   Jz: () => (/* binding */ isRateLimited),
/* harmony export */   WG: () => (/* binding */ isPassing),
/* harmony export */   c2: () => (/* binding */ statusOf),
/* harmony export */   oJ: () => (/* binding */ isSuccess),
/* harmony export */   rE: () => (/* binding */ isQuotaUsedUp)
/* harmony export */ });
/* unused harmony exports RETRIES, waitBefore, retryAfter, mayHaveActed */
/** Tries after the first one. */
const RETRIES = 4;
/** Statuses after which the same request may succeed a moment later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const FIRST_WAIT = 500;
/** What GitHub asks for after a secondary rate limit that says nothing itself, in milliseconds. */
const SECONDARY_WAIT = 60_000;
/** Begins as all three forms of a date in HTTP do; Date.parse alone takes much for a date. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;
/** Whether a request that only asks, or may be repeated safely, is worth another try. */
function isPassing(exchange) {
    if (exchange.kind === 'no-answer')
        return true;
    if (exchange.kind === 'broken-answer' && isSuccess(exchange))
        return exchange.why === 'cut-off';
    return PASSING.has(exchange.status) || isRateLimited(exchange);
}
/** 429, or a 403 that asks to wait and so is no missing permission. */
function isRateLimited(exchange) {
    if (exchange.kind === 'no-answer')
        return false;
    const { status, headers } = exchange;
    return status === 429 || (status === 403 && headers['retry-after'] !== undefined);
}
function isSuccess(exchange) {
    const status = statusOf(exchange) ?? 0;
    return status >= 200 && status < 300;
}
function statusOf(exchange) {
    return exchange.kind === 'no-answer' ? undefined : exchange.status;
}
/**
 * How long to wait before try number `tries + 1`, in milliseconds: exponential backoff with jitter,
 * or longer when the server asks for it.
 */
function waitBefore(exchange, tries, clock) {
    const backoff = FIRST_WAIT * 2 ** (tries - 1) * (0.5 + clock.random() / 2);
    const now = clock.now();
    return Math.max(backoff, retryAfter(exchange, now) ?? quotaReset(exchange, now));
}
/** What Retry-After asks for, in milliseconds: it holds seconds or an HTTP date (RFC 9110, 10.2.3). */
function retryAfter(exchange, now) {
    if (exchange.kind === 'no-answer')
        return undefined;
    // A header that is sent twice comes as an array, whatever its type says.
    const value = String([exchange.headers['retry-after']].flat()[0] ?? '').trim();
    if (/^\d+$/.test(value))
        return Number(value) * 1000;
    if (!HTTP_DATE.test(value))
        return undefined;
    const date = Date.parse(value);
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
/**
 * Whether the service may have done what it was asked for. Surely not: a request that was not sent,
 * a refusal, and a 503 that asks to come back.
 */
function mayHaveActed(exchange, now) {
    if (exchange.kind === 'no-answer')
        return exchange.sent;
    if (isSuccess(exchange))
        return true;
    const { status } = exchange;
    return status >= 500 && !(status === 503 && retryAfter(exchange, now) !== undefined);
}
/** GitHub's ways to say that a quota is used up, with a 403 as for a missing permission. */
function isQuotaUsedUp(exchange) {
    if (exchange.kind === 'no-answer' || exchange.status !== 403)
        return false;
    return exchange.headers['x-ratelimit-remaining'] === '0' || isSecondaryLimit(exchange);
}
/** The limit of how much at once; it may come with no header at all. */
function isSecondaryLimit(exchange) {
    return exchange.kind === 'answer' && /secondary rate limit/i.test(exchange.body);
}
/** How long until a used-up quota begins anew, in milliseconds; x-ratelimit-reset is in seconds since 1970. */
function quotaReset(exchange, now) {
    if (exchange.kind === 'no-answer')
        return 0;
    if (exchange.status !== 403 && exchange.status !== 429)
        return 0;
    if (exchange.headers['x-ratelimit-remaining'] !== '0') {
        return isSecondaryLimit(exchange) ? SECONDARY_WAIT : 0;
    }
    const reset = Number(exchange.headers['x-ratelimit-reset']);
    return Number.isNaN(reset) ? 0 : Math.max(0, reset * 1000 - now);
}
/** Whether the service asks all of its callers to come back later. */
function asksToWait(exchange) {
    const isBusy = isRateLimited(exchange) || isQuotaUsedUp(exchange);
    return isBusy || (statusOf(exchange) === 503 && retryAfter(exchange, 0) !== undefined);
}
/** Sends a request, and again while it may be repeated, tries are left and time allows. */
async function sendWithRetries(request, { http, clock, limit, mayRepeat, finishes = false, leastTime = 0, pace }) {
    const sentSignal = finishes ? limit.graceSignal : limit.signal;
    let last = { kind: 'no-answer', sent: false, reason: 'no time was left' };
    let acted = false;
    for (let tries = 1;; tries++) {
        const isTime = limit.remaining() >= leastTime && (await pace?.turn(limit, leastTime)) !== false;
        if (!isTime)
            return { exchange: last, ended: true, mayHaveActed: acted };
        const exchange = await http.send(request, limit.signal, sentSignal);
        last = exchange;
        acted ||= mayHaveActed(exchange, clock.now());
        if (isSuccess(exchange))
            pace?.speedUp();
        const outcome = (ended) => ({ exchange, ended, mayHaveActed: acted });
        if (!mayRepeat(exchange))
            return outcome(false);
        if (limit.signal.aborted)
            return outcome(true);
        if (tries > RETRIES)
            return outcome(false);
        const wait = waitBefore(exchange, tries, clock);
        if (asksToWait(exchange))
            pace?.slowDown(wait);
        // Waiting for a try that can't be made any more would only delay the bad news.
        if (wait + leastTime >= limit.remaining())
            return outcome(true);
        await clock.sleep(wait, limit.signal);
        if (limit.signal.aborted)
            return outcome(true);
    }
}


/***/ })

};
