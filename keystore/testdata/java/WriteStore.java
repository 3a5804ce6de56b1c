import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.util.*;
import javax.crypto.*;
import javax.crypto.spec.*;

/**
 * Writes a JCEKS store of secret keys into the file that is named, and each
 * key as "alias algorithm SHA-256" to the output, in hexadecimal UTF-8.
 */
public class WriteStore {
    public static void main(String[] args) throws Exception {
        HexFormat hex = HexFormat.of();
        char[] password = args[1].toCharArray();
        KeyStore store = KeyStore.getInstance("JCEKS");
        store.load(null, null);
        String[] aliases = {"plain", "\u00dcber Schl\u00fcssel", "\u9375", "key\ud83d\ude00", "a/b\\c", "\u0000nul"};
        String[][] algorithms = {{"AES", "16"}, {"AES", "24"}, {"AES", "32"}, {"HmacSHA1", "20"}, {"HmacSHA256", "64"},
            {"HmacSHA512", "512"}, {"Blowfish", "7"}, {"ARCFOUR", "128"}, {"DESede", "24"}, {"DES", "8"}};
        SecureRandom random = new SecureRandom();
        int n = 0;
        for (String[] algorithm : algorithms) {
            byte[] key = new byte[Integer.parseInt(algorithm[1])];
            random.nextBytes(key);
            SecretKey secret = new SecretKeySpec(key, algorithm[0]);
            if (algorithm[0].startsWith("DES")) {
                // These serialize as java.security.KeyRep.
                secret = SecretKeyFactory.getInstance(algorithm[0]).generateSecret(
                    algorithm[0].equals("DES") ? new DESKeySpec(key) : new DESedeKeySpec(key));
            }
            String alias = aliases[n % aliases.length] + n++;
            store.setEntry(alias, new KeyStore.SecretKeyEntry(secret), new KeyStore.PasswordProtection(password));
            System.out.println(hex.formatHex(alias.toLowerCase(Locale.ENGLISH).getBytes(StandardCharsets.UTF_8)) + " " + secret.getAlgorithm() + " "
                + hex.formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getEncoded())));
        }
        try (OutputStream out = new FileOutputStream(args[0])) {
            store.store(out, password);
        }
    }
}
