/*
 * Publishes one message with Paho for C.
 * Arguments: URI, client id, CA, certificate, key, passphrase or "", topic, message.
 */
#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  MQTTClient client;
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  tls.trustStore = argv[3];
  tls.keyStore = argv[4];
  tls.privateKey = argv[5];
  if (argv[6][0] != '\0') tls.privateKeyPassword = argv[6];
  tls.verify = 1;
  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
  options.MQTTVersion = MQTTVERSION_3_1_1;
  options.ssl = &tls;
  int code = MQTTClient_create(&client, argv[1], argv[2], MQTTCLIENT_PERSISTENCE_NONE, NULL);
  if (code == MQTTCLIENT_SUCCESS) code = MQTTClient_connect(client, &options);
  if (code != MQTTCLIENT_SUCCESS) {
    fprintf(stderr, "not connected: %d\n", code);
    return 1;
  }
  MQTTClient_deliveryToken token;
  code = MQTTClient_publish(client, argv[7], (int)strlen(argv[8]), argv[8], 1, 0, &token);
  if (code == MQTTCLIENT_SUCCESS) code = MQTTClient_waitForCompletion(client, token, 20000);
  MQTTClient_disconnect(client, 1000);
  MQTTClient_destroy(&client);
  return code == MQTTCLIENT_SUCCESS ? 0 : 1;
}
