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
import java.util.List;
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
 * trust manager is asked about the chain of the case instead, with the live
 * handshake: so chains can be asked about that no server could present.
 */
public class Verdicts {
    static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(load(dir.resolve("server.jks")), PASSWORD);
        SSLContext server = SSLContext.getInstance("TLS");
        server.init(keys.getKeyManagers(), null, null);
        out.println("java\t" + Runtime.version().feature());
        for (String line : Files.readAllLines(dir.resolve("cases.txt"), StandardCharsets.UTF_8)) {
            String[] f = line.split("\t", -1);
            out.println(f[0] + "\t" + verdict(server, dir, f).replace('\n', ' '));
        }
    }

    /** A store that does not load comes first, as in a JVM that starts. */
    static String verdict(SSLContext server, Path dir, String[] f) {
        KeyStore store;
        X509Certificate[] chain;
        try {
            store = load(dir.resolve(f[1]));
        } catch (Exception e) {
            return "the truststore does not load";
        }
        try {
            chain = chain(dir, f[3]);
        } catch (Exception e) {
            return "the chain cannot be read";
        }
        try {
            return ask(server, store, f[2], chain);
        } catch (Exception e) {
            return "ERROR " + e;
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

    static String ask(SSLContext server, KeyStore store, String host, X509Certificate[] chain) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        Swap swap = new Swap((X509ExtendedTrustManager) trust.getTrustManagers()[0], chain);
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
        for (int i = 0; i < 50 && swap.verdict == null; i++) {
            try {
                step(client, toServer, toClient);
                step(other, toClient, toServer);
            } catch (SSLException e) {
                if (swap.verdict == null) {
                    throw e;
                }
            }
        }
        return swap.verdict == null ? "ERROR the handshake did not get that far" : swap.verdict;
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
        final X509ExtendedTrustManager own;
        final X509Certificate[] chain;
        String verdict;

        Swap(X509ExtendedTrustManager own, X509Certificate[] chain) {
            this.own = own;
            this.chain = chain;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] ignored, String authType, SSLEngine engine) throws CertificateException {
            try {
                own.checkServerTrusted(chain, authType, engine);
                verdict = "accepted";
            } catch (NullPointerException e) {
                verdict = "java.lang.NullPointerException (the common name is not a text)";
            } catch (CertificateException | RuntimeException e) {
                verdict = e.getMessage();
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
            return own.getAcceptedIssuers();
        }
    }
}
