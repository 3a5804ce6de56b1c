import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.Certificate;
import java.util.*;
import javax.crypto.*;
import javax.crypto.spec.*;

/**
 * Writes key stores of all that Java can put into one into a folder, and for
 * each a question for ReadStore to the output. The first argument is the
 * folder, the second a JKS store that has certificates, the third a number n:
 * of n stores the last is made, and for the others the line is "left out".
 */
public class MakeStores {
    static Path folder;
    static Certificate[] certificates;
    static int made, step;

    interface Filling {
        void into(KeyStore store) throws Exception;
    }

    static void make(String name, String type, String password, String keyPassword, Filling filling) throws Exception {
        if (made % step != step - 1) {
            made++;
            System.out.println("left out");
            return;
        }
        KeyStore store = KeyStore.getInstance(type);
        store.load(null, null);
        filling.into(store);
        Path path = folder.resolve(String.format("%02d %s", ++made, name));
        try (OutputStream out = Files.newOutputStream(path)) {
            store.store(out, password.toCharArray());
        }
        System.out.println(type + "\t" + Hex.of(path.toString()) + "\t" + Hex.of(password) + "\t" + Hex.of(keyPassword));
    }

    static final List<String> ALGORITHMS = List.of("RSA 1024", "RSA 2048", "RSASSA-PSS 2048", "EC 256", "EC 384", "EC 521",
        "DSA 1024", "DSA 2048", "Ed25519 0", "Ed448 0", "X25519 0", "X448 0", "DiffieHellman 2048");
    static final List<String> NEWER = List.of("ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024");
    static final Map<String, PrivateKey> KEYS = new HashMap<>();

    /** A key by its algorithm and size, made when it is first asked for. */
    static PrivateKey key(String name) throws Exception {
        if (!KEYS.containsKey(name)) {
            String[] parts = name.split(" ");
            KeyPairGenerator g = KeyPairGenerator.getInstance(parts[0]);
            if (parts.length > 1 && !parts[1].equals("0")) {
                g.initialize(Integer.parseInt(parts[1]));
            }
            KEYS.put(name, g.generateKeyPair().getPrivate());
        }
        return KEYS.get(name);
    }

    static SecretKey fixed(String algorithm, int size) {
        byte[] key = new byte[size];
        Arrays.fill(key, (byte) size);
        return new SecretKeySpec(key, algorithm);
    }

    static SecretKey factory(String algorithm, java.security.spec.KeySpec spec) throws Exception {
        return SecretKeyFactory.getInstance(algorithm).generateSecret(spec);
    }

    static void secret(KeyStore store, String alias, SecretKey key, String password) throws Exception {
        store.setEntry(alias, new KeyStore.SecretKeyEntry(key), new KeyStore.PasswordProtection(password.toCharArray()));
    }

    /** What cannot be read has the reason in brackets, as part of its name. */
    static void pkcs12(KeyStore trusted) throws Exception {
        Certificate[] one = {certificates[0]};
        Certificate[] chain = {trusted.getCertificate("leaf"), trusted.getCertificate("inter"), trusted.getCertificate("root")};
        char[] password = "changeit".toCharArray();
        make("pair", "PKCS12", "changeit", "changeit", s -> s.setKeyEntry("\u0130\u03a3 Pair", key("RSA 2048"), password, one));
        make("chains", "PKCS12", "changeit", "changeit", s -> {
            s.setKeyEntry("one", key("RSA 2048"), password, chain);
            s.setKeyEntry("two", key("EC 256"), password, chain);
        });
        make("its issuer is another key's", "PKCS12", "changeit", "changeit", s -> {
            s.setKeyEntry("one", key("RSA 2048"), password, new Certificate[] {chain[0]});
            s.setKeyEntry("two", key("EC 256"), password, new Certificate[] {chain[1]});
        });
        make("no alias", "PKCS12", "changeit", "changeit", s -> s.setKeyEntry("", key("EC 521"), password, one));
        make("no entry", "PKCS12", "changeit", "changeit", s -> { });
        make("no password", "PKCS12", "", "", s -> s.setKeyEntry("k", key("EC 384"), new char[0], one));
        make("long password", "PKCS12", "p".repeat(300), "p".repeat(300), s -> s.setKeyEntry("k", key("EC 256"), "p".repeat(300).toCharArray(), one));
        for (String a : new String[] {"DSA 2048", "Ed25519 0", "Ed448 0", "X25519 0", "RSASSA-PSS 2048"}) {
            make(a + " (neither RSA nor EC)", "PKCS12", "changeit", "changeit", s -> s.setKeyEntry("k", key(a), password, one));
        }
        make("mixed (trusted certificates beside keys)", "PKCS12", "changeit", "changeit", s -> {
            s.setKeyEntry("k", key("RSA 2048"), password, one);
            s.setCertificateEntry("c", chain[2]);
        });
        make("secret (keys without certificates, as secret keys are)", "PKCS12", "changeit", "changeit", s -> secret(s, "k", fixed("AES", 16), "changeit"));
        make("secret beside a pair (a secret key)", "PKCS12", "changeit", "changeit", s -> {
            s.setKeyEntry("pair", key("RSA 2048"), password, one);
            secret(s, "k", fixed("AES", 16), "changeit");
        });
        make("other password (a key under a password of its own)", "PKCS12", "changeit", "changeit", s ->
            s.setKeyEntry("k", key("RSA 2048"), "other".toCharArray(), one));
    }

