export const id = 806;
export const ids = [806];
export const modules = {

/***/ 5806:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  verifyConnection: () => (/* binding */ verifyConnection)
});

// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
// EXTERNAL MODULE: ./node_modules/mqtt-packet/mqtt.js
var mqtt = __webpack_require__(4895);
// EXTERNAL MODULE: ./lib/failure.js
var failure = __webpack_require__(1957);
// EXTERNAL MODULE: ./lib/http/network-error.js
var network_error = __webpack_require__(1281);
// EXTERNAL MODULE: ./lib/http/proxy.js
var http_proxy = __webpack_require__(768);
// EXTERNAL MODULE: ./lib/mqtt/broker.js
var mqtt_broker = __webpack_require__(6757);
;// CONCATENATED MODULE: ./lib/mqtt/reasons.js

const CHECK_CA = "Check `broker-url`. For a broker with a CA of its own, set `broker-ca-file` to that CA's certificate.";
const CHECK_AGENT = 'Check that the agent is still there and that `broker-url` is the broker of its tenant.';
/** The return codes of CONNACK (MQTT 3.1.1, table 3.1) but 0. */
const CONNACK = {
    1: 'it does not speak MQTT 3.1.1',
    2: 'it refuses the client id',
    3: 'it is not available for MQTT',
    4: 'it refuses the user name or password, of which there are none',
    5: 'it does not authorise this certificate for this client id',
};
function connackRefusal(code) {
    const why = CONNACK[code] ?? 'it gives an unknown reason';
    return {
        reason: `the broker answered CONNACK with code ${code}: ${why}`,
        advice: CHECK_AGENT,
        isFinal: code === 1,
    };
}
/** What a socket's error means; its message is not repeated. */
function socketRefusal(error) {
    const code = (0,failure/* errorCode */.CA)(error);
    if (/ALERT.*CERT|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|ALERT_DECRYPT/.test(code)) {
        return {
            reason: `the broker refused the agent's certificate (${code})`,
            advice: CHECK_AGENT,
            isFinal: false,
        };
    }
    if (/ALTNAME/.test(code)) {
        return reasons_final(`the broker's certificate is for another host (${code})`, CHECK_CA);
    }
    if (/HAS_EXPIRED|NOT_YET_VALID/.test(code)) {
        return reasons_final(`the broker's certificate is not valid now (${code})`, "Check the runner's clock, and tell whoever runs the broker.");
    }
    if (/CERT|SIGNATURE|ISSUER/.test(code)) {
        return reasons_final(`the broker's certificate is not trusted (${code})`, CHECK_CA);
    }
    if (/NO_APPLICATION_PROTOCOL/.test(code)) {
        return reasons_final(`the broker does not know the protocol that port 443 asks for (${code})`, CHECK_URL);
    }
    return { reason: `${network(code)} (${code})`, advice: CHECK_URL, isFinal: false };
}
const CHECK_URL = 'Check `broker-url`, and that the runner may reach that host and port.';
function network(code) {
    if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code))
        return "the broker's name could not be resolved";
    if (code === 'ECONNREFUSED')
        return 'the broker refused the connection';
    if (/^(ECONNRESET|EPIPE)$/.test(code))
        return 'the broker reset the connection';
    if (/SSL|TLS|EPROTO/.test(code))
        return 'no TLS connection to the broker could be made';
    return 'the connection to the broker failed';
}
function reasons_closed() {
    return {
        reason: 'the broker closed the connection before it answered CONNECT',
        advice: CHECK_AGENT,
        isFinal: false,
    };
}
/** `why` is what ended the waiting: a time-out of the attempt, or something else. */
function silent(missing, why) {
    const isTimeout = why instanceof Error && why.name === 'TimeoutError';
    const when = isTimeout ? 'within 10 s' : 'before the time was up';
    return { reason: `${missing} ${when}`, advice: CHECK_URL, isFinal: false, isCut: !isTimeout };
}
function noMqtt() {
    return reasons_final('what answers there does not speak MQTT', CHECK_URL);
}
/** `why` names the proxy and what is wrong with it; `status` is what it answered, if it did. */
function proxyRefusal(why, status) {
    const isPassing = status === undefined || status === 408 || status === 429 || status >= 500;
    const advice = isPassing
        ? 'Check that variable, and NO_PROXY for hosts that are reached directly.'
        : 'Many proxies let only port 443 through: the broker answers there too.';
    return { reason: why, advice, isFinal: !isPassing };
}
/** The key or certificate can't be used for TLS on this machine. */
function unusable(error) {
    return reasons_final(`TLS can't be done with the agent's key and certificate (${(0,failure/* errorCode */.CA)(error)})`, 'Ask whoever runs Insights Hub why it issued them.');
}
function reasons_final(reason, advice) {
    return { reason, advice, isFinal: true };
}

;// CONCATENATED MODULE: ./lib/mqtt/connection.js








/** The time that one attempt may take, in milliseconds. */
const ATTEMPT = 10_000;
/** A fresh certificate may take some seconds to be accepted: so long it is tried, in milliseconds. */
const PATIENCE = 60_000;
/** A CONNACK has 4 bytes; what is much longer is none. */
const LONGEST_ANSWER = 1024;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 8_000;
/**
 * Connects to the broker once with the device's certificate and disconnects: TLS with client
 * authentication, MQTT 3.1.1 CONNECT with the client id (clean session), CONNACK, DISCONNECT.
 * Nothing is published. A refusal is tried again within 60 s and the time limit.
 *
 * Throws `connection-failed` with the last refusal.
 */
