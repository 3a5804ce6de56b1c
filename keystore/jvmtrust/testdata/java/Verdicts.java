import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.*;

/**
 * Says what this JVM thinks of certificate chains. Arguments: a folder. It
 * holds server.jks (password changeit: a key for the other side of the
 * handshakes), and cases.txt with one case in a line, separated by tabs: name,
 * truststore file, host, files of the chain separated by blanks. For each the
 * answer is a line: name, tab, "accepted" or the message, or that the store or the chain cannot be read. The first line is that
 * of the version, named java.
 *
 * A client with HTTPS endpoint identification begins a handshake with a server
 * in the same process. When the server's certificate has come, the JVM's own
 * trust managers are asked about the chains of all cases with that host instead,
 * with the live handshake: so chains can be asked about that no server could
 * present, and one handshake does for many.
 */
public class Verdicts {
    static final char[] PASSWORD = "changeit".toCharArray();

    static class Case {
        final String name, host;
        X509ExtendedTrustManager own;
        X509Certificate[] chain;
        String verdict;

        Case(String name, String host) {
            this.name = name;
            this.host = host;
        }
    }

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(load(dir.resolve("server.jks")), PASSWORD);
        SSLContext server = SSLContext.getInstance("TLS");
        server.init(keys.getKeyManagers(), null, null);
        out.println("java\t" + Runtime.version().feature());
        List<Case> cases = new ArrayList<>();
        Map<String, List<Case>> byHost = new LinkedHashMap<>();
        for (String line : Files.readAllLines(dir.resolve("cases.txt"), StandardCharsets.UTF_8)) {
            String[] f = line.split("\t", -1);
            Case c = new Case(f[0], f[2]);
            cases.add(c);
            read(c, dir, f);
            if (c.verdict == null) {
                byHost.computeIfAbsent(c.host, host -> new ArrayList<>()).add(c);
            }
        }
        for (Map.Entry<String, List<Case>> e : byHost.entrySet()) {
            try {
                handshake(server, e.getKey(), e.getValue());
            } catch (Exception failed) {
                out.println("ERROR\t" + e.getKey() + ": " + failed);
            }
        }
        for (Case c : cases) {
            out.println(c.name + "\t" + String.valueOf(c.verdict).replace('\n', ' '));
        }
    }

    /** A store that does not load comes first, as in a JVM that starts. */
    static void read(Case c, Path dir, String[] f) {
        KeyStore store;
        try {
            store = load(dir.resolve(f[1]));
        } catch (Exception e) {
            c.verdict = "the truststore does not load";
            return;
        }
        try {
            c.chain = chain(dir, f[3]);
        } catch (Exception e) {
            c.verdict = "the chain cannot be read";
            return;
        }
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            c.own = (X509ExtendedTrustManager) trust.getTrustManagers()[0];
        } catch (Exception e) {
            c.verdict = "ERROR " + e;
        }
    }

    static KeyStore load(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        try (InputStream in = new FileInputStream(file.toFile())) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    static X509Certificate[] chain(Path dir, String files) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> chain = new ArrayList<>();
        for (String file : files.split(" ")) {
            try (InputStream in = new FileInputStream(dir.resolve(file).toFile())) {
                chain.add((X509Certificate) factory.generateCertificate(in));
            }
        }
        return chain.toArray(new X509Certificate[0]);
    }

    /** Asks about all cases of a host; the verdict of one that nobody was asked about stays null. */
    static void handshake(SSLContext server, String host, List<Case> cases) throws Exception {
        Swap swap = new Swap(cases);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {swap}, null);

        SSLEngine client = context.createSSLEngine(host, 8443);
        client.setUseClientMode(true);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        client.setSSLParameters(parameters);
        SSLEngine other = server.createSSLEngine();
        other.setUseClientMode(false);

        ByteBuffer toServer = ByteBuffer.allocate(1 << 17), toClient = ByteBuffer.allocate(1 << 17);
        for (int i = 0; i < 50 && !swap.asked; i++) {
            try {
                step(client, toServer, toClient);
                step(other, toClient, toServer);
            } catch (SSLException e) {
                if (!swap.asked) {
                    throw e;
                }
            }
        }
    }

    /** Lets one side read and write what it can. */
    static void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws SSLException {
        ByteBuffer nothing = ByteBuffer.allocate(0), plain = ByteBuffer.allocate(1 << 16);
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK:
                    engine.getDelegatedTask().run();
                    break;
                case NEED_WRAP:
                    engine.wrap(nothing, out);
                    break;
                case NEED_UNWRAP:
                    in.flip();
                    SSLEngineResult r = engine.unwrap(in, plain);
                    in.compact();
                    if (r.getStatus() != SSLEngineResult.Status.OK) {
                        return;
                    }
                    break;
                default:
                    if (engine.getUseClientMode() && out.position() == 0 && in.position() == 0) {
                        engine.beginHandshake();
                        if (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP) {
                            break;
                        }
                    } else if (!engine.getUseClientMode() && in.position() > 0) {
                        engine.beginHandshake();
                        break;
                    }
                    return;
            }
        }
    }

    static class Swap extends X509ExtendedTrustManager {
        final List<Case> cases;
        boolean asked;

        Swap(List<Case> cases) {
            this.cases = cases;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] ignored, String authType, SSLEngine engine) {
            asked = true;
            for (Case c : cases) {
                try {
                    c.own.checkServerTrusted(c.chain, authType, engine);
                    c.verdict = "accepted";
                } catch (NullPointerException e) {
                    c.verdict = "java.lang.NullPointerException (the common name is not a text)";
                } catch (CertificateException | RuntimeException e) {
                    c.verdict = e.getMessage();
                }
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] c, String authType) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] c, String authType, java.net.Socket s) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] c, String authType) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] c, String authType, java.net.Socket s) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] c, String authType, SSLEngine e) {
            throw new UnsupportedOperationException();
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
