export const id = 28;
export const ids = [28];
export const modules = {

/***/ 5028:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   openTunnel: () => (/* binding */ openTunnel)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7030);
/* harmony import */ var undici__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6752);
/* harmony import */ var _network_error_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1281);
/* harmony import */ var _or_aborted_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(2001);




/**
 * Opens a tunnel through a proxy (CONNECT, RFC 9110, 9.3.6) to `authority`, a host and a port.
 * Throws ProxyError, or the signal's reason when it aborts.
 */
async function openTunnel(proxy, authority, signal) {
    const { origin, hostname, username, password } = new URL(proxy.url);
    const client = new undici__WEBPACK_IMPORTED_MODULE_1__.Client(origin, { connect: connectorTo(hostname), headersTimeout: 0 });
    try {
        const headers = {
            host: authority,
            ...(username !== '' && { 'proxy-authorization': basic(username, password) }),
        };
        const answer = await (0,_or_aborted_js__WEBPACK_IMPORTED_MODULE_3__/* .orAborted */ .H)(client.connect({ path: authority, headers, signal }), signal);
        const { statusCode: status } = answer;
        if (status < 200 || status > 299) {
            answer.socket.on('error', () => { }).destroy();
            throw new _network_error_js__WEBPACK_IMPORTED_MODULE_2__/* .ProxyError */ .T6(`answered with status ${status}`, { status });
        }
        answer.socket.once('close', () => void client.destroy());
        return answer.socket;
    }
    catch (error) {
        void client.destroy();
        if (signal.aborted || error instanceof _network_error_js__WEBPACK_IMPORTED_MODULE_2__/* .ProxyError */ .T6)
            throw error;
        throw new _network_error_js__WEBPACK_IMPORTED_MODULE_2__/* .ProxyError */ .T6((0,_network_error_js__WEBPACK_IMPORTED_MODULE_2__/* .explainProxyError */ .e3)(error), { cause: error });
    }
}
/** Connects to the proxy itself: undici would take the tunnel's target for the name in TLS. */
function connectorTo(hostname) {
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off.
    const connector = (0,undici__WEBPACK_IMPORTED_MODULE_1__.buildConnector)({ rejectUnauthorized: true });
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    const servername = (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(address) === 0 ? hostname : '';
    return (options, callback) => connector({ ...options, servername }, callback);
}
function basic(username, password) {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
}


/***/ })

};
