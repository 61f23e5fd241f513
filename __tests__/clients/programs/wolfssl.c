/*
 * Loads what a device needs with wolfSSL.
 * Arguments: key, passphrase or "", certificate, CA. Prints a line "WHAT CODE" for each; 1 is success.
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <stdio.h>
#include <string.h>

static int give_passphrase(char *buffer, int size, int writing, void *passphrase) {
  (void)writing;
  int length = (int)strlen(passphrase);
  if (length > size) return 0;
  memcpy(buffer, passphrase, (size_t)length);
  return length;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  wolfSSL_Init();
  WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLSv1_2_client_method());
  wolfSSL_CTX_set_default_passwd_cb(context, give_passphrase);
  wolfSSL_CTX_set_default_passwd_cb_userdata(context, argv[2]);
  printf("certificate %d\n", wolfSSL_CTX_use_certificate_file(context, argv[3], WOLFSSL_FILETYPE_PEM));
  printf("key %d\n", wolfSSL_CTX_use_PrivateKey_file(context, argv[1], WOLFSSL_FILETYPE_PEM));
  printf("pair %d\n", wolfSSL_CTX_check_private_key(context));
  printf("ca %d\n", wolfSSL_CTX_load_verify_locations(context, argv[4], NULL));
  return 0;
}