    public static void main(String[] args) throws Exception {
        folder = Path.of(args[0]);
        made = 0;
        step = Integer.parseInt(args[2]);
        KeyStore trusted = KeyStore.getInstance("JKS");
        try (InputStream in = new FileInputStream(args[1])) {
            trusted.load(in, "changeit".toCharArray());
        }
        List<Certificate> found = new ArrayList<>();
        for (String alias : Collections.list(trusted.aliases())) {
            found.add(trusted.getCertificate(alias));
        }
        certificates = found.toArray(new Certificate[0]);
        Certificate[] one = {certificates[0]};

        for (String type : List.of("JCEKS", "JKS")) {
            make("private keys." + type, type, "changeit", "changeit", s -> {
                for (String name : ALGORITHMS) {
                    s.setKeyEntry(name, key(name), "changeit".toCharArray(), one);
                }
                for (String name : NEWER) {
                    try {
                        s.setKeyEntry(name, key(name), "changeit".toCharArray(), one);
                    } catch (NoSuchAlgorithmException e) {
                        // Java has them since 24.
                    }
                }
            });
            make("chains." + type, type, "changeit", "changeit", s -> {
                for (int n : new int[] {1, 2, 3, 4, 5, 40}) {
                    Certificate[] chain = new Certificate[n];
                    for (int i = 0; i < n; i++) {
                        chain[i] = certificates[i % certificates.length];
                    }
                    s.setKeyEntry("chain of " + n, key("EC 256"), "changeit".toCharArray(), chain);
                }
                s.setCertificateEntry("trusted", certificates[0]);
            });
            make("aliases." + type, type, "changeit", "changeit", s -> {
                for (String alias : new String[] {"", " ", "UPPER lower", "I dotless \u0131", "\ud801\udc00 \u1e9e \u01c5", "\ud83d\ude00".repeat(10000), "\u0000", "a\u0000b", "\ud83d\ude00", "\ud83d", "\ude00\ud83d", "X\ud83dY",
                    "\u0130STANBUL", "\u039f\u0394\u039f\u03a3", "\u200f\u05d0", "tab\tline\n", "\u0080\u07ff\u0800\uffff", "a".repeat(65535),
                    "\u9375".repeat(21845)}) {
                    s.setCertificateEntry(alias, certificates[1]);
                }
            });
            make("own passwords." + type, type, "storepass", "second", s -> {
                int n = 0;
                for (String password : new String[] {"storepass", "second", "third"}) {
                    s.setKeyEntry("key " + n++, key("EC 256"), password.toCharArray(), one);
                }
            });
            make("not ASCII." + type, type, "p\u00e4ssw\u00f6rd \u9375 \ud83d\ude00", "ascii", s ->
                s.setKeyEntry("key", key("EC 384"), "ascii".toCharArray(), one));
            make("empty passwords." + type, type, "", "", s -> s.setKeyEntry("key", key("RSA 1024"), new char[0], one));
            make("no entry." + type, type, "x", "x", s -> { });
            make("many." + type, type, "changeit", "", s -> {
                for (int i = 0; i < 500; i++) {
                    s.setCertificateEntry("c" + i, certificates[i % certificates.length]);
                }
            });
        }
        make("key password not ASCII.JKS", "JKS", "changeit", "schl\u00fcssel \u9375\ud83d\ude00", s ->
            s.setKeyEntry("key", key("EC 256"), "schl\u00fcssel \u9375\ud83d\ude00".toCharArray(), one));
        make("secret keys.JCEKS", "JCEKS", "changeit", "changeit", s -> {
            for (Object[] a : new Object[][] {{"AES", 16}, {"AES", 24}, {"AES", 32}, {"HmacSHA1", 20}, {"HmacSHA256", 32}, {"HmacSHA512", 64},
                {"ARCFOUR", 5}, {"Blowfish", 56}, {"ChaCha20", 32}, {"RAW", 1}, {"Generic", 100000}, {"\u043a\u043b\u044e\u0447 \u0000", 7}}) {
                secret(s, a[0] + " " + a[1], fixed((String) a[0], (Integer) a[1]), "changeit");
            }
            int sized = 0;
            for (String alias : new String[] {"\u00dcber Schl\u00fcssel", "\u9375", "key\ud83d\ude00", "a/b\\c", "\u0000nul"}) {
                secret(s, alias, fixed("Generic", 1 << 4 * sized++), "changeit");
            }
            secret(s, "no name", fixed("", 16), "changeit");
            for (String a : new String[] {"RC2", "HmacSHA224", "HmacSHA3-256", "HmacSHA512/256", "DESede"}) {
                secret(s, "generated " + a, KeyGenerator.getInstance(a).generateKey(), "changeit");
            }
            secret(s, "long name", fixed("n".repeat(70000), 3), "changeit");
            byte[] raw = fixed("x", 24).getEncoded();
            secret(s, "DES", factory("DES", new DESKeySpec(raw)), "changeit");
            secret(s, "DESede", factory("DESede", new DESedeKeySpec(raw)), "changeit");
            secret(s, "PBE", factory("PBEWithMD5AndDES", new PBEKeySpec("hidden".toCharArray())), "changeit");
            secret(s, "PBE AES", factory("PBEWithHmacSHA256AndAES_128", new PBEKeySpec("hidden".toCharArray())), "changeit");
            // Which Java writes, and does not open.
            secret(s, "PBE of nothing", factory("PBEWithMD5AndDES", new PBEKeySpec(new char[0])), "changeit");
            secret(s, "PBKDF2", factory("PBKDF2WithHmacSHA256", new PBEKeySpec("hidden".toCharArray(), raw, 10, 256)), "changeit");
            secret(s, "generated", KeyGenerator.getInstance("AES").generateKey(), "changeit");
            s.setCertificateEntry("beside them", certificates[0]);
            s.setKeyEntry("and a key", key("Ed448 0"), "changeit".toCharArray(), one);
        });
        make("all ASCII.JCEKS", "JCEKS", "changeit", " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", s ->
            secret(s, "k", fixed("AES", 16), " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"));
        make("long password.JCEKS", "JCEKS", "changeit", "p".repeat(200), s -> secret(s, "k", fixed("AES", 16), "p".repeat(200)));
        make("password of one zero.JCEKS", "JCEKS", "changeit", "\u0000", s -> secret(s, "k", fixed("AES", 16), "\u0000"));
        pkcs12(trusted);
        // Java refuses key passwords that are not ASCII; since 25 it takes them.
        KeyStore trying = KeyStore.getInstance("JCEKS");
        trying.load(null, null);
        String password = "schl\u00fcssel \u9375\ud83d\ude00";
        try {
            secret(trying, "k", fixed("AES", 16), password);
        } catch (KeyStoreException e) {
            System.out.println("refused");
            return;
        }
        make("key password not ASCII.JCEKS", "JCEKS", "changeit", password, s -> {
            secret(s, "k", fixed("AES", 16), password);
            s.setKeyEntry("pair", key("EC 256"), password.toCharArray(), one);
        });
        System.out.println("taken");
    }
}
