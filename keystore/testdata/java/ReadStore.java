import java.io.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.util.*;

/**
 * Says what Java reads in key stores. Each argument is type, file, store
 * password and key password, with tabs between them, text in hexadecimal
 * UTF-8; a type "lower" asks for a text in lower case. Each line of output
 * answers: "store" with an error or nothing, then its entries.
 */
public class ReadStore {
    /** UTF-16 as it is: an encoder would replace half a pair. */
    static String units(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (char c : text.toCharArray()) {
            bytes.write(c >> 8);
            bytes.write(c);
        }
        return Hex.of(bytes.toByteArray());
    }

    static String sum(byte[] b) throws Exception {
        return Hex.of(MessageDigest.getInstance("SHA-256").digest(b));
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String question : args) {
            String[] f = question.split("\t", -1);
            if (f[0].equals("lower")) {
                out.println("lower\t" + Hex.of(Hex.text(f[1]).toLowerCase(Locale.ENGLISH)));
                continue;
            }
            KeyStore store = KeyStore.getInstance(f[0]);
            try (InputStream file = new FileInputStream(Hex.text(f[1]))) {
                store.load(file, Hex.text(f[2]).toCharArray());
            } catch (Exception | OutOfMemoryError e) {
                out.println("store\t" + Hex.of(String.valueOf(e)));
                continue;
            }
            out.println("store\t");
            for (String alias : Collections.list(store.aliases())) {
                StringBuilder s = new StringBuilder("entry\t" + units(alias) + "\t" + store.getCreationDate(alias).getTime());
                if (store.isCertificateEntry(alias)) {
                    s.append("\ttrusted certificate\t\t");
                } else {
                    try {
                        Key key = store.getKey(alias, Hex.text(f[3]).toCharArray());
                        if (key == null) { // listed, and not found
                            s.append("\tkey\t\t");
                            out.println(s);
                            continue;
                        }
                        s.append("\t" + (key instanceof PrivateKey ? "private key" : "secret key"));
                        s.append("\t" + key.getAlgorithm() + "\t" + sum(key.getEncoded()));
                    } catch (Exception e) { // also unchecked ones, of a broken sealed object
                        s.append("\tkey\t\t");
                    }
                }
                Certificate[] chain = store.getCertificateChain(alias);
                if (chain == null && store.isCertificateEntry(alias)) {
                    chain = new Certificate[] {store.getCertificate(alias)};
                }
                for (Certificate c : chain == null ? new Certificate[0] : chain) {
                    s.append("\t" + sum(c.getEncoded()) + " " + Hex.of(((X509Certificate) c).getSubjectX500Principal().getName()));
                }
                out.println(s);
            }
        }
        out.flush();
    }
}
