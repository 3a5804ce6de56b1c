import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.util.*;

/**
 * One JVM that does what each line of its input asks for, and answers with the
 * nanoseconds that it took and the number of entries: "list" or "open", type,
 * file, password, with tabs between them.
 */
public class Bench {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            String[] f = line.split("\t", -1);
            try {
                long started = System.nanoTime();
                KeyStore store = KeyStore.getInstance(f[1]);
                char[] password = f[3].toCharArray();
                try (InputStream file = new BufferedInputStream(new FileInputStream(f[2]), 1 << 16)) {
                    store.load(file, password);
                }
                int n = store.size();
                if (f[0].equals("open")) {
                    n = 0;
                    for (String alias : Collections.list(store.aliases())) {
                        if (store.isKeyEntry(alias) && store.getKey(alias, password) != null) {
                            n++;
                        }
                    }
                }
                System.out.println((System.nanoTime() - started) + "\t" + n);
            } catch (Exception e) {
                System.out.println("error\t" + String.valueOf(e).replace('\n', ' '));
            }
            System.out.flush();
        }
    }
}