async function verifyConnection(device, access, { clock, limit }) {
    const end = clock.now() + Math.min(PATIENCE, limit.remaining());
    const context = contextOf(device, access);
    let refusal = await attempt(device, access, context, limit);
    for (let wait = FIRST_WAIT; refusal !== undefined; wait = Math.min(wait * 2, LONGEST_WAIT)) {
        const isOver = refusal.isFinal || clock.now() + wait >= end || limit.remaining() <= wait;
        if (!isOver && !limit.cancelled)
            await clock.sleep(wait, limit.signal);
        if (isOver || limit.cancelled)
            throw connectionFailed(device, access.broker, refusal);
        const next = await attempt(device, access, context, limit);
        refusal = next?.isCut ? refusal : next;
    }
}
function connectionFailed({ clientId }, broker, refusal) {
    const advice = refusal.advice === '' ? '' : ` ${refusal.advice}`;
    return new failure/* Failure */.HR('connection-failed', `The certificate was issued and delivered, but client id ${clientId} could not connect to ${(0,mqtt_broker/* urlOf */.rs)(broker)}: ${refusal.reason}.${advice}`);
}
/** One attempt; gives why it came to nothing. What is under way may finish when the job is cancelled. */
async function attempt({ clientId }, { broker, proxies }, context, limit) {
    const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT), limit.graceSignal]);
    const proxy = (0,http_proxy/* proxyFor */.i)(new URL(`https://${(0,mqtt_broker/* authorityOf */.vO)(broker)}`), proxies);
    let tunnel;
    try {
        tunnel = proxy && (await tunnelTo(broker, proxy, signal));
        return await shakeHands(connection_open(broker, context, tunnel), clientId, signal);
    }
    catch (error) {
        if (signal.aborted)
            return silent('no tunnel through the proxy came about', signal.reason);
        if (error instanceof network_error/* ProxyError */.T6) {
            return proxyRefusal(`the proxy that ${proxy?.variable} names ${error.reason}`, error.status);
        }
        return socketRefusal(error);
    }
    finally {
        tunnel?.destroy();
    }
}
/** undici comes with it, which the step has loaded already. */
async function tunnelTo(broker, proxy, signal) {
    const { openTunnel } = await __webpack_require__.e(/* import() */ 28).then(__webpack_require__.bind(__webpack_require__, 5028));
    return openTunnel(proxy, (0,mqtt_broker/* authorityOf */.vO)(broker), signal);
}
/** Who the device is, and whom it trusts. Throws `connection-failed` for what TLS can't use. */
function contextOf(device, { broker, authorities }) {
    const { certificate, privateKey, passphrase } = device;
    try {
        return (0,external_node_tls_.createSecureContext)({
            ca: authorities,
            cert: certificate,
            key: privateKey.reveal(),
            ...(passphrase && { passphrase: passphrase.reveal() }),
            minVersion: 'TLSv1.2',
        });
    }
    catch (error) {
        throw connectionFailed(device, broker, unusable(error));
    }
}
function connection_open(broker, context, tunnel) {
    const alpn = (0,mqtt_broker/* alpnOf */.ry)(broker);
    return (0,external_node_tls_.connect)({
        ...(tunnel ? { socket: tunnel } : { host: broker.host, port: broker.port }),
        // A name is told the broker (SNI); an address can't be.
        ...((0,external_node_net_.isIP)(broker.host) === 0 ? { servername: broker.host } : { host: broker.host }),
        secureContext: context,
        ...(alpn !== undefined && { ALPNProtocols: [alpn] }),
        // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
        rejectUnauthorized: true,
    });
}
/** CONNECT, CONNACK, DISCONNECT. The socket is gone afterwards, whatever came of it. */
async function shakeHands(socket, clientId, signal) {
    let isSecure = false;
    const refusal = await new Promise((resolve) => {
        const packets = (0,mqtt.parser)({ protocolVersion: 4 });
        packets.on('packet', (packet) => {
            if (packet.cmd !== 'connack')
                resolve(noMqtt());
            else
                resolve(packet.returnCode === 0 ? undefined : connackRefusal(packet.returnCode ?? -1));
        });
        packets.on('error', () => resolve(noMqtt()));
        socket.on('secureConnect', () => {
            isSecure = true;
            socket.write((0,mqtt.generate)(connectPacket(clientId)));
        });
        let length = 0;
        socket.on('data', (chunk) => {
            length += chunk.length;
            if (length > LONGEST_ANSWER)
                resolve(noMqtt());
            else
                packets.parse(chunk);
        });
        socket.on('error', (error) => resolve(socketRefusal(error)));
        socket.on('close', () => resolve(reasons_closed()));
        const missing = () => (isSecure ? 'no CONNACK came' : 'no TLS connection came about');
        const onAbort = () => resolve(silent(missing(), signal.reason));
        if (signal.aborted)
            onAbort();
        else
            signal.addEventListener('abort', onAbort, { once: true });
    });
    if (refusal === undefined)
        await disconnect(socket, signal);
    socket.destroy();
    return refusal;
}
function connectPacket(clientId) {
    return {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId,
        keepalive: 60,
    };
}
/** Says goodbye, and waits a moment for the broker to hear it. */
function disconnect(socket, signal) {
    return new Promise((resolve) => {
        if (signal.aborted)
            resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
        socket.once('close', () => resolve());
        setTimeout(resolve, 1_000).unref();
        socket.end((0,mqtt.generate)({ cmd: 'disconnect' }));
    });
}


/***/ })

};
