/*
 * Parses what a device needs with mbedTLS, which is what ESP-IDF and Zephyr use.
 * Arguments: key, passphrase or "", certificate, CA. Prints a line "WHAT CODE" for each.
 */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <string.h>

static unsigned char text[1 << 20];
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_source;

/* Reads a file, and puts a NUL behind it; its length is without the NUL. */
static size_t read_file(const char *name) {
  FILE *file = fopen(name, "rb");
  if (file == NULL) return 0;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  return length;
}

static int parse_key(size_t length, const char *passphrase) {
  mbedtls_pk_context key;
  mbedtls_pk_init(&key);
  const unsigned char *word = *passphrase == '\0' ? NULL : (const unsigned char *)passphrase;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  int code = mbedtls_pk_parse_key(&key, text, length, word, strlen(passphrase),
                                  mbedtls_ctr_drbg_random, &random_source);
#else
  int code = mbedtls_pk_parse_key(&key, text, length, word, strlen(passphrase));
#endif
  mbedtls_pk_free(&key);
  return code;
}

static int parse_certificate(const char *name) {
  mbedtls_x509_crt certificate;
  mbedtls_x509_crt_init(&certificate);
  int code = mbedtls_x509_crt_parse(&certificate, text, read_file(name) + 1);
  mbedtls_x509_crt_free(&certificate);
  return code;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&random_source);
  mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0);
  size_t length = read_file(argv[1]);
  printf("key-with-nul %#x\n", (unsigned)-parse_key(length + 1, argv[2]));
  length = read_file(argv[1]);
  printf("key-without-nul %#x\n", (unsigned)-parse_key(length, argv[2]));
  printf("certificate %#x\n", (unsigned)-parse_certificate(argv[3]));
  printf("ca %#x\n", (unsigned)-parse_certificate(argv[4]));
  return 0;
}
