import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Says what this JVM reads in certificates. Argument: a file with a certificate in
 * Base64 on each line. The first line of the answer is the version; then each line
 * is "refused" with the reason, or what was read: version, serial number, times in
 * ms, path length, key usage, extended key usage, alternative names (DNS names and
 * addresses) and critical extensions.
 */
public class Loads {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println(Runtime.version().feature());
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            byte[] der = Base64.getDecoder().decode(line);
            X509Certificate c;
            try {
                c = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
            } catch (Exception e) {
                Throwable t = e;
                while (t.getCause() != null) {
                    t = t.getCause();
                }
                out.println("refused " + String.valueOf(t.getMessage()).replace('\n', ' '));
                continue;
            }
            out.println(read(c));
        }
    }

    static String read(X509Certificate c) {
        StringBuilder b = new StringBuilder("read");
        b.append(" v").append(c.getVersion()).append(" ").append(c.getSerialNumber());
        b.append(" ").append(c.getNotBefore().getTime()).append(" ").append(c.getNotAfter().getTime());
        b.append(" path=").append(c.getBasicConstraints()).append(" usage=");
        boolean[] usage = c.getKeyUsage();
        for (int i = 0; usage != null && i < 9; i++) {
            b.append(i < usage.length && usage[i] ? '1' : '0');
        }
        try {
            List<String> extended = c.getExtendedKeyUsage();
            b.append(" extended=").append(extended == null ? "none" : String.join(",", extended));
        } catch (Exception e) {
            b.append(" extended=ERROR");
        }
        b.append(" names=");
        try {
            TreeSet<String> all = new TreeSet<>();
            Collection<List<?>> names = c.getSubjectAlternativeNames();
            for (List<?> n : names == null ? List.<List<?>>of() : names) {
                if (n.get(0).equals(2) || n.get(0).equals(7) && !n.get(1).toString().contains("/")) {
                    all.add(n.get(1).toString());
                }
            }
            b.append(String.join(",", all));
        } catch (Exception e) {
            b.append("ERROR");
        }
        b.append(" critical=");
        if (c.getCriticalExtensionOIDs() != null) {
            b.append(String.join(",", new TreeSet<>(c.getCriticalExtensionOIDs())));
        }
        return b.toString();
    }
}
