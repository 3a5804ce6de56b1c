import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.util.*;

/**
 * Says what Java reads in key stores. Each line of input is type, file, store
 * password and key password, with tabs between them, text in hexadecimal
 * UTF-8; a type "lower" asks for a text in lower case. Each line of output
 * answers: "store" with an error or nothing, then its entries. A line "end" is
 * given back, when all before it is answered.
 */
public class ReadStore {
    static final HexFormat HEX = HexFormat.of();

    static String text(String hex) {
        return new String(HEX.parseHex(hex), StandardCharsets.UTF_8);
    }

    static String hex(String text) {
        return HEX.formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** UTF-16 as it is: an encoder would replace half a pair. */
    static String units(String text) {
        StringBuilder s = new StringBuilder();
        for (char c : text.toCharArray()) {
            s.append(HEX.toHexDigits(c));
        }
        return s.toString();
    }

    static String sum(byte[] b) throws Exception {
        return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(b));
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line; (line = in.readLine()) != null;) {
            String[] f = line.split("\t", -1);
            if (f[0].equals("end")) {
                out.println("end");
                out.flush();
                continue;
            }
            if (f[0].equals("lower")) {
                out.println("lower\t" + hex(text(f[1]).toLowerCase(Locale.ENGLISH)));
                continue;
            }
            KeyStore store = KeyStore.getInstance(f[0]);
            try (InputStream file = new FileInputStream(text(f[1]))) {
                store.load(file, text(f[2]).toCharArray());
            } catch (Exception | OutOfMemoryError e) {
                out.println("store\t" + hex(String.valueOf(e)));
                continue;
            }
            out.println("store\t");
            for (String alias : Collections.list(store.aliases())) {
                StringBuilder s = new StringBuilder("entry\t" + units(alias) + "\t" + store.getCreationDate(alias).getTime());
                if (store.isCertificateEntry(alias)) {
                    s.append("\ttrusted certificate\t\t");
                } else {
                    try {
                        Key key = store.getKey(alias, text(f[3]).toCharArray());
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
                    s.append("\t" + sum(c.getEncoded()) + " " + hex(((X509Certificate) c).getSubjectX500Principal().getName()));
                }
                out.println(s);
            }
        }
        out.flush();
    }
}
