package dev.lapidary.serve.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/** Whether two keys are one pair: what one has signed the other finds right. */
final class KeyPairProof {
  private static final byte[] MESSAGE = {1, 2, 3, 4};

  private KeyPairProof() {}

  static boolean belongTogether(PublicKey open, PrivateKey secret) {
    try {
      String algorithm =
          switch (secret.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> secret.getAlgorithm(); // EdDSA is its own
          };
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(secret);
      signature.update(MESSAGE);
      byte[] signed = signature.sign();
      signature.initVerify(open);
      signature.update(MESSAGE);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // another kind of key
    }
  }
}
