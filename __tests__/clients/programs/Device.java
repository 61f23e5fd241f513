import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Publishes one message with Java's own TLS, as libraries for MQTT do that are given its socket
 * factory. Arguments: port, client id, trust store or PEM of a CA, key store (PKCS#12) or "", the
 * PEM files of certificate and key, password or "", topic, message.
 */
public final class Device {
  public static void main(String[] args) throws Exception {
    char[] password = args[6].toCharArray();
    KeyStore keys;
    if (args[3].isEmpty()) {
      keys = emptyStore();
      Certificate[] chain = {readCertificate(args[4])};
      keys.setKeyEntry("agent", readKey(args[5], password), password, chain);
    } else {
      keys = readStore(args[3], password);
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
    managers.init(keys, password);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(readTrust(args[2], password));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
    int port = Integer.parseInt(args[0]);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      publish(socket, args[1], args[7], args[8]);
    }
  }

  private static PrivateKey readKey(String file, char[] password) throws Exception {
    String pem = Files.readString(Path.of(file));
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    KeyFactory factory = KeyFactory.getInstance("RSA");
    if (!pem.contains("ENCRYPTED")) return factory.generatePrivate(new PKCS8EncodedKeySpec(der));
    EncryptedPrivateKeyInfo sealed = new EncryptedPrivateKeyInfo(der);
    Cipher cipher = Cipher.getInstance(sealed.getAlgParameters().toString());
    cipher.init(
        Cipher.DECRYPT_MODE,
        SecretKeyFactory.getInstance(sealed.getAlgParameters().toString())
            .generateSecret(new PBEKeySpec(password)),
        sealed.getAlgParameters());
    return factory.generatePrivate(sealed.getKeySpec(cipher));
  }

  private static Certificate readCertificate(String file) throws Exception {
    try (InputStream stream = new FileInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }
  }

  private static KeyStore readTrust(String file, char[] password) throws Exception {
    if (!file.endsWith(".pem")) return readStore(file, password);
    KeyStore store = emptyStore();
    store.setCertificateEntry("broker", readCertificate(file));
    return store;
  }

  private static KeyStore readStore(String file, char[] password) throws Exception {
    try (InputStream stream = new FileInputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(stream, password);
      return store;
    }
  }

  private static KeyStore emptyStore() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** MQTT 3.1.1: CONNECT, CONNACK, PUBLISH with QoS 0, DISCONNECT. */
  private static void publish(SSLSocket socket, String clientId, String topic, String message)
      throws IOException {
    ByteArrayOutputStream connect = new ByteArrayOutputStream();
    connect.write(text("MQTT"));
    connect.write(new byte[] {4, 2, 0, 60});
    connect.write(text(clientId));
    socket.getOutputStream().write(packet(0x10, connect.toByteArray()));
    byte[] answer = socket.getInputStream().readNBytes(4);
    if (answer.length < 4 || answer[0] != 0x20 || answer[3] != 0) throw new IOException("refused");
    ByteArrayOutputStream publish = new ByteArrayOutputStream();
    publish.write(text(topic));
    publish.write(message.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().write(packet(0x30, publish.toByteArray()));
    socket.getOutputStream().write(packet(0xe0, new byte[0]));
  }

  private static byte[] text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[bytes.length + 2];
    all[0] = (byte) (bytes.length >> 8);
    all[1] = (byte) bytes.length;
    System.arraycopy(bytes, 0, all, 2, bytes.length);
    return all;
  }

  private static byte[] packet(int type, byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(type);
    int rest = body.length;
    do {
      out.write(rest > 127 ? rest % 128 | 128 : rest);
      rest /= 128;
    } while (rest > 0);
    out.writeBytes(body);
    return out.toByteArray();
  }
}
