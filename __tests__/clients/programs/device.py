"""Publishes one message with Paho for Python.

Arguments: host, port, client id, CA, certificate, key, passphrase or "", topic, message.
"""

import sys

from paho.mqtt import publish

host, port, client_id, ca, certificate, key, passphrase, topic, message = sys.argv[1:]
publish.single(
    topic,
    message,
    qos=1,
    hostname=host,
    port=int(port),
    client_id=client_id,
    tls={
        "ca_certs": ca,
        "certfile": certificate,
        "keyfile": key,
        "keyfile_password": passphrase or None,
    },
)
